"""The cluster's programs, from Go modules: six of Kubernetes in one file, etcd, CoreDNS, Helm, and two of ours.

All are built by one ``go build`` in one module (dev/toolchain), so what they share is compiled once.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .command import output_of, run_logged
from .home import Home, remove_tree
from .progress import Progress

KUBERNETES = "1.34.4"
HELM = "4.0.5"
SOURCE = Path(__file__).resolve().parent.parent / "toolchain"

MAINS = (
    "./coredns",
    "./kubernetes",
    "./pause",
    "./provisioner",
    "go.etcd.io/etcd/server/v3",
    "helm.sh/helm/v4/cmd/helm",
)

PROGRAMS = {
    "kube-apiserver": "kubernetes",
    "kube-controller-manager": "kubernetes",
    "kube-scheduler": "kubernetes",
    "kube-proxy": "kubernetes",
    "kubelet": "kubernetes",
    "kubectl": "kubernetes",
    "etcd": "server",
    "coredns": "coredns",
    "helm": "helm",
    "pause": "pause",
    "provisioner": "provisioner",
}
"""A program's name to the file that ``go build`` writes for it."""


def linker_flags() -> str:
    """No symbol tables (a third of the size and of the link's time), and the versions that programs tell."""
    major, minor, _ = KUBERNETES.split(".")
    told = "k8s.io/component-base/version"
    return " ".join(
        [
            "-s -w",
            f"-X {told}.gitVersion=v{KUBERNETES}",
            f"-X {told}.gitMajor={major}",
            f"-X {told}.gitMinor={minor}",
            f"-X k8s.io/client-go/pkg/version.gitVersion=v{KUBERNETES}",
            f"-X helm.sh/helm/v4/internal/version.version=v{HELM}",
            f"-X helm.sh/helm/v4/internal/version.kubeClientVersionMajor={major}",
            f"-X helm.sh/helm/v4/internal/version.kubeClientVersionMinor={minor}",
            f"-X helm.sh/helm/v4/pkg/chart/common.k8sVersionMajor={major}",
            f"-X helm.sh/helm/v4/pkg/chart/common.k8sVersionMinor={minor}",
        ]
    )


def build_key(go_version: str, source: Path = SOURCE) -> str:
    """Names a build by all that goes into it."""
    digest = hashlib.sha256(f"{go_version}\n{linker_flags()}\n{MAINS}\n".encode())
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(source)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def is_built(home: Home) -> bool:
    """Whether every program is there; says nothing of whether its sources changed since."""
    return all((home.bin / program).exists() for program in PROGRAMS)


def build(home: Home, progress: Progress) -> None:
    """Builds what is not built and links it under ``home.bin``. Interrupted, it goes on where Go's cache left off."""
    version = output_of(["go", "env", "GOVERSION"]).strip()
    finished = home.builds / build_key(version)
    if not finished.is_dir():
        with progress.step(f"compiling Kubernetes {KUBERNETES}, etcd, CoreDNS and Helm"):
            _compile(home, finished)
    _link(home, finished)


def _compile(home: Home, finished: Path) -> None:
    begun = finished.with_name(finished.name + ".new")
    remove_tree(begun)
    begun.mkdir(parents=True)
    run_logged(
        ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", linker_flags(), "-o", f"{begun}/", *MAINS],
        home.logs / "go-build.log",
        env={"CGO_ENABLED": "0", "GOWORK": "off", "GOCACHE": os.environ.get("GOCACHE") or str(home.go_cache)},
        cwd=SOURCE,
        remedy="Run it again: what was compiled is kept. The modules come through GOPROXY; see `go env GOPROXY`.",
    )
    begun.rename(finished)


def _link(home: Home, finished: Path) -> None:
    for program, file in PROGRAMS.items():
        target = os.path.relpath(finished / file, home.bin)
        link = home.bin / program
        if link.is_symlink() and os.readlink(link) == target:
            continue
        temporary = home.bin / f".{program}.new"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(link)
