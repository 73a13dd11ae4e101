"""Names of objects: always valid, and never the same for two tasks."""

from __future__ import annotations

import random
import re

from jobhunter_contracts.names import (
    draft_secret_name,
    evidence_secret_name,
    pod_name,
    task_label,
    user_label,
)

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def task_names(count: int) -> list[str]:
    """Names that Kubernetes takes for an object, short to 253 characters, with dots and dashes where they hurt."""
    dice = random.Random(7)
    names = [
        "a",
        "a.b",
        "a-b",
        "a" * 253,
        "a" * 52 + "." + "b" * 60,
        "x" * 60 + "-" + "y" * 60,
        "x" * 60 + "." + "y" * 60,
    ]
    while len(names) < count:
        name = ".".join(
            "".join(dice.choice("ab0-") for _ in range(dice.randrange(1, 30))).strip("-") or "z"
            for _ in range(dice.randrange(1, 9))
        )[:253].strip("-.")
        if SUBDOMAIN.fullmatch(name):
            names.append(name)
    return sorted(set(names))


def test_every_name_is_valid() -> None:
    for name in task_names(500):
        for attempt in (1, 11):
            assert LABEL.fullmatch(pod_name(name, attempt)), name
        for secret in (draft_secret_name(name), evidence_secret_name(name)):
            assert SUBDOMAIN.fullmatch(secret), name
            assert len(secret) <= 253
        assert LABEL_VALUE.fullmatch(task_label(name)), name


def test_two_tasks_never_share_a_name() -> None:
    names = task_names(500)
    for make in (lambda n: pod_name(n, 1), draft_secret_name, evidence_secret_name, task_label):
        assert len({make(name) for name in names}) == len(names)
    assert pod_name("a.b", 1) != pod_name("a-b", 1)


def test_two_attempts_never_share_a_pod_name() -> None:
    for name in ("a", "a-1", "b" * 253):
        assert len({pod_name(name, attempt) for attempt in range(1, 13)}) == 12


def test_short_names_stay_as_people_wrote_them() -> None:
    assert pod_name("asha-acme", 1) == "asha-acme-1"
    assert draft_secret_name("asha-acme") == "asha-acme-draft"
    assert evidence_secret_name("asha-acme") == "asha-acme-evidence"


def test_a_user_s_label_is_valid_whatever_the_user_is_called() -> None:
    labels = {user_label(user) for user in ("asha", "Asha", "a@b.co", "日本", "x" * 128)}
    assert len(labels) == 5
    assert all(LABEL_VALUE.fullmatch(label) for label in labels)
