"""How a site of a kind answers a post: decided from the post and what came before it, without doing anything."""

from dataclasses import dataclass, field
from typing import Any

from careers_site.form import Received, problems
from careers_site.posting import Posting
from careers_site.record import Outcome


@dataclass(frozen=True)
class Verdict:
    status: int
    outcome: Outcome
    errors: dict[str, str] = field(default_factory=dict)  # by token


def verdict(posting: Posting, received: Received, csrf_ok: bool, earlier: list[dict[str, Any]]) -> Verdict:
    """earlier: the recorded posts of this kind and job, oldest first."""
    if posting.form is None:
        raise ValueError(f"a {posting.kind} site has no form to post")
    if not csrf_ok:
        return Verdict(403, "refused")
    if posting.kind == "flaky" and not any(post["answered"] == 500 for post in earlier):
        return Verdict(500, "error")
    errors = problems(posting.form.fields, received)
    phone = received.raw.get("tel", "")
    if posting.kind == "strict" and not earlier:
        errors.setdefault("tel", "Please check your phone number: we expect the international format.")
    if posting.kind == "strict-phone" and not phone.isdigit():
        errors.setdefault("tel", "Phone number must contain digits only: no spaces, dashes or plus sign.")
    if errors:
        return Verdict(posting.refusal_status, "refused", errors)
    return Verdict(303 if posting.confirmation_path else 200, "accepted")
