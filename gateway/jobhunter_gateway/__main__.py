"""python -m jobhunter_gateway serve | migrate | reseed | token USER [--hours N] | openapi FILE."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import nats.errors
from kubernetes.config import ConfigException
from pydantic import ValidationError

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import JobHunterError, Unavailable
from jobhunter_gateway.app import openapi_document
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.migrate import migrate
from jobhunter_gateway.reseed import Reseeded, run_reseed
from jobhunter_gateway.serving import serve
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import TASK_USER_ID, make_token

_NATS_SECONDS = 60.0
"""How long `reseed` waits for NATS."""


class WrongEnvironment(JobHunterError):
    """A variable that the command needs is not set."""

    code = "wrong-environment"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines() if settings.log_format == "json" else plain)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiohttp").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobhunter_gateway")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the gateway until SIGTERM")
    commands.add_parser("migrate", help="bring the database to this version")
    commands.add_parser("reseed", help="write the store's submission records into a bucket that lost them")
    token = commands.add_parser("token", help="print a token for a user")
    token.add_argument("user")
    token.add_argument("--hours", type=float, default=12.0, help="how long it is good for (12)")
    document = commands.add_parser("openapi", help="write the OpenAPI document")
    document.add_argument("file", type=Path)
    return parser.parse_args(given)


def _needed(settings: Settings, *names: str) -> None:
    """Raises WrongEnvironment where a secret is not set."""
    missing = [f"JOBHUNTER_GATEWAY_{name.upper()}" for name in names if not getattr(settings, name).get_secret_value()]
    if missing:
        raise WrongEnvironment(f"{', '.join(missing)} is not set", remedy="Set it, from a Secret")


async def _reseed(settings: Settings) -> Reseeded:
    link = NatsLink("gateway", settings, Metrics())
    try:
        await asyncio.wait_for(link.connect(), _NATS_SECONDS)
        return await run_reseed(settings.migration_database_url.get_secret_value(), link.js)
    except (nats.errors.Error, TimeoutError) as error:
        raise Unavailable(
            f"NATS does not take the records: {error or type(error).__name__}",
            where=settings.nats_url,
            remedy="See whether NATS runs and the operator made the bucket anew, then reseed again",
        ) from error
    finally:
        await link.close()


def _run(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.command == "openapi":
        text = json.dumps(openapi_document(), indent=2, ensure_ascii=False, sort_keys=False)
        arguments.file.write_text(f"{text}\n", "utf-8")
    elif arguments.command == "token":
        _needed(settings, "jwt_secret")
        if not 0 < arguments.hours <= 24 * 366:
            raise WrongEnvironment("--hours must be more than 0 and at most a year's")
        if not TASK_USER_ID.fullmatch(arguments.user):
            raise WrongEnvironment(
                "a user's id has 1 to 128 characters and no spaces: with another one nobody can apply"
            )
        sys.stdout.write(make_token(arguments.user, settings, hours=arguments.hours) + "\n")
    elif arguments.command == "migrate":
        _needed(settings, "migration_database_url")
        applied = asyncio.run(migrate(settings.migration_database_url.get_secret_value()))
        sys.stderr.write(f"applied: {', '.join(applied) or 'nothing, the database is of this version'}\n")
    elif arguments.command == "reseed":
        _needed(settings, "migration_database_url")
        sys.stderr.write(f"{asyncio.run(_reseed(settings))}\n")
    else:
        _needed(settings, "jwt_secret", "database_url")
        asyncio.run(serve(settings))


def main(given: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where the command failed, 2 where the environment or the arguments are wrong."""
    arguments = _arguments(given)
    try:
        settings = Settings()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        sys.stderr.write(f"the environment JOBHUNTER_GATEWAY_… is wrong: {faults}\n")
        return 2
    set_up_logs(settings)
    try:
        _run(arguments, settings)
    except WrongEnvironment as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (JobHunterError, ConfigException, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
