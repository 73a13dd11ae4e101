"""The base of all messages: camelCase or snake_case as the contract says, unknown keys refused or kept as stated."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticSerializationError

from jobhunter_contracts.errors import InvalidMessage


class Message(BaseModel):
    """A JSON message between parts. Unknown keys are ignored, so that a newer sender can talk to an older receiver."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    def to_json(self) -> bytes:
        """UTF-8 JSON, keys that are None left out; half a surrogate pair (a page's text may hold one) becomes "?"."""
        try:
            return self.model_dump_json(exclude_none=True, by_alias=True).encode()
        except PydanticSerializationError:
            plain = self.model_dump(mode="json", exclude_none=True, by_alias=True)
            return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Raises InvalidMessage with the first fault's place where `data` does not have this shape."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the message"
            raise InvalidMessage(f"{place}: {first['msg']}", where=cls.__name__) from error


class Resource(BaseModel):
    """A part of a custom resource: camelCase on the wire, snake_case in Python."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


def rfc3339(moment: datetime, *, milliseconds: bool = False) -> str:
    """UTC time as the API writes it: 2026-01-31T09:30:00Z, or with .123 before the Z."""
    moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds" if milliseconds else "seconds").replace("+00:00", "Z")
