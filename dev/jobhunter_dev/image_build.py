"""Building images from Containerfiles with buildah, in namespaces that vanish with their mounts if a build is killed."""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .command import run_logged
from .errors import StepFailed
from .home import Home, remove_tree, write_whole
from .image_layout import ImageLayout
from .progress import Progress

REPOSITORY = Path(__file__).resolve().parents[2]
CONTAINERFILES = Path(__file__).resolve().parent.parent / "images"

BASE = "localhost/debian:bookworm-slim"
BASE_RECIPE = (
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "bookworm",
)
"""mmdebstrap's arguments for what Docker's debian:bookworm-slim is.

ca-certificates is in it because its installation writes to a folder that HOST_SETTINGS hides during later builds.
"""

HOST_SETTINGS = ("/etc/apt", "/etc/ssl/certs", "/usr/share/keyrings", "/usr/lib/apt/methods")
"""Mounted read-only while an image is built: a host behind a mirror or a certificate of its own is set up here."""

KNOWN_LAYERS = Path("/var/lib/containers")
"""Where buildah insists on remembering which layers it compressed to what; a folder of ours is mounted over it."""

OWN_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

NOT_CONTENT = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})
"""Folder names that are never part of an image's content; .dockerignore names the same."""


@dataclass(frozen=True)
class Image:
    """An image of the project: its name and the hash of all that goes into it."""

    name: str
    key: str

    @property
    def reference(self) -> str:
        """As pods name it."""
        return f"localhost/jobhunter-{self.name}:{self.key}"

    @property
    def dev_reference(self) -> str:
        """The same under a name that does not change."""
        return f"localhost/jobhunter-{self.name}:dev"


def names() -> list[str]:
    """Every image that there is a Containerfile for."""
    return sorted(file.parent.name for file in CONTAINERFILES.glob("*/Containerfile"))


def context_of(name: str, home: Home) -> Path:
    """The build context: the repository; for pause the folder of built programs."""
    return (home.bin / name).resolve().parent if name == "pause" else REPOSITORY


def image(name: str, home: Home) -> Image:
    """The image as its sources are now. Raises StepFailed if one that it copies is missing."""
    containerfile = CONTAINERFILES / name / "Containerfile"
    text = containerfile.read_text()
    return Image(name, content_hash(text, context_of(name, home), "" if name == "pause" else repr(BASE_RECIPE)))


