"""What the operator is told by its environment; the chart writes these variables."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from jobhunter_contracts.egress import EgressRule, parse_egress
from jobhunter_operator.limits import Limits

Words = Annotated[list[str], NoDecode]


class Settings(BaseSettings):
    """Variables JOBHUNTER_OPERATOR_…; lists of words are comma separated, the rest of what is not plain is JSON."""

    model_config = SettingsConfigDict(env_prefix="JOBHUNTER_OPERATOR_", extra="ignore")

    session_namespaces: Words = ["jobhunter-sessions"]
    namespace: str = "jobhunter"
    reseed_cron_job: str = "jobhunter-reseed"  # never runs by itself: the chart brings it to make jobs of

    nats_url: str = "nats://jobhunter-nats:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    runner_nats_url: str = ""
    runner_nats_secret: str = "jobhunter-runner-nats"  # noqa: S105 - the name of a Secret
    nats_replicas: int = Field(default=1, ge=1, le=5)
    events_max_bytes: int = 256 * 1024 * 1024
    events_max_age_seconds: int = 7 * 86400
    hitl_max_bytes: int = 64 * 1024 * 1024
    hitl_max_age_seconds: int = 7 * 86400
    assignment_max_bytes: int = 16 * 1024 * 1024
    assignment_max_age_seconds: int = 7 * 86400
    submission_max_bytes: int = 256 * 1024 * 1024
    frames_max_bytes: int = Field(default=32 * 1024 * 1024, ge=1024 * 1024)

    runner_image: str
    browser_image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    image_pull_secrets: Words = []
    runner_resources: dict[str, dict[str, str]] = {
        "requests": {"cpu": "100m", "memory": "160Mi"},
        "limits": {"memory": "512Mi"},
    }
    browser_resources: dict[str, dict[str, str]] = {
        "requests": {"cpu": "300m", "memory": "320Mi"},
        "limits": {"memory": "2Gi"},
    }
    browser_seccomp_profile: str = ""
    egress_allow: Annotated[list[EgressRule], NoDecode] = []
    pause_scale: float = Field(default=1.0, ge=0)
    pod_runtime_class: str = ""
    pod_node_selector: dict[str, str] = {}
    pod_tolerations: list[dict[str, Any]] = []
    pod_termination_grace_seconds: int = Field(default=30, ge=0)
    node_lost_seconds: int = Field(default=60, ge=1)

    max_sessions: int = Field(default=20, ge=0)
    max_sessions_per_user: int = Field(default=3, ge=0)
    max_sessions_per_site: int | None = None
    pod_template_permit: Words = ["resources"]
    pod_template_maxima: dict[str, str] = {"cpu": "2", "memory": "4Gi"}
    evidence_limit_bytes: int = Field(default=700 * 1024, ge=10_000, le=1_000_000)
    test_holds: bool = False

    log_level: str = "INFO"
    runner_log_level: str = "INFO"
    log_format: Literal["plain", "json"] = "plain"
    http_port: int = 8080

    @field_validator("session_namespaces", "image_pull_secrets", "pod_template_permit", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _egress(cls, value: Any) -> Any:
        return parse_egress(value) if isinstance(value, str) else value

    @field_validator("max_sessions_per_site", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _runner_url(self) -> Settings:
        self.runner_nats_url = self.runner_nats_url or self.nats_url
        if not self.session_namespaces:
            raise ValueError("JOBHUNTER_OPERATOR_SESSION_NAMESPACES names no namespace")
        return self

    @property
    def egress_json(self) -> str:
        """The egress rules as the runner reads them."""
        return json.dumps([rule.model_dump(exclude_none=True) for rule in self.egress_allow])

    @property
    def limits(self) -> Limits:
        """What `decide` needs of these settings."""
        return Limits(
            max_sessions=self.max_sessions,
            max_sessions_per_user=self.max_sessions_per_user,
            max_sessions_per_site=self.max_sessions_per_site,
            pod_template_permit=frozenset(self.pod_template_permit),
            pod_template_maxima=dict(self.pod_template_maxima),
            egress_allow=tuple(self.egress_allow),
            test_holds=self.test_holds,
        )
