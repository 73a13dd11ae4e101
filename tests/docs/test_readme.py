"""What README.md promises is what the API, the chart and the metrics have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.socket_messages import (
    CLOSE_NO_SESSION,
    CLOSE_NOT_JSON,
    CLOSE_NOT_YOURS,
    CLOSE_TRY_AGAIN,
    CLOSE_UNKNOWN_MESSAGE,
)

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CALL = re.compile(r"`(GET|POST|PUT|DELETE) (/[^` ]*)`")
SECTIONS = ("sessions", "egress", "networkPolicy", "nats", "postgres", "gateway")


def operations() -> set[tuple[str, str]]:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}


def test_every_call_of_the_api_is_named_and_there() -> None:
    assert set(CALL.findall(README)) == operations()


def values_named() -> list[str]:
    """Each value of the chart that is named in full, or as a further key beside one (`nats.storage.size`, `.className`)."""
    found = []
    for line in README.splitlines():
        before = ""
        for text in re.findall(r"`([a-zA-Z.]+?)(?:\.\*|=[^`]*)?`", line):
            if text.split(".")[0] in SECTIONS and "." in text:
                before = text
                found.append(text)
            elif text.startswith(".") and before:
                found.append(before.rsplit(".", 1)[0] + text)
    return found


@pytest.mark.parametrize("name", sorted(set(values_named())))
def test_a_value_that_is_named_is_the_charts(name: str) -> None:
    place: Any = yaml.safe_load((ROOT / "charts" / "jobhunter" / "values.yaml").read_text())
    for key in name.split("."):
        assert key in place, f"values.yaml has no {name}"
        place = place[key]


def test_values_are_looked_for() -> None:
    assert {"gateway.rates.beforeSignIn", "postgres.external", "nats.storage.className"} <= set(values_named())


def test_a_command_that_is_copied_looks_where_tasks_are() -> None:
    commands = re.findall(r"^    (kubectl (?:jobhunter|.*apptask).*)$", README, re.MULTILINE)
    assert len(commands) > 7
    assert [line for line in commands if "-n jobhunter-sessions" not in line] == []


def test_every_close_code_is_explained() -> None:
    for code in (CLOSE_NOT_JSON, CLOSE_UNKNOWN_MESSAGE, 1009, CLOSE_TRY_AGAIN, CLOSE_NOT_YOURS, CLOSE_NO_SESSION):
        assert re.search(rf"\b{code}\s[a-z]", README), f"{code} is not explained"


@pytest.mark.parametrize("document", ["README.md", "docs/adr/0013-events-that-fit-no-task-stand-aside.md"])
def test_metrics_that_are_named_are_counted(document: str) -> None:
    counted = set(re.findall(r"^# TYPE jobhunter_gateway_(\w+)", Metrics().render().decode(), re.MULTILINE))
    named = re.findall(r"`(?:jobhunter_gateway)?_(\w+)`", (ROOT / document).read_text())
    named = [name for name in named if name]
    assert named
    assert not set(named) - counted


def test_decisions_are_numbered_without_a_gap() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path.name
