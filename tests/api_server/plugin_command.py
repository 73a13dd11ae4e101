"""`kubectl jobhunter …` as a person runs it, and tasks in the states that it meets. The operator is played."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_kubectl.__main__ import main
from real_cluster import Kubectl

SCRIPTS = str(Path(sys.executable).parent)
PICTURE = b"\xff\xd8\xff\xe0 a picture"


class Plugin:
    """The command as a person runs it, and a task to run it on."""

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl

    def start(self, *arguments: str, kubeconfig: str | None = None) -> subprocess.Popen[str]:
        env = os.environ | {
            "KUBECONFIG": kubeconfig or self.kubectl.kubeconfig,
            "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
        }
        return subprocess.Popen(
            [self.kubectl.program, "jobhunter", *arguments, "-n", self.kubectl.namespace],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, kubeconfig: str | None = None) -> tuple[int, str]:
        """Exit code, and all that was printed, of the command in this process: a process of its own takes a second."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", kubeconfig or self.kubectl.kubeconfig)
            try:
                code = main([*arguments, "-n", self.kubectl.namespace])
            except SystemExit as left:
                code = int(left.code or 0)
        return code, said.getvalue()

    def task(self, name: str, status: dict[str, Any] | None = None, **spec: Any) -> str:
        said = self.kubectl.apply(
            {
                "apiVersion": "jobhunter.dev/v1alpha1",
                "kind": "ApplicationTask",
                "metadata": {"name": name},
                "spec": {
                    "userId": "asha",
                    "url": "https://careers.example.com/jobs/1",
                    "profileRef": {"name": "asha-profile"},
                }
                | spec,
            }
        )
        assert said.returncode == 0, said.stderr
        if status:
            self.kubectl.status(name, status)
        return name

    def draft(self, name: str, hitl_id: str, *, picture: bytes | None = PICTURE) -> None:
        draft = Draft(
            hitl_id=hitl_id,
            url="https://careers.example.com/jobs/1",
            digest="d",
            fields=[
                DraftField(label="First name", value="Asha", source="profile: application.given_name", required=True)
            ],
        )
        data = {"draft.json": draft.to_json(), **({"draft.jpg": picture} if picture else {})}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{name}-draft"},
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }
        assert self.kubectl.apply(secret).returncode == 0

    def operator(self, name: str, state: str, message: str = "") -> threading.Thread:
        """Writes status.responses for the first answer that appears in the spec, as the operator would."""

        def answer() -> None:
            for _ in range(100):
                task = self.kubectl.get(name)
                if responses := task["spec"].get("responses"):
                    said = {"id": responses[-1]["id"], "state": state, "message": message}
                    self.kubectl.status(
                        name,
                        {
                            "responses": [said],
                            "observedGeneration": task["metadata"]["generation"],
                            "pendingInputs": [],
                        },
                    )
                    return
                time.sleep(0.1)

        thread = threading.Thread(target=answer)
        thread.start()
        return thread


def asked(id: str = "hitl_1", **fields: Any) -> dict[str, Any]:  # noqa: A002 - the API's word
    deadline = datetime.now(UTC) + timedelta(seconds=120)
    return {
        "id": id,
        "kind": "text",
        "question": "Why us?",
        "deadline": deadline.strftime("%Y-%m-%dT%H:%M:%SZ"),
    } | fields


def waiting(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "WaitingForInput", "attempts": 1, "podName": "p-1", "pendingInputs": list(questions)}


def ended(reason: str, message: str = "") -> dict[str, Any]:
    good = reason == "Submitted"
    return {
        "phase": "Succeeded" if good else "Failed",
        "reason": reason,
        "pendingInputs": [],
        "conditions": [
            {
                "type": "Succeeded",
                "status": "True" if good else "False",
                "reason": reason,
                "message": message,
                "lastTransitionTime": "2026-01-31T09:30:00Z",
            }
        ],
    }


def after(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer
