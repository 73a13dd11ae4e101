"""What can go wrong between a fresh machine and a running cluster, said with its remedy.

These errors have a root of their own because this package must run before the contracts' dependencies are installed.
"""

from __future__ import annotations


class DevError(Exception):
    """A step failed. ``code`` is stable; ``what`` is one sentence; ``remedy`` says what to do next."""

    code = "DevError"

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class MachineLacksSomething(DevError):
    """The machine cannot hold the cluster as it is."""

    code = "MachineLacksSomething"


class StepFailed(DevError):
    """A program that a step ran ended badly; its log's last lines are in ``tail``."""

    code = "StepFailed"

    def __init__(self, what: str, remedy: str = "", tail: str = "") -> None:
        super().__init__(what, remedy)
        self.tail = tail


class AnotherRun(DevError):
    """Another run of this command holds the lock."""

    code = "AnotherRun"


class ClusterUnwell(DevError):
    """The cluster did not become ready, or is not what its record says."""

    code = "ClusterUnwell"
