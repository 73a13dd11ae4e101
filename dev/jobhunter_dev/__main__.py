"""``python3 -m jobhunter_dev VERB``; --help lists the verbs."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import threading
from collections.abc import Sequence

from . import ground, machine, toolchain
from .cluster import Cluster
from .environment import VENV
from .errors import DevError, MachineLacksSomething, StepFailed
from .home import Home, remove_tree
from .image_build import Builder, Image, image, names
from .image_store import ImageStore
from .progress import Progress

ALL = "all"
ALWAYS = "pause"
"""The image that no pod starts without."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb; 0 when it went well, 1 when it did not, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    home = Home.of_environment()
    progress = Progress()
    try:
        return int(VERBS[options.verb](home, progress, options))
    except StepFailed as failed:
        print(f"{failed}\n{failed.tail}".rstrip(), file=sys.stderr)
    except DevError as failed:
        print(failed, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. Run it again: it goes on from here.", file=sys.stderr)
        _end_at_once(130)
    _end_at_once(1)
    return 1


def up(home: Home, progress: Progress, options: argparse.Namespace) -> int:
    """Whatever is not built is built, both kinds at once; the cluster is reused if it is well, else started afresh."""
    wanted = _wanted(options.images)
    cluster = Cluster(home, progress)
    with home.locked():
        machine.require(machine.observe(home.path), build=not toolchain.is_built(home))
        machine.load_kernel_modules()
        images = _build(home, progress, wanted)
        health = cluster.health()
        if health.well:
            progress.note(f"the cluster is {health.words}")
        else:
            progress.note(f"the cluster: {health.words}")
            with progress.step("starting the cluster"):
                cluster.start()
                cluster.wait_containerd()
        ImageStore(home, progress).bring_in(images, afresh=not health.well)
        if not health.well:
            with progress.step("waiting for the cluster"):
                cluster.wait_ready()
    progress.note(f"ready; KUBECONFIG={home.kubeconfig}")
    return 0


def images(home: Home, progress: Progress, options: argparse.Namespace) -> int:
    """Builds the images that changed and brings them into the running cluster; prints name and reference as JSON."""
    with home.locked():
        built = _build(home, progress, _wanted(options.images))
        cluster = Cluster(home, progress)
        if cluster.health().well:
            ImageStore(home, progress).bring_in(built)
        else:
            progress.note("the cluster is not running; `up` brings them in")
    print(json.dumps({image.name: image.reference for image in built}, indent=2))
    return 0


def install(home: Home, progress: Progress, options: argparse.Namespace) -> int:
    """The chart, with the images as the files are now: builds what changed, brings it in, and waits until it runs."""
    if not ground.uses_current_cluster():
        images(home, progress, options)
    ground.lay(progress, home)
    return 0


def down(home: Home, progress: Progress, _options: argparse.Namespace) -> int:
    """Ends the cluster and removes what it had on the machine; what was built stays."""
    if not home.path.exists():
        return 0
    with home.locked(), progress.step("taking the cluster down"):
        Cluster(home, progress).sweep()
    return 0


def clean(home: Home, progress: Progress, options: argparse.Namespace) -> int:
    """down, and everything that was built goes too."""
    down(home, progress, options)
    if home.path.exists():
        with progress.step(f"removing {home.path}"):
            Builder(home, progress).discard()
            remove_tree(home.path)
    return 0


def status(home: Home, progress: Progress, options: argparse.Namespace) -> int:
    """Says whether the cluster runs, 0 if so; with --json all that others need to know."""
    seen = Cluster(home, progress).status()
    print(json.dumps(seen, indent=2) if options.json else f"{seen['words']} ({home.path})")
    return 0 if seen["running"] else 1


def kubeconfig(home: Home, _progress: Progress, _options: argparse.Namespace) -> int:
    """Prints the kubeconfig's path."""
    print(home.kubeconfig)
    return 0


def env(home: Home, _progress: Progress, _options: argparse.Namespace) -> int:
    """Prints what a shell needs to reach the cluster: eval "$(make -s env)"."""
    print(f"export KUBECONFIG={shlex.quote(str(home.kubeconfig))}")
    print(f"export PATH={shlex.quote(str(home.bin))}:{shlex.quote(str(VENV / 'bin'))}:$PATH")
    return 0


def doctor(home: Home, _progress: Progress, _options: argparse.Namespace) -> int:
    """Says what the machine lacks."""
    facts = machine.observe(home.path)
    found = machine.complaints(facts, build=not toolchain.is_built(home))
    for complaint in [*found, *machine.concerns(facts)]:
        print(complaint)
    if facts.missing:
        print(f"`up` will install these Debian packages: {', '.join(facts.missing)}.")
    if facts.cgroup_version == 2:
        print("This host has cgroup v2: supported, but only v1 has been proved.")
    if not found:
        print("The machine has what the local cluster needs.")
    return 1 if found else 0


def packages_for_tests(home: Home, progress: Progress, _options: argparse.Namespace) -> int:
    """Installs what tests, figures and pictures need on the host besides: a browser, fonts, a database server."""
    machine.install_packages(progress, home.logs / "apt.log", machine.TEST_PACKAGES)
    return 0


VERBS = {
    "up": up,
    "images": images,
    "install": install,
    "down": down,
    "clean": clean,
    "status": status,
    "kubeconfig": kubeconfig,
    "env": env,
    "doctor": doctor,
    "test-packages": packages_for_tests,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jobhunter_dev", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        words = (verb.__doc__ or "").strip()
        added = verbs.add_parser(name, help=words.splitlines()[0], description=words)
        if name in ("up", "images", "install"):
            added.add_argument("--images", default=ALL, help="names with commas between; all, or none (default: all)")
        if name == "status":
            added.add_argument("--json", action="store_true")
    return parser


def _wanted(chosen: str) -> list[str]:
    known = names()
    if chosen == ALL:
        return known
    wanted = [] if chosen == "none" else chosen.split(",")
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise MachineLacksSomething(f"There is no image {', '.join(unknown)}.", f"Known are {', '.join(known)}.")
    return sorted({ALWAYS, *wanted})


def _build(home: Home, progress: Progress, wanted: list[str]) -> list[Image]:
    """Compiles in one thread while packages are installed and images built in this one."""
    failures = list[DevError | OSError]()

    def compile_programs() -> None:
        try:
            toolchain.build(home, progress)
        except (DevError, OSError) as failure:  # carried to the other thread, where it is raised
            failures.append(failure)

    compiling = threading.Thread(target=compile_programs, name="compile", daemon=True)
    compiling.start()
    machine.install_packages(progress, home.logs / "apt.log")
    builder = Builder(home, progress)
    # What is hashed is what is built: a source may change meanwhile, and is then the next run's matter.
    built = [builder.build(image(name, home)) for name in wanted if name != ALWAYS]
    compiling.join()
    if failures:
        raise failures[0]
    return [*built, *(builder.build(image(name, home)) for name in wanted if name == ALWAYS)]


def _end_at_once(code: int) -> None:
    """Without waiting for threads; what they run is told to end when this process does."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
