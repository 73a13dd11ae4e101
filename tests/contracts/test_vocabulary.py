"""The vocabulary: every token is described, and what must never be filled or told is marked so."""

from __future__ import annotations

from jobhunter_contracts import errors, runner_env
from jobhunter_contracts.vocabulary import VOCABULARY, Token


def test_every_token_is_described_once() -> None:
    assert set(VOCABULARY) == set(Token)
    descriptions = [info.description for info in VOCABULARY.values()]
    assert len(set(descriptions)) == len(descriptions)


def test_cards_and_credentials_are_recognised_and_never_filled() -> None:
    for token, info in VOCABULARY.items():
        if token.startswith(("cc-", "transaction-")) or token.endswith("password") or token == "one-time-code":
            assert not info.filled, token
            assert info.sensitive, token


def test_equal_opportunity_answers_are_voluntary_and_sensitive() -> None:
    for token in (Token.GENDER, Token.ETHNICITY, Token.VETERAN_STATUS, Token.DISABILITY_STATUS, Token.SEX):
        assert VOCABULARY[token].voluntary
        assert VOCABULARY[token].sensitive


def test_contact_data_and_numbers_of_identity_are_sensitive() -> None:
    for token in (Token.EMAIL, Token.TEL, Token.NAME, Token.BDAY, Token.NATIONAL_ID, Token.STREET_ADDRESS):
        assert VOCABULARY[token].sensitive, token


def test_every_error_has_a_code_of_its_own() -> None:
    kinds = errors.JobHunterError.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert len({kind.code for kind in ours}) == len(ours) > 5


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = errors.NotFound("no such task.", where="task a", remedy="Look again.")
    assert str(error) == "task a: no such task. Look again."
    assert str(errors.NotFound("no such task")) == "no such task."


def test_the_browser_keeps_its_sandbox_and_sends_loopback_to_the_guard_too() -> None:
    arguments = " ".join(runner_env.BROWSER_ARGS)
    assert "no-sandbox" not in arguments
    assert "--remote-debugging-address=127.0.0.1" in arguments
    assert "<-loopback>" in arguments
    assert "--remote-allow-origins" not in arguments
