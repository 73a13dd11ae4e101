"""Rates: so many in a moving window, each for themselves, and the windows of those who went are forgotten."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError

from jobhunter_gateway import rates as rates_module
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.rates import Rate, Rates
from jobhunter_gateway.settings import Settings


def rates_of(**settings: str) -> Rates:
    return Rates(Settings(_env_file=None, **settings), Metrics())  # type: ignore[arg-type] # rates are texts


def test_more_than_the_rate_is_refused_until_the_window_has_moved_on() -> None:
    rates = rates_of(rate_socket_messages="3/second")
    assert [rates.hit(Rate.SOCKET_MESSAGES, "asha") for _ in range(4)] == [None, None, None, 1]
    assert rates.hit(Rate.SOCKET_MESSAGES, "ben") is None
    assert rates.hit(Rate.REQUESTS, "asha") is None
    time.sleep(1.05)
    assert rates.hit(Rate.SOCKET_MESSAGES, "asha") is None


def test_a_refusal_says_when_to_come_again() -> None:
    rates = rates_of(rate_writes="1/minute")
    rates.check(Rate.WRITES, "asha")
    with pytest.raises(Problem, match="1 per 1 minute") as refused:
        rates.check(Rate.WRITES, "asha")
    assert 55 <= int(refused.value.headers["Retry-After"]) <= 60


def test_the_windows_of_those_who_went_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates_module, "_KEYS", 10)
    rates = rates_of(rate_before_sign_in="1/second")
    for number in range(200):
        rates.hit(Rate.BEFORE_SIGN_IN, f"10.0.0.{number}")
    time.sleep(1.1)
    rates.hit(Rate.BEFORE_SIGN_IN, "10.0.1.1")  # has the library empty the old windows
    time.sleep(0.1)
    for number in range(300):
        rates.hit(Rate.BEFORE_SIGN_IN, f"10.0.2.{number}")
    assert rates.windows <= 301


def test_a_rate_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="rate_writes"):
        rates_of(rate_writes="often")
