"""Sign-in before anything else: a request to /api/ or /agent/ without a good token goes no further than here.

Rates are counted here too: a person's by their id, what comes without a good token by its address. A good token is never
held back for its address, which people behind one proxy share.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import problem_of
from jobhunter_gateway.rates import Rate, Rates
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import BadToken, SignedIn, signed_in

GUARDED = ("/api/", "/agent/")
"""Beginnings of the addresses that need a token in the header Authorization."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATE_KEY = "jobhunter.signed-in"


class SignIn:
    """The middleware: 401 or 429 before the body is read."""

    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates) -> None:
        self._app = app
        self._settings = settings
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        try:
            scope[_STATE_KEY] = self._who(scope)
        except JobHunterError as error:
            await problem_of(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _who(self, scope: Scope) -> SignedIn:
        try:
            who = signed_in(_bearer(scope), self._settings)
        except BadToken:
            client: tuple[str, int] = scope.get("client") or ("unknown", 0)
            self._rates.check(Rate.BEFORE_SIGN_IN, client[0])
            raise
        self._rates.check(Rate.REQUESTS, who.user_id)
        if scope["method"] not in _READS:
            self._rates.check(Rate.WRITES, who.user_id)
        return who


def _bearer(scope: Scope) -> str:
    """The token in the header Authorization. Raises BadToken."""
    given: list[bytes] = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given:
        raise BadToken("there is no token")
    scheme, _, token = given[0].decode("latin-1").partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise BadToken("the header Authorization is not one Bearer token")
    return token.strip()


_scheme = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A JWT signed with HS256; sub is the user.")


def _signed_in(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]) -> SignedIn:
    who: SignedIn = request.scope[_STATE_KEY]
    return who


def _user(who: Annotated[SignedIn, Depends(_signed_in)]) -> str:
    return who.user_id


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


SignedInUser = Annotated[SignedIn, Depends(_signed_in)]
"""Who asks, and until when the token is good."""
User = Annotated[str, Depends(_user)]
"""The id of the user who asks."""
PartsOf = Annotated[Parts, Depends(_parts)]
"""The gateway's parts."""
