"""Tokens: HS256 with our secret, not expired, with a usable sub; everything else is refused."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from pydantic import ValidationError

from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import BadToken, make_token, signed_in, user_of

SECRET = "a secret of the tests alone, as long as the longest of the HMACs asks: sixty-four bytes"
SETTINGS = Settings(_env_file=None, jwt_secret=SECRET, jwt_leeway_seconds=30)


def token(algorithm: str = "HS256", secret: str = SECRET, **claims: Any) -> str:
    """A token good for an hour, changed by `claims`; None takes one away."""
    now = int(time.time())
    whole = {"sub": "asha", "iat": now, "exp": now + 3600} | claims
    return jwt.encode({key: value for key, value in whole.items() if value is not None}, secret, algorithm)


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, signature])


def test_a_token_says_who_it_is_and_until_when() -> None:
    who = signed_in(make_token("asha@example.org", SETTINGS, hours=2), SETTINGS)
    assert who.user_id == "asha@example.org"
    assert 7190 < who.expires_at.timestamp() - time.time() <= 7200


@pytest.mark.parametrize("user_id", ["a", "x" * 256, "आशा राव", "urn:user:1", "' OR 1=1 --"])
def test_any_printable_sub_is_a_user(user_id: str) -> None:
    assert user_of(token(sub=user_id), SETTINGS) == user_id


@pytest.mark.parametrize("sub", [None, "", "   ", "x" * 257, "a\nb", "a\u0000b", "a\u202eb"])
def test_a_token_without_a_usable_sub_is_refused(sub: str | None) -> None:
    with pytest.raises(BadToken):
        user_of(token(sub=sub), SETTINGS)


@pytest.mark.parametrize("sub", [5, True, ["asha"], {"id": "asha"}])
def test_a_sub_that_is_no_text_is_refused(sub: Any) -> None:

    forged = jwt.api_jws.encode(json.dumps({"sub": sub, "exp": int(time.time()) + 60}).encode(), SECRET, "HS256")

    with pytest.raises(BadToken):
        user_of(forged, SETTINGS)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": None}, "has no exp"),
        ({"exp": -31}, "has expired"),
        ({"exp": "soon"}, "not one of ours"),
        ({"exp": float("inf")}, "not one of ours"),
        ({"nbf": 90}, "not valid yet"),
        ({"iat": 90}, "not valid yet"),
        ({"aud": "another service"}, "not one of ours"),
    ],
)
def test_times_are_checked(claims: dict[str, Any], words: str) -> None:
    """Whole numbers are seconds from now on."""
    now = int(time.time())
    claims = {name: now + value if type(value) is int else value for name, value in claims.items()}
    with pytest.raises(BadToken, match=words):
        user_of(token(**claims), SETTINGS)


def test_clocks_may_differ_by_the_leeway_and_no_more() -> None:
    now = int(time.time())
    assert user_of(token(exp=now - 15, nbf=now + 15, iat=now + 15), SETTINGS) == "asha"
    strict = Settings(_env_file=None, jwt_secret=SECRET, jwt_leeway_seconds=0)
    with pytest.raises(BadToken):
        user_of(token(exp=now - 15), strict)
    with pytest.raises(ValidationError):
        Settings(_env_file=None, jwt_leeway_seconds=301)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_secret_is_refused(algorithm: str) -> None:
    with pytest.raises(BadToken):
        user_of(token(algorithm, secret=SECRET * 2), SETTINGS)
    with pytest.raises(BadToken):
        user_of(token(algorithm), SETTINGS)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "ES256", "", "HS256 "])
def test_a_token_that_names_no_signature_or_another_is_refused(algorithm: str) -> None:
    claims = {"sub": "asha", "exp": int(time.time()) + 60}
    for signature in ("", token().rsplit(".", 1)[1]):
        with pytest.raises(BadToken):
            user_of(by_hand({"alg": algorithm, "typ": "JWT"}, claims, signature), SETTINGS)


def test_a_token_of_another_secret_or_changed_afterwards_is_refused() -> None:
    with pytest.raises(BadToken):
        user_of(token(secret="another secret, which is long enough too"), SETTINGS)
    header, _, signature = token().split(".")
    payload = by_hand({}, {"sub": "ben", "exp": int(time.time()) + 60}).split(".")[1]
    with pytest.raises(BadToken):
        user_of(f"{header}.{payload}.{signature}", SETTINGS)


@pytest.mark.parametrize(
    "text", ["", " ", "x", "a.b", "a.b.c", "a.b.c.d", "é.é.é", "." * 5, "x" * 100_000, "e30.e30.e30", "\u0000"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        user_of(text, SETTINGS)


def test_a_payload_that_is_deep_or_no_object_is_refused() -> None:
    for payload in (b"[" * 5000, b'"asha"', b"[]", b"null", b'{"sub":"asha","exp":' + b"9" * 5000 + b"}"):
        with pytest.raises(BadToken):
            user_of(jwt.api_jws.encode(payload, SECRET, "HS256"), SETTINGS)


def test_a_token_for_ever_ends_with_the_calendar() -> None:
    assert signed_in(token(exp=10**15), SETTINGS).expires_at.year == 9999


def test_without_a_secret_nobody_is_let_in_and_a_short_one_is_refused() -> None:
    with pytest.raises(BadToken):
        user_of(token(), Settings(_env_file=None))
    with pytest.raises(ValidationError, match="HS256 needs 32"):
        Settings(_env_file=None, jwt_secret="short")
