"""The first process of the node's process, mount and network namespaces: ``python3 -m jobhunter_dev.node_init PLAN``.

Everything of the cluster, pods included, is its descendant, and every mount and link lies in its namespaces. Whatever
ends it, the kernel ends and removes all of that with it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from .api import ApiServer
from .command import output_of
from .home import Home, write_whole
from .network import Link, configure_node_side
from .node import KUBELET_ROOT, Daemon, NodePlan

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
"""What the daemons see: a proxy or a kubeconfig that the person's shell names must not reach them."""

HOST_MOUNT_POINTS = (KUBELET_ROOT, Path("/var/lib/cni"))
"""Folders that programs insist on; in here something of ours is mounted over them."""

LINK_SECONDS = 20
API_SECONDS = 90


def main(plan_file: Path) -> None:
    """Sets the namespaces up, starts the daemons, and stays to reap what is orphaned."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    plan = NodePlan.read(plan_file)
    home = Home(Path(plan.home))
    link = Link(plan.link_name, ipaddress.IPv4Network(plan.subnet))
    _raise_file_limit()
    _mount(home)
    _wait_for_link()
    configure_node_side(link)
    _allow_forwarding()
    node = Node(home)
    daemons = {daemon.name: daemon for daemon in plan.daemons}
    _start_containerd(home, node, daemons.pop("containerd"))
    for daemon in daemons.values():
        if not daemon.after_api:
            node.start(daemon)
    api = ApiServer(home, "https://127.0.0.1:6443")
    deadline = time.monotonic() + API_SECONDS
    while not api.ready() and time.monotonic() < deadline:
        node.reap()
        time.sleep(0.05)
    for daemon in daemons.values():
        if daemon.after_api:
            node.start(daemon)
    while True:
        node.reap(wait=True)


class Node:
    """The daemons that were started, and which of them ended."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._running: dict[int, str] = {}
        self._ended: dict[str, int] = {}

    def start(self, daemon: Daemon) -> subprocess.Popen[bytes]:
        """Starts it with its output in a log of its name."""
        with (self._home.logs / f"{daemon.name}.log").open("ab") as log:
            started = subprocess.Popen(
                daemon.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
                cwd=self._home.run,
                start_new_session=True,
            )
        self._running[started.pid] = daemon.name
        self._write()
        return started

    def reap(self, *, wait: bool = False) -> None:
        """Takes the exit codes of children and orphans; a daemon's is recorded."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0 if wait else os.WNOHANG)
            except ChildProcessError:
                if wait:
                    time.sleep(1)
                return
            if pid == 0:
                return
            name = self._running.pop(pid, None)
            if name is not None:
                self._ended[name] = os.waitstatus_to_exitcode(status)
                self._write()

    def forget(self, started: subprocess.Popen[bytes]) -> None:
        """Ends a daemon on purpose."""
        self._running.pop(started.pid, None)
        started.terminate()
        started.wait()

    def _write(self) -> None:
        state = {"running": {name: pid for pid, name in self._running.items()}, "ended": self._ended}
        write_whole(self._home.run / "daemons.json", json.dumps(state))


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _raise_file_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _mount(home: Home) -> None:
    """Hides the host's folders that the cluster would write to, and lets mounts pass from the kubelet to pods."""
    output_of(["mount", "--make-rshared", "/"])
    output_of(["mount", "-t", "tmpfs", "-o", "mode=755", "jobhunter-run", "/run"])
    output_of(["mount", "--bind", home.run / "kubelet", KUBELET_ROOT])
    output_of(["mount", "-t", "tmpfs", "-o", "mode=755", "jobhunter-cni", "/var/lib/cni"])


def _wait_for_link() -> None:
    deadline = time.monotonic() + LINK_SECONDS
    while "eth0:" not in Path("/proc/net/dev").read_text():
        if time.monotonic() > deadline:
            sys.exit(f"no link to the host appeared within {LINK_SECONDS} s")
        time.sleep(0.02)


def _allow_forwarding() -> None:
    """From pod to pod; beyond the namespace there is no route."""
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    filtering = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if filtering.exists():
        filtering.write_text("1")


def _start_containerd(home: Home, node: Node, daemon: Daemon) -> None:
    """Starts it, and once more if it remembers containers of a former life, which it then has forgotten."""
    started = node.start(daemon)
    ctr = ["ctr", "--address", str(home.containerd_socket), "--namespace", "k8s.io"]
    deadline = time.monotonic() + 30
    while subprocess.run([*ctr, "version"], capture_output=True, check=False).returncode != 0:
        if time.monotonic() > deadline or started.poll() is not None:
            sys.exit("containerd does not answer")
        time.sleep(0.05)
    former = output_of([*ctr, "containers", "ls", "--quiet"]).split()
    if former:
        output_of([*ctr, "containers", "rm", *former])
        node.forget(started)
        node.start(daemon)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
