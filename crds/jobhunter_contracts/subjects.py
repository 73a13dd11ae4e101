"""NATS: every subject, stream, bucket, header and limit, written down once."""

from __future__ import annotations

from enum import StrEnum

from jobhunter_contracts.events import LIFECYCLE, EventType

EVENT_STREAM = "JOBHUNTER_EVENTS"
EVENT_STREAM_SUBJECTS = ["jobhunter.task.*.event.>"]
OPERATOR_CONSUMER = "operator"
OPERATOR_FILTER_SUBJECTS = [f"jobhunter.task.*.event.{kind}" for kind in LIFECYCLE]
OPERATOR_QUEUE = "operator"
GATEWAY_CONSUMER = "gateway"  # durable, all events: what the projector writes to the store
GATEWAY_QUEUE = "gateway"

FRAME_STREAM = "JOBHUNTER_FRAMES"  # in memory: the last frame of each task, for who joins late
FRAME_STREAM_SUBJECTS = ["jobhunter.task.*.frame"]
WATCH_SECONDS = 2.0
"""How often a gateway says that somebody watches a task."""
WATCH_EXPIRES_SECONDS = 6.0
"""How long a runner goes on with frames after the last word that somebody watches."""

PROFILE_EXISTS_SUBJECT = "jobhunter.profile.exists"  # the operator asks the gateway, at admission
PROFILE_CHANGED_SUBJECT = "jobhunter.profile.changed"  # the gateway tells: a user put a profile (asks.ProfileChanged)
SETTLE_SUBJECT = "jobhunter.submission.settle"  # the gateway asks the operator, for a task that is gone

HITL_BUCKET = "hitl"
ASSIGNMENT_BUCKET = "assignment"
SUBMISSION_BUCKET = "submission"

BLOB_CHUNK = 256 * 1024
"""Bytes in one blob message, at most."""
BLOB_LIMIT = 8 * 1024 * 1024
"""Bytes in one blob, at most."""

HEADER_POD = "Jobhunter-Pod"  # uid of the asking pod
HEADER_OPERATION = "Jobhunter-Operation"  # get or put
HEADER_BLOB = "Jobhunter-Blob"  # name of the blob
HEADER_OFFSET = "Jobhunter-Offset"  # of this chunk, in bytes
HEADER_SIZE = "Jobhunter-Size"  # of the whole blob, in bytes
HEADER_SHA256 = "Jobhunter-Sha256"  # of the whole blob, hex
HEADER_AT = "Jobhunter-At"  # of a frame: when it was taken, RFC 3339 with milliseconds
HEADER_WIDTH = "Jobhunter-Width"  # of a frame, in CSS pixels
HEADER_HEIGHT = "Jobhunter-Height"
HEADER_PAGE_URL = "Jobhunter-Page-Url"  # of the page in a frame, percent-encoded, as the title is
HEADER_PAGE_TITLE = "Jobhunter-Page-Title"
HEADER_ERROR = "Jobhunter-Error"  # code of an error; the payload is an asks.Refusal


class Owner(StrEnum):
    """Who keeps a task's profile and blobs; it answers the task's requests."""

    OPERATOR = "operator"
    GATEWAY = "gateway"


class Ask(StrEnum):
    """What a runner can ask for."""

    PROFILE = "profile"
    CONTEXT = "context"
    SITE = "site"
    ANSWER = "answer"
    SESSION = "session"
    BLOB = "blob"


def event_subject(task_uid: str, kind: EventType) -> str:
    """Where an event of that type is published."""
    return f"jobhunter.task.{task_uid}.event.{kind}"


def ask_subject(task_uid: str, owner: Owner, what: Ask) -> str:
    """Where a runner sends a request about its task."""
    return f"jobhunter.task.{task_uid}.ask.{owner}.{what}"


def ask_subjects(owner: Owner, what: Ask) -> str:
    """What an owner subscribes to for requests of that kind, of every task."""
    return f"jobhunter.task.*.ask.{owner}.{what}"


def frame_subject(task_uid: str) -> str:
    """Where a runner sends live frames (JPEG bytes, the HEADERs above) while somebody watches."""
    return f"jobhunter.task.{task_uid}.frame"


def watch_subject(task_uid: str) -> str:
    """Where gateways say, every WATCH_SECONDS, that somebody watches; the message is empty."""
    return f"jobhunter.task.{task_uid}.watch"


def kept_subject(task_uid: str) -> str:
    """Where the gateway asks the operator for a blob that it keeps; headers and replies as of ask.blob's get."""
    return f"jobhunter.task.{task_uid}.kept"


def task_uid_of(subject: str) -> str:
    """The task that a subject of ours speaks of."""
    return subject.split(".")[2]


def hitl_key(task_uid: str, hitl_id: str) -> str:
    """Key of a question in the hitl bucket."""
    return f"{task_uid}.{hitl_id}"


def inbox_prefix(client: str) -> str:
    """Prefix of the subjects on which a client gets its replies, which no other's credential may subscribe to.

    client: a pod's UID, "operator" or "gateway".
    """
    return f"_INBOX.{client}"
