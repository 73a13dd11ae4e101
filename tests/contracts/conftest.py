"""The fixtures of a real API server."""

from __future__ import annotations

from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["kubeconfig", "kubectl", "root_kubectl"]
