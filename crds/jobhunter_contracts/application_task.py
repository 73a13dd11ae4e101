"""ApplicationTask, jobhunter.dev/v1alpha1: one application for one job, on behalf of one person.

The types here are the single source: `crd` writes the CustomResourceDefinition from them. Field descriptions are what
`kubectl explain` prints; `x-kubernetes-validations` are CEL rules that the API server holds.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from jobhunter_contracts.conditions import ConditionType, Phase
from jobhunter_contracts.names import API_VERSION, KIND
from jobhunter_contracts.wire import Resource


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules of a schema node: (expression, the sentence that the API server answers with)."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


class Review(StrEnum):
    """Whether a person sees the draft before it is sent."""

    REQUIRED = "Required"
    SKIP = "Skip"


class Settlement(StrEnum):
    """A person's word on a submission whose outcome could not be seen."""

    SENT = "sent"
    NOT_SENT = "notSent"


class ProfileReference(Resource):
    """A Secret beside the task with the key profile.yaml and the documents it names, 1 MiB in all."""

    name: str = Field(min_length=1, max_length=253, description="Name of a Secret in the task's namespace.")


class SecretKeyReference(Resource):
    """One key of a Secret beside the task."""

    name: str = Field(min_length=1, max_length=253, description="Name of a Secret in the task's namespace.")
    key: str = Field(min_length=1, max_length=253, description="Key in that Secret whose value is the answer.")


class Response(Resource):
    """An answer to one of the task's open questions (status.pendingInputs)."""

    model_config = Resource.model_config | {
        "json_schema_extra": rules(
            ("has(self.value) != has(self.secretKeyRef)", "give exactly one of value and secretKeyRef"),
        )
    }

    id: str = Field(min_length=1, max_length=64, description="Id of the question, from status.pendingInputs.")
    value: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="The answer in clear. For a draft: confirm, reject, or a change in words. Not for secrets.",
    )
    secret_key_ref: SecretKeyReference | None = Field(
        default=None, description="Where the answer lies. The only way to answer a question of kind secret."
    )


class Toleration(Resource):
    """A toleration of the task's pod, as core/v1 has it."""

    key: str | None = Field(default=None, max_length=317, description="Taint key; empty matches every key.")
    operator: str | None = Field(default=None, max_length=16, description="Exists or Equal (the default).")
    value: str | None = Field(default=None, max_length=63, description="Taint value for Equal.")
    effect: str | None = Field(default=None, max_length=32, description="NoSchedule, PreferNoSchedule or NoExecute.")
    toleration_seconds: int | None = Field(
        default=None, description="How long a NoExecute taint is tolerated, seconds."
    )


Quantity = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^[0-9]+(\.[0-9]+)?(m|k|[MGTPE]|[KMGTPE]i)?$",
        description="A Kubernetes quantity, such as 500m or 1Gi.",
    ),
]


class Resources(Resource):
    """Requests and limits of the browser container."""

    requests: dict[str, Quantity] | None = Field(default=None, description="Of cpu and memory.", max_length=8)
    limits: dict[str, Quantity] | None = Field(default=None, description="Of cpu and memory.", max_length=8)


class PodTemplate(Resource):
    """Overrides of the task's pod, as far as whoever runs the cluster permits (the chart's sessions.podTemplate.permit)."""

    resources: Resources | None = Field(default=None, description="Requests and limits of the browser container.")
    node_selector: dict[str, str] | None = Field(default=None, description="Labels a node must have.", max_length=16)
    tolerations: list[Toleration] | None = Field(default=None, max_length=16, description="Taints tolerated.")
    priority_class_name: str | None = Field(default=None, max_length=253, description="PriorityClass of the pod.")
    runtime_class_name: str | None = Field(default=None, max_length=253, description="RuntimeClass of the pod.")


