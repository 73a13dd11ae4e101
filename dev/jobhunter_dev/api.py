"""The few requests that bringing the cluster up needs, made to the API server as its administrator."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from .home import Home


class ApiServer:
    """Plain HTTPS with the administrator's certificate, around any proxy that the environment names."""

    def __init__(self, home: Home, url: str) -> None:
        context = ssl.create_default_context(cafile=str(home.pki / "ca.crt"))
        context.load_cert_chain(str(home.pki / "admin.crt"), str(home.pki / "admin.key"))
        self._url = url
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def get(self, path: str, timeout: float = 3) -> dict[str, Any] | None:
        """The object at ``path``; None where there is none or the server does not answer."""
        try:
            return self._json(urllib.request.Request(self._url + path), timeout)
        except (OSError, ValueError):  # URLError, HTTPError, ssl.SSLError and time-outs are OSErrors
            return None

    def ready(self, timeout: float = 2) -> bool:
        """What /readyz says."""
        try:
            with self._opener.open(self._url + "/readyz", timeout=timeout) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def create(self, path: str, body: dict[str, Any], timeout: float = 10) -> None:
        """Creates an object; one that is there already is left as it is. Raises OSError."""
        request = urllib.request.Request(
            self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            self._json(request, timeout)
        except urllib.error.HTTPError as refused:
            if refused.code != 409:
                raise

    def _json(self, request: urllib.request.Request, timeout: float) -> dict[str, Any]:
        with self._opener.open(request, timeout=timeout) as answer:
            parsed: dict[str, Any] = json.loads(answer.read())
            return parsed
