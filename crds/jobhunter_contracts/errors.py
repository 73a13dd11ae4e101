"""The root of JobHunter's errors: each says what was wrong, where, and what to do, and carries a stable code."""

from __future__ import annotations


class JobHunterError(Exception):
    """what: what was wrong. where: the thing it was wrong in. remedy: what a person can do about it."""

    code = "error"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what.rstrip(".")
        self.where = where
        self.remedy = remedy.rstrip(".")
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}." if self.remedy else f"{text}."


class InvalidProfile(JobHunterError):
    """The profile, or a document it names, cannot be used."""

    code = "invalid-profile"


class ProfileMissing(JobHunterError):
    """There is no profile (yet) where one should be."""

    code = "profile-missing"


class InvalidUrl(JobHunterError):
    """A job's URL cannot be used."""

    code = "invalid-url"


class InvalidMessage(JobHunterError):
    """A message from another part does not have its contract's shape."""

    code = "invalid-message"


class EgressRefused(JobHunterError):
    """The egress guard does not let the browser go there."""

    code = "egress-refused"


class LeaseUnavailable(JobHunterError):
    """The submission lease cannot be read or written now, so nobody may press."""

    code = "lease-unavailable"


class LeaseHeld(JobHunterError):
    """Somebody pressed, or may have pressed, for this posting already."""

    code = "lease-held"


class NotFound(JobHunterError):
    """What was asked for is not there."""

    code = "not-found"


class Unavailable(JobHunterError):
    """A part that is needed does not answer; the same call may succeed later."""

    code = "unavailable"


class BadUpload(JobHunterError):
    """A chunk that does not fit what came before it, or a blob that is too large or not what its sha256 says."""

    code = "bad-upload"
