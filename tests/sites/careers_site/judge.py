"""Compares a post with what a person wanted to be sent: the list of differences, empty when all is well."""

import re
from typing import Any

from careers_site.form import Field, Form

Difference = dict[str, Any]


def differences(form: Form, post: dict[str, Any], expected: dict[str, Any]) -> list[Difference]:
    """Each difference as {"token", "label", "why", "expected", "received", "required"}; why is a word or two.

    expected maps tokens to values: text; true or false for consents; yes or no for questions about work (for
    visa-sponsorship: is it needed; whichever way round the site asks), or a map from ISO country to these; an ISO
    code or a name for a country; a sha256, or {"sha256", "filename", "size"} in part, for a file. Tokens that the form
    does not ask are passed over, and what was posted without being expected is a difference.
    """
    found: list[Difference] = []
    for question in form.fields:
        wanted = _for_country(expected.get(question.token), question)
        received = _received(question, post)
        why = _compare(question, wanted, received, post)
        if why:
            found.append(
                {
                    "token": question.token,
                    "label": question.label,
                    "why": why,
                    "expected": wanted,
                    "received": received,
                    "required": question.required,
                }
            )
    found += [{"token": token, "why": "repeated"} for token in post["repeated"]]
    found += [{"token": None, "why": "unknown", "received": {name: got}} for name, got in post["unknown"].items()]
    if post["honeypot_filled"]:
        found.append({"token": None, "why": "honeypot filled"})
    return found


def _for_country(wanted: Any, question: Field) -> Any:
    if isinstance(wanted, dict) and question.country and question.kind != "file":
        wanted = wanted.get(question.country)
    if isinstance(wanted, bool):
        return "yes" if wanted else "no"
    return wanted


def _received(question: Field, post: dict[str, Any]) -> Any:
    if question.kind == "file":
        return post["files"].get(question.token)
    return post["fields"].get(question.token, "")


def _compare(question: Field, wanted: Any, received: Any, post: dict[str, Any]) -> str:
    nothing = received in (None, "") or (question.kind == "checkbox" and received == "no")
    if wanted is None or wanted == "" or (question.kind == "checkbox" and wanted == "no"):
        return "" if nothing else "unexpected"
    if nothing:
        return "missing"
    if question.kind == "file":
        return "" if _same_file(wanted, received) else "different"
    meaning = post["meanings"].get(question.token, "")
    same = any(_same(question.token, str(wanted), said) for said in (meaning, "" if question.inverted else received))
    return "" if same else "different"


def _same_file(wanted: Any, received: dict[str, Any]) -> bool:
    if isinstance(wanted, str):
        wanted = {"sha256": wanted}
    return all(received.get(key) == value for key, value in wanted.items())


def _same(token: str, wanted: str, received: str) -> bool:
    if token == "tel":
        return _same_number(re.sub(r"\D", "", wanted), re.sub(r"\D", "", received))
    if token == "salary-expectation":
        return _amount(wanted) == _amount(received)
    if token == "years-of-experience":
        return wanted.strip() == received.strip().removesuffix(".0")
    wanted, received = _plain(wanted), _plain(received)
    if token.endswith("-url"):
        return _address(wanted) == _address(received)
    if token == "address-level2":
        return received == wanted or received.startswith(f"{wanted},")
    return wanted == received


def _same_number(wanted: str, received: str) -> bool:
    """Digits alike; the country's code (at most three digits) or a leading 0 may be left out."""
    short, long = sorted((wanted.removeprefix("00"), received.removeprefix("00").removeprefix("0")), key=len)
    return len(short) >= 7 and long.endswith(short) and len(long) - len(short) <= 3


def _amount(text: str) -> float | None:
    """The amount in a salary's words: 120000, 120,000 USD, 120k; None where there is none."""
    match = re.search(r"(\d[\d,. ]*)(k\b)?", text, re.IGNORECASE)
    if not match:
        return None
    digits = re.sub(r"[.,]0{1,2}$", "", match[1].strip())
    return float(re.sub(r"\D", "", digits)) * (1000 if match[2] else 1)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _address(text: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", text).rstrip("/")
