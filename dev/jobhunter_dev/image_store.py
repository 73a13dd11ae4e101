"""The images inside the cluster's containerd, and the list of them that others read."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from typing import IO, cast

from .command import WITH_PARENT, output_of, tail
from .errors import StepFailed
from .home import Home, write_whole
from .image_build import Image
from .image_layout import ImageLayout
from .progress import Progress


class ImageStore:
    """containerd's images in the namespace that Kubernetes uses."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self._home = home
        self._progress = progress
        self._layout = ImageLayout(home.images)
        self._ctr: list[str | Path] = ["ctr", "--address", home.containerd_socket, "--namespace", "k8s.io"]

    def bring_in(self, images: list[Image], *, afresh: bool = False) -> None:
        """Imports those that are not there under their content's name, and writes the list of all known.

        ``afresh``: the cluster has just been started, so that nothing in it names the images' older contents.
        """
        there = set(output_of([*self._ctr, "images", "ls", "--quiet"]).split())
        absent = [image for image in images if image.reference not in there]
        if absent:
            with self._progress.step(f"bringing into the cluster: {', '.join(image.name for image in absent)}"):
                references = [image.reference for image in absent]
                try:
                    self._import(references, set(output_of([*self._ctr, "content", "ls", "--quiet"]).split()))
                except StepFailed:  # containerd collected a blob in between: send them all
                    self._import(references, set())
                for image in absent:
                    output_of([*self._ctr, "images", "tag", "--force", image.reference, image.dev_reference])
        for image in images if afresh else []:
            self._forget_older(image, there)
        known = {**self.listed(self._home), **{image.name: image.reference for image in images}}
        write_whole(self._home.image_list, json.dumps(known, indent=2, sort_keys=True) + "\n")

    def _import(self, references: list[str], already_there: set[str]) -> None:
        log = self._home.logs / "images.log"
        with log.open("ab") as sink:
            importing = subprocess.Popen(
                [*WITH_PARENT, *self._ctr, "images", "import", "-"],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
            with contextlib.suppress(BrokenPipeError), cast(IO[bytes], importing.stdin) as out:
                self._layout.write_archive(references, out, already_there)
            code = importing.wait()  # says why, where the pipe broke
        if code != 0:
            raise StepFailed(f"containerd refused the images; the log is {log}.", "Run it again.", tail(log))

    def _forget_older(self, image: Image, there: set[str]) -> None:
        """Takes away the names that the image's former contents had."""
        prefix = image.reference.rpartition(":")[0] + ":"
        older = there - {image.reference, image.dev_reference}
        older = {name for name in older if name.startswith(prefix)}
        if older:
            output_of([*self._ctr, "images", "rm", *older])

    @staticmethod
    def listed(home: Home) -> dict[str, str]:
        """Image name to reference, as last written."""
        return dict(json.loads(home.image_list.read_text())) if home.image_list.exists() else {}
