"""The environment of a browser pod, as contracts' runner_env names it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from jobhunter_contracts import runner_env
from jobhunter_contracts.errors import InvalidMessage


@dataclass(frozen=True)
class PodEnvironment:
    """contracts' runner_env, read."""

    nats_url: str
    nats_user: str
    nats_password: str
    pod_uid: str
    pod_name: str
    cdp_url: str
    egress_allow: str
    guard_port: int
    termination_log: Path

    @classmethod
    def read(cls) -> PodEnvironment:
        """Raises InvalidMessage where a variable that is needed is not set."""
        needed = (runner_env.NATS_URL, runner_env.POD_UID)
        missing = [name for name in needed if not os.environ.get(name)]
        if missing:
            raise InvalidMessage(f"{', '.join(missing)} is not set", where="environment", remedy="The operator sets it")
        return cls(
            nats_url=os.environ[runner_env.NATS_URL],
            nats_user=os.environ.get(runner_env.NATS_USER, ""),
            nats_password=os.environ.get(runner_env.NATS_PASSWORD, ""),
            pod_uid=os.environ[runner_env.POD_UID],
            pod_name=os.environ.get(runner_env.POD_NAME, ""),
            cdp_url=os.environ.get(runner_env.CDP_URL) or f"http://127.0.0.1:{runner_env.CDP_PORT}",
            egress_allow=os.environ.get(runner_env.EGRESS_ALLOW, ""),
            guard_port=runner_env.EGRESS_GUARD_PORT,
            termination_log=Path(runner_env.TERMINATION_LOG),
        )
