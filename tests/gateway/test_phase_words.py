"""The dashboard has words for every phase and reason of the contracts: none shows as another's."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

import jobhunter_gateway
from jobhunter_contracts.conditions import InputReason, Phase, Reason, WaitReason

PHASE_JS = Path(jobhunter_gateway.__file__).with_name("static") / "phase.js"


def told(table: str) -> dict[str, str]:
    """The words of a table of phase.js, by key."""
    found = re.search(rf"^const {table} = {{(.*?)}};", PHASE_JS.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, table
    return dict(re.findall(r'(\w+): \[?"([^"]+)"', found[1]))


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("PHASES", list(Phase)),
        ("REASONS", [reason for reason in Reason if reason is not Reason.SUBMITTED]),
        ("WAITS", list(WaitReason)),
        ("ASKS", list(InputReason)),
    ],
)
def test_every_phase_and_reason_has_words(table: str, keys: list[StrEnum]) -> None:
    words = told(table)
    assert [str(key) for key in keys if key not in words] == []
    assert len(set(words.values())) == len(words), "no two say the same"
