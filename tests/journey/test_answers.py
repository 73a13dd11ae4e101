"""Answers that lie in Secrets, and what a person reads of a task meanwhile."""

from __future__ import annotations

import json
import re

from jobhunter_dev.applied_task import Field, fitting
from jobhunter_dev.installation import SESSIONS

ANSWERS = ("Out of a Secret, by the plugin", "Out of a Secret, by the manifest")


def test_answers_come_out_of_secrets_and_describe_tells_it_in_order(field: Field) -> None:
    field.kubectl.run("delete", "secret", "answer-comes-later", "-n", SESSIONS, "--ignore-not-found")
    task = field.apply("greenhouse-questions", questionTimeoutSeconds=90)
    status = task.wait("both questions", lambda seen: len(seen.get("pendingInputs") or []) == 2)
    first, second = (item["id"] for item in status["pendingInputs"])
    answers = [fitting(item, words) for item, words in zip(status["pendingInputs"], ANSWERS, strict=True)]
    field.secret("answer-there", {"why": answers[0].encode()})
    said = field.plugin("answer", task.name, "--id", first, "--from-secret", "answer-there/why")
    assert said.returncode == 0, said.stdout + said.stderr
    given = task.read()["spec"]["responses"]
    later = {"id": second, "secretKeyRef": {"name": "answer-comes-later", "key": "why"}}
    task.patch(responses=[*given, later])

    def refused(seen: dict) -> bool:
        return any(entry["id"] == second and entry["state"] == "refused" for entry in seen.get("responses") or [])

    status = task.wait("the refusal", refused)
    assert "answer-comes-later" in next(e["message"] for e in status["responses"] if e["id"] == second)
    field.secret("answer-comes-later", {"why": answers[1].encode()})
    task.confirm()
    assert task.end()["reason"] == "Submitted"
    (post,) = task.posts()
    assert set(answers) <= set(post["fields"].values())
    assert not any(answer in json.dumps(task.read()) for answer in ANSWERS), "a Secret's content stays in the Secret"

    told = field.kubectl.run("describe", "applicationtask", task.name, "-n", SESSIONS).split("\nEvents:")[1]
    reasons = re.findall(r"^\s+(?:Normal|Warning)\s+(\w+)", told, re.MULTILINE)
    milestones = [reason for reason in reasons if reason not in ("AnswerAccepted", "AnswerRefused")]
    assert milestones == ["Admitted", "BrowserReady", "Question", "Question", "DraftReady", "Submitted"], told
    assert reasons.index("AnswerRefused") < reasons.index("DraftReady"), told
    assert f"--id {second} VALUE" in told
