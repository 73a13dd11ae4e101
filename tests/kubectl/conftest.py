"""The fixtures of a real API server, and the plugin on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_command import Plugin
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from severed_line import SeveredLine

__all__ = ["kubeconfig", "kubectl", "root_kubectl"]


@pytest.fixture
def plugin(kubectl: Kubectl) -> Plugin:
    return Plugin(kubectl)


@pytest.fixture
def line(kubectl: Kubectl, tmp_path: Path) -> Iterator[SeveredLine]:
    """A kubeconfig whose connections can be cut."""
    with SeveredLine(kubectl.kubeconfig, tmp_path / "kubeconfig") as severed:
        yield severed
