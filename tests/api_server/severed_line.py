"""A line to the API server that a test can cut and mend: a TCP forwarder, and a kubeconfig that leads through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import yaml


class SeveredLine:
    """Forwards to the API server of `kubeconfig`; writes a kubeconfig for itself to `copy`."""

    def __init__(self, kubeconfig: str, copy: Path) -> None:
        whole = yaml.safe_load(Path(kubeconfig).read_text())
        cluster = whole["clusters"][0]["cluster"]
        parts = urlsplit(cluster["server"])
        self._server = (str(parts.hostname), parts.port or 443)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        cluster["server"] = f"https://127.0.0.1:{self._port}"
        cluster["tls-server-name"] = parts.hostname
        copy.write_text(yaml.safe_dump(whole))
        self.kubeconfig = str(copy)
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def mend(self) -> None:
        """Takes connections."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Ends all connections and refuses new ones."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._server, 5)
            except OSError:
                return
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
