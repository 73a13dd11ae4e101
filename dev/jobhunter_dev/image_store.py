"""The images inside the cluster's containerd, and the list of them that others read."""

from __future__ import annotations

import json
from pathlib import Path

from .command import output_of, run_logged
from .home import Home, write_whole
from .image_build import Image
from .progress import Progress


class ImageStore:
    """containerd's images in the namespace that Kubernetes uses."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self._home = home
        self._progress = progress
        self._ctr: list[str | Path] = ["ctr", "--address", home.containerd_socket, "--namespace", "k8s.io"]

    def bring_in(self, images: list[Image]) -> None:
        """Imports those that are not there under their content's name, and writes the list of all known."""
        there = set(output_of([*self._ctr, "images", "ls", "--quiet"]).split())
        for image in images:
            if image.reference not in there:
                with self._progress.step(f"bringing image {image.name} into the cluster"):
                    run_logged(
                        [*self._ctr, "images", "import", image.archive(self._home)], self._home.logs / "images.log"
                    )
                    output_of([*self._ctr, "images", "tag", "--force", image.reference, image.dev_reference])
                self._forget_older(image, there)
        known = {**self.listed(self._home), **{image.name: image.reference for image in images}}
        write_whole(self._home.image_list, json.dumps(known, indent=2, sort_keys=True) + "\n")

    def _forget_older(self, image: Image, there: set[str]) -> None:
        """Takes away the names that the image's former contents had; running containers keep what they use."""
        prefix = image.reference.rpartition(":")[0] + ":"
        older = [name for name in there if name.startswith(prefix) and name != image.dev_reference]
        if older:
            output_of([*self._ctr, "images", "rm", *older])

    @staticmethod
    def listed(home: Home) -> dict[str, str]:
        """Image name to reference, as last written."""
        return dict(json.loads(home.image_list.read_text())) if home.image_list.exists() else {}
