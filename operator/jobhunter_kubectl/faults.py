"""What can go wrong for a person at the command line: each a sentence with a remedy, and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from jobhunter_contracts.errors import JobHunterError


class PluginError(JobHunterError):
    """The root: exit code 1. detail: lines to be shown below the sentence."""

    code = "kubectl"
    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "", detail: Sequence[str] = ()) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.detail = tuple(detail)


class BadUsage(PluginError):
    """What was typed, or the kubeconfig, cannot be used as it is."""

    code = "kubectl-usage"
    exit_code = 2


class NotThere(PluginError):
    """A task, a Secret or a key in it is not there."""

    code = "kubectl-not-found"
    exit_code = 3


class Forbidden(PluginError):
    """The API server knows you not, or does not let you."""

    code = "kubectl-forbidden"
    exit_code = 4


class Unreachable(PluginError):
    """The API server does not answer, or not now."""

    code = "kubectl-unreachable"
    exit_code = 5


class NothingToDo(PluginError):
    """No question is open, no draft is there, the task has ended."""

    code = "kubectl-nothing-to-do"
    exit_code = 6


class Changed(PluginError):
    """The task was changed by somebody else between reading and writing."""

    code = "kubectl-conflict"
