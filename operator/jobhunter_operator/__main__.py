"""python -m jobhunter_operator: runs until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime

from pydantic import ValidationError

from jobhunter_contracts.errors import JobHunterError
from jobhunter_operator.operator import run_operator
from jobhunter_operator.settings import Settings


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


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)  # kopf, once it runs, takes both over and ends by them
    await run_operator(settings, stop)


def main() -> int:
    try:
        settings = Settings()
    except (ValidationError, JobHunterError) as error:
        sys.stderr.write(f"the environment JOBHUNTER_OPERATOR_… is wrong: {error}\n")
        return 2
    set_up_logs(settings)
    asyncio.run(_main(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
