"""The built images as one OCI image layout, so that what images share lies on disk, and travels, once.

See the OCI image specification, image-layout.md: ``index.json`` names manifests, ``blobs/sha256`` holds everything.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from .home import remove_tree, write_whole

REFERENCE = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"


class ImageLayout:
    """A layout folder that buildah pushes to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def manifest_of(self, reference: str) -> dict[str, Any] | None:
        """The descriptor that the index has for a reference; None if the image or any blob of it is missing."""
        for entry in self._index()["manifests"]:
            if entry.get("annotations", {}).get(REFERENCE) == reference:
                try:
                    whole = all(self._blob(digest).exists() for digest in self.blobs_of(entry))
                except (FileNotFoundError, ValueError):
                    return None
                return dict(entry) if whole else None
        return None

    def blobs_of(self, manifest: dict[str, Any]) -> list[str]:
        """The digests of a manifest and of all that it names."""
        content = json.loads(self._blob(manifest["digest"]).read_text())
        return [manifest["digest"], content["config"]["digest"], *(layer["digest"] for layer in content["layers"])]

    def forget_older(self, reference: str) -> None:
        """Drops the other contents that the image of this reference had, and every blob that nobody names any more."""
        name = reference.rpartition(":")[0] + ":"
        index = self._index()
        kept = [
            entry
            for entry in index["manifests"]
            if entry.get("annotations", {}).get(REFERENCE) == reference
            or not entry.get("annotations", {}).get(REFERENCE, "").startswith(name)
        ]
        if len(kept) != len(index["manifests"]):
            write_whole(self.path / "index.json", json.dumps({**index, "manifests": kept}))
            named = {digest for entry in kept for digest in self.blobs_of(entry)}
            for blob in (self.path / "blobs" / "sha256").iterdir():
                if f"sha256:{blob.name}" not in named:
                    blob.unlink()

    def write_archive(self, references: Iterable[str], out: IO[bytes], already_there: set[str]) -> None:
        """Writes a tar of the images for containerd, leaving out the blobs that it has."""
        entries = [entry for reference in references if (entry := self.manifest_of(reference)) is not None]
        named = [{**entry, "annotations": {CONTAINERD_NAME: entry["annotations"][REFERENCE]}} for entry in entries]
        digests = dict.fromkeys(digest for entry in entries for digest in self.blobs_of(entry))
        with tarfile.open(fileobj=out, mode="w|") as archive:
            _add(archive, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
            for digest in digests:
                if digest not in already_there:
                    archive.add(self._blob(digest), f"blobs/sha256/{digest.removeprefix('sha256:')}")
            _add(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": named}).encode())

    def discard(self) -> None:
        """Removes all images."""
        remove_tree(self.path)

    def _blob(self, digest: str) -> Path:
        algorithm, _, value = digest.partition(":")
        return self.path / "blobs" / algorithm / value

    def _index(self) -> dict[str, Any]:
        try:
            index: dict[str, Any] = json.loads((self.path / "index.json").read_text())
        except FileNotFoundError:
            return {"schemaVersion": 2, "manifests": []}
        except ValueError:  # half written by a push that was killed: everything is pushed anew
            self.discard()
            return {"schemaVersion": 2, "manifests": []}
        return index


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
