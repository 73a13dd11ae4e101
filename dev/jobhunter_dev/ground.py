"""What the demo, the tests and the benchmarks stand on: a cluster with JobHunter and the careers site installed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import environment
from .errors import DevError, MachineLacksSomething, StepFailed
from .home import Home
from .installation import Installation, merged
from .kubectl import Kubectl
from .progress import Progress

CURRENT = "current"


def uses_current_cluster() -> bool:
    """Whether CLUSTER=current asks for the kubeconfig's cluster in place of the local one. Raises DevError for other words."""
    chosen = os.environ.get("CLUSTER", "local")
    if chosen not in ("local", CURRENT):
        raise DevError(f"CLUSTER={chosen} is not known.", "Leave it out for the local cluster, or say CLUSTER=current.")
    return chosen == CURRENT


def build(progress: Progress, home: Home) -> None:
    """Cluster, images and virtual environment, side by side. Raises the first failure."""
    failures = list[BaseException]()

    def prepare_environment() -> None:
        try:
            environment.prepare(progress, home.logs)
        except DevError as failed:  # carried to the other thread, where it is raised
            failures.append(failed)

    home.prepare()
    thread = threading.Thread(target=prepare_environment, name="environment")
    thread.start()
    try:
        if not uses_current_cluster():
            code = subprocess.run(
                [sys.executable, "-m", "jobhunter_dev", "up"],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
                check=False,
            ).returncode
            if code != 0:
                raise StepFailed("The local cluster did not come up.", "Its own words are above.")
    finally:
        thread.join()
    if failures:
        raise failures[0]


def installation(home: Home) -> Installation:
    """How to reach the cluster, and the images that are in it. Raises DevError where either is not known."""
    images = image_references(home)
    if uses_current_cluster():
        built = home.bin if (home.bin / "kubectl").exists() else None
        root = os.environ.get("JOBHUNTER_SECCOMP_ROOT", "")
        return Installation(Kubectl(built, None), images, root)
    said = subprocess.run(
        [sys.executable, "-m", "jobhunter_dev", "status", "--json"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0:
        raise DevError("The local cluster is not running.", "Start it with make cluster-up.")
    status = json.loads(said.stdout)
    return Installation(Kubectl(Path(status["bin"]), Path(status["kubeconfig"])), images, str(status["seccompRoot"]))


def image_references(home: Home) -> Mapping[str, str]:
    """Name to reference of the images, from JOBHUNTER_IMAGES (a JSON file) or the list that the builder keeps."""
    path = Path(os.environ.get("JOBHUNTER_IMAGES", home.image_list))
    if not path.exists():
        raise MachineLacksSomething(
            f"{path} is not there, which names the images.",
            "Build them with make images, or set JOBHUNTER_IMAGES to a JSON file of name to reference.",
        )
    return dict(json.loads(path.read_text()))


def lay(
    progress: Progress, home: Home, *, seed: int | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[Installation, int]:
    """Everything installed and ready; the seed that the site was drawn from is said and returned.

    Raises DevError where the kubeconfig's cluster has an installation of somebody's own.
    """
    chosen = seed if seed is not None else int(os.environ.get("CAREERS_SEED") or random.SystemRandom().randrange(10**6))
    place = installation(home)
    with home.locked("install.lock"), progress.step("installing the chart"):
        kept: Mapping[str, Any] = {}
        if uses_current_cluster():
            kept = place.kept_of_another(overrides=overrides)
        else:
            place.forget_interrupted()
        place.install(overrides=merged(kept, overrides or {}))
    with progress.step(f"careers site, drawn from seed {chosen}"):
        place.deploy_site(chosen)
    return place, chosen