def content_hash(containerfile: str, context: Path, base: str) -> str:
    """Twelve hexadecimal digits over a Containerfile, its base and every file that its COPY lines name."""
    digest = hashlib.sha256(f"{base}\n{containerfile}\n".encode())
    for source in copied(containerfile):
        for file in _files(context / source):
            digest.update(f"{file.relative_to(context)}\n{file.stat().st_mode & 0o111:o}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def copied(containerfile: str) -> list[str]:
    """The sources of COPY lines, in order, those from other stages apart."""
    sources = list[str]()
    for line in containerfile.replace("\\\n", " ").splitlines():
        words = line.split()
        if words and words[0].upper() == "COPY" and not any(word.startswith("--from") for word in words):
            sources += [word for word in words[1:-1] if not word.startswith("--")]
    return sources


def _files(source: Path) -> Iterator[Path]:
    if source.is_dir():
        for folder, subfolders, files in os.walk(source):
            subfolders[:] = sorted(set(subfolders) - NOT_CONTENT)
            yield from (Path(folder) / name for name in sorted(files) if not name.endswith(".pyc"))
    elif source.exists():
        yield source
    else:
        raise StepFailed(f"An image copies {source}, which is not there.", "Restore the file, or the COPY line.")


class Builder:
    """buildah with its storage, cache and settings in the home folder, so that nothing of the host's is changed."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self._home = home
        self._progress = progress
        self._root = home.path / "buildah"
        self._log = home.logs / "images.log"
        self._layout = ImageLayout(home.images)

    def build(self, wanted: Image) -> Image:
        """Builds the image into the layout unless it is there; returns the image."""
        if self._layout.manifest_of(wanted.reference) is not None:
            return wanted
        if wanted.name != "pause":
            self.build_base()
        with self._progress.step(f"image {wanted.name}"):
            self._buildah(
                "build",
                "--isolation=chroot",
                "--layers",
                "--pull-never",
                f"--build-arg=BASE={BASE}",
                f"--file={CONTAINERFILES / wanted.name / 'Containerfile'}",
                f"--tag={wanted.reference}",
                *self._mounts(),
                context_of(wanted.name, self._home),
            )
            destination = f"oci:{self._layout.path}:{wanted.reference}"
            self._buildah("push", "--compression-level=1", wanted.reference, destination)
            self._layout.forget_older(wanted.reference)
        return wanted

    def build_base(self) -> None:
        """The Debian base image, once for each recipe."""
        stamp = self._root / f"base-{hashlib.sha256(repr(BASE_RECIPE).encode()).hexdigest()[:12]}"
        if stamp.exists():
            return
        with self._progress.step("base image (Debian bookworm, minimal)"):
            rootfs = self._root / "base-rootfs.tar"
            remove_tree(self._root / "tmp")  # what a killed run of mmdebstrap left
            (self._root / "tmp").mkdir(parents=True)
            self._root.chmod(0o711)
            if not rootfs.exists():
                begun = self._root / "base-rootfs.new.tar"
                begun.unlink(missing_ok=True)
                self._alone(["mmdebstrap", "--mode=root", *BASE_RECIPE, str(begun)])
                begun.rename(rootfs)
            folder = self._root / "base-context"
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / "Containerfile", f'FROM scratch\nADD {rootfs.name} /\nCMD ["/bin/bash"]\n')
            (folder / rootfs.name).unlink(missing_ok=True)
            os.link(rootfs, folder / rootfs.name)
            self._buildah("build", "--isolation=chroot", f"--tag={BASE}", folder)
            remove_tree(folder)
            stamp.touch()
            rootfs.unlink()

    def _buildah(self, verb: str, *arguments: str | Path) -> None:
        """Runs buildah; its run root is a tmpfs, so that a killed build leaves no mount counted.

        The cache mounts of Containerfiles lie under its TMPDIR.
        """
        for folder in ("storage", "run", "tmp", "known-layers"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        write_whole(self._root / "policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}\n')
        write_whole(self._root / "registries.conf", "unqualified-search-registries = []\n")
        flags = [
            f"--root={self._root}/storage",
            f"--runroot={self._root}/run",
            "--storage-driver=overlay",
            f"--registries-conf={self._root}/registries.conf",
        ]
        policy = f"--signature-policy={self._root}/policy.json"
        self._alone(
            ["buildah", *flags, verb, policy, *(str(argument) for argument in arguments)],
            mounts=(
                f"mount -t tmpfs jobhunter-build {self._root}/run",
                f"mount --bind {self._root}/known-layers {KNOWN_LAYERS}",
            ),
        )

    def _alone(self, argv: list[str], mounts: tuple[str, ...] = ()) -> None:
        """Runs a program in namespaces of its own, after ``mounts``, which are shell commands."""
        absent = not KNOWN_LAYERS.exists()
        KNOWN_LAYERS.mkdir(parents=True, exist_ok=True)
        try:
            run_logged(
                [*OWN_NAMESPACES, "sh", "-c", " && ".join([*mounts, 'exec "$@"']), "sh", *argv],
                self._log,
                env={"TMPDIR": str(self._root / "tmp")},
                remedy="Run it again: finished layers are kept.",
            )
        finally:
            if absent:
                with contextlib.suppress(OSError):  # somebody else's buildah has filled it meanwhile
                    KNOWN_LAYERS.rmdir()

    def _mounts(self) -> list[str]:
        settings = pip_settings(dict(os.environ), [Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf"])
        write_whole(self._root / "pip.conf", settings)
        mounts = [f"--volume={path}:{path}:ro" for path in HOST_SETTINGS if Path(path).exists()]
        mounts += [f"--volume={self._root}/pip.conf:/etc/pip.conf:ro"]
        parser = configparser.ConfigParser()
        parser.read_string(settings)
        links = parser.get("global", "find-links", fallback="")
        mounts += [f"--volume={path}:{path}:ro" for path in links.split() if Path(path).is_dir()]
        return mounts

    def discard(self) -> None:
        """Removes buildah's storage and caches."""
        remove_tree(self._root)


def pip_settings(environment: dict[str, str], files: list[Path]) -> str:
    """One pip.conf out of the host's own and its PIP_ variables, which win: what holds on the host holds in a build."""
    merged = configparser.ConfigParser(interpolation=None)
    merged.read([file for file in files if file.exists()])
    if not merged.has_section("global"):
        merged.add_section("global")
    for name, value in sorted(environment.items()):
        if name.startswith("PIP_") and name not in ("PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_REQUIRE_VIRTUALENV"):
            merged.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    merged.set("global", "root-user-action", "ignore")
    lines = list[str]()
    for section in merged.sections():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in merged.items(section)]
    return "\n".join(lines) + "\n"
