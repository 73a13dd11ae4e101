"""What a page's text needs before PostgreSQL takes it: no NUL, no half of a surrogate pair, no number that is not one."""

from __future__ import annotations

import json
import math
from typing import Any

_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """The text with U+FFFD for each NUL and each half of a surrogate pair, which a page may hold and UTF-8 cannot."""
    if "\0" in text:
        text = text.replace("\0", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Through UTF-16 two halves that belong together become the character that they are.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def encode_text(text: str) -> bytes:
    """UTF-8 of `storable(text)`: what asyncpg sends for every text parameter."""
    if not isinstance(text, str):
        raise TypeError(f"a text is wanted, not {type(text).__name__}")
    return storable(text).encode()


def decode_text(data: bytes) -> str:
    return bytes(data).decode()


def encode_json(value: Any) -> str:
    """JSON that jsonb takes: texts and keys storable, NaN and the infinities null."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError:
        return json.dumps(_storable_value(value), ensure_ascii=False)
    return json.dumps(_storable_value(value), ensure_ascii=False) if "\\u0000" in text else text


def _storable_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _storable_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_value(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
