"""The environment, as the chart writes it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_operator.settings import Settings

PREFIX = "JOBHUNTER_OPERATOR_"


@pytest.fixture(autouse=True)
def _images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}RUNNER_IMAGE", "runner:1")
    monkeypatch.setenv(f"{PREFIX}BROWSER_IMAGE", "browser:1")


def test_lists_of_words_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}SESSION_NAMESPACES", "a, b")
    monkeypatch.setenv(f"{PREFIX}POD_TEMPLATE_PERMIT", "")
    settings = Settings()
    assert settings.session_namespaces == ["a", "b"]
    assert settings.limits.pod_template_permit == frozenset()


def test_structures_are_json_and_an_empty_cap_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}EGRESS_ALLOW", '[{"cidr": "10.0.0.0/8", "ports": [8080]}]')
    monkeypatch.setenv(f"{PREFIX}MAX_SESSIONS_PER_SITE", "")
    monkeypatch.setenv(f"{PREFIX}BROWSER_RESOURCES", '{"limits": {"memory": "1Gi"}}')
    settings = Settings()
    assert settings.limits.egress_allow[0].ports == [8080]
    assert settings.egress_json == '[{"cidr": "10.0.0.0/8", "ports": [8080]}]'
    assert settings.max_sessions_per_site is None
    assert settings.browser_resources == {"limits": {"memory": "1Gi"}}


def test_runners_dial_the_operators_nats_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}NATS_URL", "nats://n:4222")
    assert Settings().runner_nats_url == "nats://n:4222"


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}NATS_PASSWORD", "hush")
    assert "hush" not in repr(Settings())


@pytest.mark.parametrize(
    ("name", "value"), [("SESSION_NAMESPACES", ","), ("MAX_SESSIONS", "many"), ("EGRESS_ALLOW", "{}")]
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises((ValidationError, InvalidMessage), match=f"(?i){name}"):
        Settings()