class ApplicationTaskSpec(Resource):
    """What is wanted. What identifies the application (user, job, profile) cannot be changed later."""

    model_config = Resource.model_config | {
        "json_schema_extra": rules(
            ("has(self.url) != has(self.prompt)", "give exactly one of url and prompt"),
            (
                "!has(self.prompt)",
                "prompt is not served by this version, which applies to one job at a time: give its address as url",
            ),
            (
                "has(self.url) == has(oldSelf.url) && (!has(self.url) || self.url == oldSelf.url)",
                "url cannot be changed: create a new task for another job",
            ),
            (
                "has(self.prompt) == has(oldSelf.prompt) && (!has(self.prompt) || self.prompt == oldSelf.prompt)",
                "prompt cannot be changed: create a new task for another wish",
            ),
            (
                "has(self.profileRef) == has(oldSelf.profileRef)"
                " && (!has(self.profileRef) || self.profileRef.name == oldSelf.profileRef.name)",
                "profileRef cannot be changed: create a new task, or change the Secret it names",
            ),
            (
                "self.softDeadlineSeconds <= self.activeDeadlineSeconds",
                "softDeadlineSeconds must not be greater than activeDeadlineSeconds",
            ),
            ("!oldSelf.cancel || self.cancel", "cancel cannot be taken back: create a new task"),
            (
                "!has(oldSelf.settle) || (has(self.settle) && self.settle == oldSelf.settle)",
                "settle cannot be changed once it is said",
            ),
        )
    }

    user_id: str = Field(
        min_length=1,
        max_length=128,
        pattern=r"^[^\p{Z}\p{Cc}]+$",  # \s is ASCII's to the API server (Go), Unicode's to pydantic; these are one to both
        description="The person on whose behalf the application is made.",
        json_schema_extra=rules(("self == oldSelf", "userId cannot be changed: create a new task")),
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="Address of the job's posting, http or https. Exactly one of url and prompt.",
        json_schema_extra=rules(
            (
                "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''",
                "url must be an http or https address with a host, such as https://careers.example.com/jobs/12345",
            ),
            ("!self.matches('^[a-zA-Z]+://[^/?#]*@')", "url must not carry a user name or password"),
        ),
    )
    prompt: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="A wish in words. Exactly one of url and prompt. Not served by this version.",
    )
    review: Review = Field(
        default=Review.REQUIRED,
        description="Required: a person confirms the draft before it is sent."
        " Skip: it is sent as soon as it reads back right. Cannot be changed.",
        json_schema_extra=rules(
            ("self == oldSelf", "review cannot be changed: set cancel to stop the task, and create a new one"),
        ),
    )
    profile_ref: ProfileReference | None = Field(
        default=None,
        description="Secret with profile.yaml and documents. Without it the user's profile in the store is used.",
    )
    responses: list[Response] | None = Field(
        default=None,
        max_length=64,
        description="Answers to open questions, for people who only have kubectl.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"]},
    )
    settle: Settlement | None = Field(
        default=None, description="Your word on a task that ended SubmissionUnconfirmed: sent or notSent."
    )
    cancel: bool = Field(default=False, description="End the task, keep its record. Cannot be taken back.")
    priority: int = Field(default=0, ge=-1000, le=1000, description="Higher is admitted first where tasks queue.")
    suspend: bool = Field(default=False, description="Do not admit the task; a browser that runs already is stopped.")
    backoff_limit: int = Field(default=1, ge=0, le=10, description="How many times a failed browser pod is replaced.")
    active_deadline_seconds: int = Field(
        default=900,
        ge=10,
        le=86400,
        description="Seconds from first admission, over all attempts, until the task is ended."
        " Time in which a person is waited for does not count.",
    )
    soft_deadline_seconds: int = Field(
        default=600,
        ge=5,
        le=86400,
        description="Seconds, counted in the same way, after which the browser winds up and hands over to the person.",
    )
    question_timeout_seconds: int = Field(
        default=120, ge=5, le=604800, description="Seconds a question waits for its answer."
    )
    review_timeout_seconds: int = Field(
        default=300, ge=5, le=604800, description="Seconds a draft waits to be confirmed."
    )
    ttl_seconds_after_finished: int | None = Field(
        default=None,
        ge=0,
        le=31536000,
        description="Seconds after its end at which the task is deleted. Never, if absent."
        " One that ended SubmissionUnconfirmed stays until it is settled.",
    )
    allow_duplicate: bool = Field(
        default=False,
        description="Apply though this user applied for the same posting already.",
        json_schema_extra=rules(("self == oldSelf", "allowDuplicate cannot be changed: create a new task")),
    )
    pod_template: PodTemplate | None = Field(
        default=None, description="Overrides of the pod, as far as whoever runs the cluster permits them."
    )


class Condition(Resource):
    """metav1.Condition."""

    type: ConditionType = Field(max_length=316, description="What is the case when status is True.")
    status: str = Field(pattern="^(True|False|Unknown)$", description="True, False or Unknown.")
    reason: str = Field(max_length=1024, description="One word for programs.")
    message: str = Field(default="", max_length=32768, description="A sentence for people.")
    last_transition_time: datetime = Field(description="When status last changed.")
    observed_generation: int | None = Field(default=None, description="Generation of the spec that this speaks of.")


