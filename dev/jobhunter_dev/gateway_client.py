"""The gateway as a person's program uses it: its API with a token, and a session's socket."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import DevError
from .installation import NAMESPACE
from .kubectl import Kubectl, wait_until

GATEWAY = "jobhunter-gateway"
PORT = 8080
SECONDS = 20


class Refused(DevError):
    """The gateway answered with a problem. status: of the answer; problem: its body."""

    code = "Refused"

    def __init__(self, call: str, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{call}: {status} {problem.get('detail') or problem}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class GatewayClient:
    """address: http://127.0.0.1:PORT, without a slash. token: a JWT, "" for none."""

    address: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What is answered: JSON as objects, anything else as bytes, None for nothing. Raises Refused.

        body: an object is sent as JSON, bytes as they are. Where nobody listens it is tried again, for 20 s at most.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with _opened(request) as answer:
                return _content(answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            problem = _content(error.headers.get_content_type(), error.read())
            known = problem if isinstance(problem, dict) else {"detail": str(problem)}
            raise Refused(f"{method} {path}", error.code, known) from error

    def upload(self, kind: str, filename: str, data: bytes) -> dict[str, Any]:
        """Adds a document; the gateway's description of it."""
        edge = uuid.uuid4().hex
        parts = (
            f'--{edge}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = parts.encode() + data + f"\r\n--{edge}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={edge}"
        return dict(self.call("POST", "/api/documents", body, Content_Type=content_type))

    def apply(self, url: str, **more: Any) -> str:
        """Starts an application; the session's id."""
        return str(self.call("POST", "/api/jobs/apply", {"url": url, **more})["session_id"])

    def resolve(self, session_id: str, hitl_id: str, response: str) -> None:
        """Answers a question or a draft. Raises Refused."""
        self.call("POST", "/api/hitl/resolve", {"hitl_id": hitl_id, "response": response, "session_id": session_id})

    def socket_url(self, session_id: str, after: str | None = None) -> str:
        """Address of a session's socket, the token in it."""
        query = {"token": self.token, **({"after": after} if after else {})}
        return f"{self.address.replace('http', 'ws', 1)}/ws/{session_id}?{urllib.parse.urlencode(query)}"


def _opened(request: urllib.request.Request) -> Any:
    """Its answer. A connection that is refused is tried again: nothing was sent yet, and a port-forward may be coming back."""

    def attempt() -> Any:
        try:
            return urllib.request.urlopen(request, timeout=SECONDS)
        except urllib.error.URLError as failed:
            if not isinstance(failed.reason, ConnectionRefusedError):
                raise
            return None

    return wait_until(f"A connection to {request.host}", attempt, seconds=SECONDS)


def _content(media_type: str, data: bytes) -> Any:
    if not data:
        return None
    return json.loads(data) if media_type.endswith("json") else data


def user_token(kubectl: Kubectl, user: str, hours: int = 12) -> str:
    """A token for `user`, made by the gateway itself."""
    return kubectl.run(
        *("exec", "-n", NAMESPACE, f"deploy/{GATEWAY}", "-c", "gateway", "--"),
        *("python", "-m", "jobhunter_gateway", "token", user, "--hours", str(hours)),
    ).strip()


@contextmanager
def reached(kubectl: Kubectl, user: str) -> Iterator[GatewayClient]:
    """The gateway through a port-forward on loopback, signed in as `user`, while the block runs."""
    token = user_token(kubectl, user)
    with kubectl.forwarded(NAMESPACE, f"svc/{GATEWAY}", PORT) as port:
        yield GatewayClient(f"http://127.0.0.1:{port}", token)
