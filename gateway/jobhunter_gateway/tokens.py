"""Who signs in: a JWT signed with HS256 and our secret, whose `sub` is the user (RFC 7519, RFC 8725)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt

from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.settings import JWT_SECRET_BYTES, Settings

ALGORITHM = "HS256"
USER_ID_LIMIT = 256
TASK_USER_ID = re.compile(r"\S{1,128}")
"""What spec.userId takes: who has another id can look, and cannot apply."""
TOKEN_LIMIT = 8192
"""Characters of a token, at most: what is longer was not made here."""
_LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


class BadToken(JobHunterError):
    """The token says not who it is: broken, expired, not signed by us, or without a usable sub."""

    code = "bad-token"

    def __init__(self, what: str) -> None:
        super().__init__(what, remedy="Sign in again, with a token that is yours and not expired")


@dataclass(frozen=True)
class SignedIn:
    """What a good token says. taken_until: expires_at, and the difference of clocks that is borne with."""

    user_id: str
    expires_at: datetime
    taken_until: datetime


def signed_in(token: str, settings: Settings) -> SignedIn:
    """Who it is, and until when. Raises BadToken."""
    secret = settings.jwt_secret.get_secret_value()
    if len(secret.encode()) < JWT_SECRET_BYTES:
        raise BadToken("no token is accepted while the gateway has no secret to check it with")
    if not token or len(token) > TOKEN_LIMIT or not token.isascii():
        raise BadToken("the token is not a JWT")
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            leeway=settings.jwt_leeway_seconds,
            options={"require": ["exp", "sub"], "verify_exp": True, "verify_nbf": True, "verify_iat": True},
        )
    except jwt.ExpiredSignatureError as error:
        raise BadToken("the token has expired") from error
    except jwt.ImmatureSignatureError as error:
        raise BadToken("the token is not valid yet") from error
    except jwt.MissingRequiredClaimError as error:
        raise BadToken(f"the token has no {error.claim}") from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadToken("the token is not one of ours") from error
    user_id, expires = claims["sub"], int(claims["exp"])
    if not isinstance(user_id, str) or not 1 <= len(user_id) <= USER_ID_LIMIT or not user_id.isprintable():
        raise BadToken(f"the token's sub is not a text of 1 to {USER_ID_LIMIT} printable characters")
    if not user_id.strip():
        raise BadToken("the token's sub is blank")
    return SignedIn(user_id, _moment(expires), _moment(expires + settings.jwt_leeway_seconds))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(min(second, _LAST_SECOND), UTC)


def user_of(token: str, settings: Settings) -> str:
    """The user's id. Raises BadToken."""
    return signed_in(token, settings).user_id


def make_token(user_id: str, settings: Settings, *, hours: float = 12) -> str:
    """A token for `user_id`, good for so many hours from now."""
    now = int(time.time())
    claims = {"sub": user_id, "iat": now, "exp": now + int(hours * 3600)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