class PendingInput(Resource):
    """A question that waits for a person."""

    id: str = Field(max_length=64, description="What an answer names it by.")
    kind: str = Field(max_length=16, description="text, choice, secret, manual, or review for a draft.")
    reason: str = Field(
        default="Question", max_length=32, description="Question, DraftReview, Captcha, Login or TwoFactor."
    )
    question: str = Field(max_length=2048, description="The question in words.")
    options: list[str] | None = Field(default=None, max_length=300, description="What can be chosen, for kind choice.")
    required: bool = Field(default=True, description="Without an answer the application cannot be sent.")
    deadline: datetime | None = Field(default=None, description="When it stops waiting.")
    asked_at: datetime | None = Field(default=None, description="When it was asked.")


class ResponseState(StrEnum):
    """What became of an answer given in spec.responses."""

    ACCEPTED = "accepted"
    LATE = "late"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class ResponseStatus(Resource):
    """What became of one entry of spec.responses."""

    id: str = Field(max_length=64, description="Id of the question.")
    state: ResponseState = Field(description="accepted, late, unknown (no such question) or refused.")
    message: str = Field(default="", max_length=1024, description="Why, in a sentence.")


class Evidence(Resource):
    """Where something that proves the outcome is kept."""

    name: str = Field(max_length=253, description="What it is, such as draft or confirmation.")
    secret: str = Field(max_length=253, description="Name of the Secret that keeps it.")
    key: str = Field(max_length=253, description="Key in that Secret.")


class Result(Resource):
    """What was done, in numbers and references."""

    outcome: str | None = Field(default=None, max_length=64, description="submitted, not-sent, or why not.")
    ats: str | None = Field(default=None, max_length=64, description="The applicant tracking system, where recognised.")
    confirmation: str | None = Field(default=None, max_length=1024, description="The site's own words.")
    canonical_url: str | None = Field(default=None, max_length=2048, description="The posting's own address.")
    fields_filled: int | None = Field(default=None, description="How many fields were set.")
    llm_calls: int | None = Field(default=None, description="How many calls of language models were made.")
    tokens: int | None = Field(default=None, description="How many tokens they took.")
    seconds_by_stage: dict[str, float] | None = Field(
        default=None, description="Seconds spent in each stage.", max_length=32
    )
    evidence: list[Evidence] | None = Field(default=None, max_length=16, description="Where pictures are kept.")


class ApplicationTaskStatus(Resource):
    """What is the case. Written by the operator alone; never a secret, a picture, or more than a page of text."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec that was acted on last.")
    conditions: list[Condition] | None = Field(
        default=None,
        max_length=16,
        description="Admitted, PodScheduled, BrowserReady, WaitingForInput, Succeeded.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    phase: Phase | None = Field(default=None, description="A word for people, derived from the conditions.")
    reason: str | None = Field(default=None, max_length=64, description="Why it waits, or how it ended.")
    site: str | None = Field(default=None, max_length=253, description="Host of the job's site.")
    attempts: int | None = Field(default=None, description="How many browser pods were started for it.")
    failed: int | None = Field(default=None, description="How many of them failed; counts against backoffLimit.")
    pod_name: str | None = Field(default=None, max_length=253, description="The browser pod of the present attempt.")
    pod_uid: str | None = Field(default=None, max_length=64, description="Its uid, once it is bound.")
    start_time: datetime | None = Field(default=None, description="First admission.")
    completion_time: datetime | None = Field(default=None, description="When Succeeded became True or False.")
    waited_seconds: int | None = Field(default=None, description="Seconds in which a person was waited for.")
    pending_inputs: list[PendingInput] | None = Field(
        default=None, max_length=64, description="Questions that are open."
    )
    responses: list[ResponseStatus] | None = Field(
        default=None, max_length=64, description="What became of the answers in spec.responses."
    )
    result: Result | None = Field(default=None, description="What was done.")


class ApplicationTask(Resource):
    """One application for one job, on behalf of one person, made by a browser pod of its own.

    `metadata` is kept as the API server gives it.
    """

    api_version: str = API_VERSION
    kind: str = KIND
    metadata: dict[str, Any]
    spec: ApplicationTaskSpec
    status: ApplicationTaskStatus = Field(default_factory=ApplicationTaskStatus)

    @property
    def name(self) -> str:
        return str(self.metadata["name"])

    @property
    def namespace(self) -> str:
        return str(self.metadata["namespace"])

    @property
    def uid(self) -> str:
        return str(self.metadata["uid"])

    @property
    def resource_version(self) -> str:
        return str(self.metadata.get("resourceVersion", ""))

    @property
    def generation(self) -> int:
        return int(self.metadata.get("generation", 1))

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of that type, if it was ever set."""
        return next((c for c in self.status.conditions or [] if c.type == kind), None)
