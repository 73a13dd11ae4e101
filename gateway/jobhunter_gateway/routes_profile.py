"""The profile: read and put, as JSON or YAML, guarded by its revision (ETag, If-Match)."""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from jobhunter_contracts.errors import InvalidProfile
from jobhunter_contracts.profile import Profile, parse_profile, profile_faults, profile_from
from jobhunter_gateway import profiles
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.profile_exists import tell_profile_changed
from jobhunter_gateway.profiles import RevisionConflict, StoredProfile
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.task_views import Moment

router = APIRouter(prefix="/api/profile", tags=["profile"])
PROFILE_LIMIT = 256 * 1024
"""Bytes of a profile, at most: people's have a few thousand."""
YAML_LIMIT = 64 * 1024
"""Bytes of a profile in YAML, at most: a kilobyte of brackets and commas takes PyYAML some ten milliseconds."""
NUMBER_BITS = 1024
"""Of an integer, at most: 0xfff… and 1:59:59… can be longer than JSON's writers and readers take."""
YAML = "application/yaml"
_YAMLS = frozenset({YAML, "application/x-yaml", "text/yaml", "text/x-yaml"})
_one_yaml = asyncio.Semaphore(1)
"""PyYAML works in Python: several at once would only take the interpreter from everybody else."""
_ETAG = re.compile(r'"([0-9]{1,9})"')


class ProfileView(BaseModel):
    """profile: JSON Resume with the block `application`. revision: 1 at first, one more with each change."""

    profile: dict[str, Any]
    revision: int
    updated_at: Moment


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["profile"],
                    "properties": {"profile": {"$ref": "#/components/schemas/Profile"}},
                    "additionalProperties": False,
                }
            },
            YAML: {"schema": {"type": "string", "description": "The profile itself, as in profile.yaml."}},
        },
    },
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": 'The ETag that was read, such as "3": 412 where the profile is another by now.',
        }
    ],
}
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}


@router.get("", response_model=ProfileView, responses=_ANSWERS)
async def get_profile(request: Request, user: User, parts: PartsOf) -> Response:
    """Your profile; with Accept: application/yaml as the text of a profile.yaml. 404 where you have none yet."""
    async with parts.store.user(user) as connection:
        stored = await profiles.get(connection)
    if stored is None:
        raise Problem("profile-missing", "you have no profile yet", remedy="Put one to /api/profile")
    return await _answer(stored, as_yaml=_wants_yaml(request))


@router.put("", response_model=ProfileView, responses=_ANSWERS, openapi_extra=_BODY)
async def put_profile(request: Request, user: User, parts: PartsOf) -> Response:
    """Puts your profile in the place of the one before. Unknown keys inside `application` are refused by name."""
    expected = await _expected(request.headers.get("if-match"), user, parts)
    profile = await _read(request)
    document = _document(profile)
    async with parts.store.user(user) as connection:
        stored = await profiles.put(connection, user, document, expected)
    await tell_profile_changed(parts.link, user)
    await parts.memory.forget(user)
    return await _answer(stored, as_yaml=_wants_yaml(request))


def _document(profile: Profile) -> dict[str, Any]:
    """The profile as it is kept. exclude_unset: what was not said stays unsaid. Raises Problem invalid-profile."""
    try:
        if _unwritable(profile.model_dump(exclude_unset=True)):
            raise ValueError("a number that is none, or has no end")
        return profile.model_dump(mode="json", exclude_unset=True)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise _invalid(
            [
                (
                    "profile",
                    "holds a value that JSON cannot hold, such as bytes, infinity or a number of a thousand digits",
                )
            ]
        ) from error


def _unwritable(value: Any) -> bool:
    """Whether NaN, an infinity or far too long a number is in it, as a value or as a key."""
    if isinstance(value, dict):
        return any(_unwritable(inner) for item in value.items() for inner in item)
    if isinstance(value, list | tuple | set):
        return any(_unwritable(inner) for inner in value)
    if isinstance(value, int):
        return value.bit_length() > NUMBER_BITS
    return isinstance(value, float) and not math.isfinite(value)


async def _expected(if_match: str | None, user: str, parts: Parts) -> int | None:
    """The revision that If-Match demands; None where it demands none. Raises RevisionConflict, Problem."""
    if if_match is None:
        return None
    async with parts.store.user(user) as connection:
        stored = await profiles.get(connection)
    found = stored.revision if stored else 0
    if if_match.strip() == "*":
        if stored is None:
            raise RevisionConflict(0)
        return None
    allowed = {int(match.group(1)) for part in if_match.split(",") if (match := _ETAG.fullmatch(part.strip()))}
    if found not in allowed:
        raise RevisionConflict(found)
    return found


async def _read(request: Request) -> Profile:
    """The profile in the body. Raises Problem (too-large, unsupported-media-type, invalid-profile)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = await request.body()
    limit = YAML_LIMIT if media_type in _YAMLS else PROFILE_LIMIT
    if len(data) > limit:
        raise Problem("too-large", f"a profile may have {limit} bytes at most in this format")
    try:
        if media_type in _YAMLS:
            async with _one_yaml:
                return await asyncio.to_thread(parse_profile, data, where="profile")
        if media_type == "application/json":
            return profile_from(_profile_in(data), where="profile")
    except InvalidProfile as error:
        raise _invalid(profile_faults(error)) from error
    raise Problem("unsupported-media-type", "the profile is neither application/json nor application/yaml")


def _profile_in(data: bytes) -> Any:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _invalid([("body", f"not JSON: {error}")]) from error
    if not isinstance(body, dict) or set(body) != {"profile"}:
        raise _invalid([("body", 'must be an object with the one key "profile"')])
    return body["profile"]


def _invalid(faults: list[tuple[str, str]]) -> Problem:
    words = "; ".join(f"{path}: {message}" if path else message for path, message in faults)
    errors = [{"path": path, "message": message} for path, message in faults]
    return Problem("invalid-profile", words, remedy="Mend these keys", members={"errors": errors})


def _wants_yaml(request: Request) -> bool:
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return any(media_type in _YAMLS for media_type in accepted)


async def _answer(stored: StoredProfile, *, as_yaml: bool) -> Response:
    headers = {"ETag": f'"{stored.revision}"', "Vary": "Accept"}
    if as_yaml:
        async with _one_yaml:
            text = await asyncio.to_thread(_yaml_of, stored.profile)
        return Response(text, media_type=f"{YAML}; charset=utf-8", headers=headers)
    view = ProfileView(profile=stored.profile, revision=stored.revision, updated_at=stored.updated_at)
    return Response(view.model_dump_json(), media_type="application/json", headers=headers)


def _yaml_of(profile: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True)
    return text
