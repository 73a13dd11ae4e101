"""Assignments: written once under a pod's uid, removed when its attempt has ended."""

from __future__ import annotations

from collections.abc import Callable

from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.subjects import ASSIGNMENT_BUCKET

_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})  # JetStream error codes: the key is there already


class Assignments:
    def __init__(self, js: Callable[[], JetStreamContext]) -> None:
        self._js = js
        self._known: dict[str, str] = {}  # pods, with the tasks they are assigned to

    def known(self, pod_uid: str | None) -> bool:
        """Whether this process saw the pod's assignment in its place."""
        return pod_uid in self._known

    def of_task(self, task_uid: str) -> list[str]:
        """Pods of the task whose assignments this process saw in their place."""
        return [pod for pod, task in self._known.items() if task == task_uid]

    def forget_all_known(self) -> None:
        """The bucket may have been lost with its volume: every assignment is made sure of again."""
        self._known.clear()

    async def create(self, pod_uid: str, assignment: Assignment) -> None:
        """Safe to repeat: what is there stays. nats-py's create() would succeed over a deleted key; this does not."""
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: "0"}
        try:
            await self._js().publish(f"$KV.{ASSIGNMENT_BUCKET}.{pod_uid}", assignment.to_json(), headers=headers)
        except APIError as error:
            if error.err_code not in _WRONG_LAST_SEQUENCE:
                raise
        self._known[pod_uid] = assignment.task_uid

    async def forget(self, pod_uid: str) -> None:
        """Leaves a marker that ages away: a late repeat of create() finds the key taken."""
        self._known.pop(pod_uid, None)
        marker = {"KV-Operation": "PURGE", "Nats-Rollup": "sub"}
        await self._js().publish(f"$KV.{ASSIGNMENT_BUCKET}.{pod_uid}", b"", headers=marker)
