"""What the gateway is told by its environment; the chart writes these variables."""

from __future__ import annotations

from typing import Annotated, Literal

from limits import parse
from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

JWT_SECRET_BYTES = 32
"""What an HS256 secret must have at least: the length of the hash (RFC 7518, 3.2)."""


def _rate(text: str) -> str:
    parse(text)  # raises ValueError, which pydantic says
    return text


Rate = Annotated[str, AfterValidator(_rate)]
"""Such as 120/minute or 20/second (the notation of the library limits)."""


class Settings(BaseSettings):
    """Variables JOBHUNTER_GATEWAY_…."""

    model_config = SettingsConfigDict(env_prefix="JOBHUNTER_GATEWAY_", extra="ignore")

    namespace: str = "jobhunter-sessions"  # where people's tasks live

    nats_url: str = "nats://jobhunter-nats:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")

    database_url: SecretStr = SecretStr("")  # of a role without BYPASSRLS
    migration_database_url: SecretStr = SecretStr("")  # of the owner of the tables; `migrate` alone reads it
    database_pool_size: int = Field(default=10, ge=1, le=100)

    jwt_secret: SecretStr = SecretStr("")
    jwt_leeway_seconds: int = Field(default=30, ge=0, le=300)

    qdrant_url: str = ""  # empty: embedded
    qdrant_api_key: SecretStr = SecretStr("")

    http_host: str = "0.0.0.0"  # noqa: S104 - kubelet, Ingress and port-forward come from other addresses
    http_port: int = Field(default=8080, ge=0, le=65535)
    metrics_port: int = Field(default=9090, ge=0, le=65535)
    forwarded_allow_ips: str = ""  # proxies whose X-Forwarded-For is believed, comma separated; empty: none
    shutdown_seconds: int = Field(default=20, ge=1, le=600)

    request_limit_bytes: int = Field(default=1024 * 1024, ge=1024)
    document_limit_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    rate_requests: Rate = "600/minute"  # of one user, all requests
    rate_writes: Rate = "30/minute"  # of one user, what changes something
    rate_socket_messages: Rate = "20/second"  # of one user, over all sockets
    rate_socket_opens: Rate = "300/minute"  # of one user, sockets opened
    rate_before_sign_in: Rate = "60/minute"  # of one client address, requests without a good token

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        length = len(value.get_secret_value().encode())
        if length and length < JWT_SECRET_BYTES:
            raise ValueError(f"the secret has {length} bytes; HS256 needs {JWT_SECRET_BYTES} or more")
        return value
