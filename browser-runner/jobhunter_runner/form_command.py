"""`python -m jobhunter_runner form PAGE...`: what the runner sees on pages and would put into them, without touching them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Route
from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.errors import JobHunterError
from jobhunter_contracts.profile import parse_profile
from jobhunter_contracts.vocabulary import VOCABULARY
from jobhunter_runner.application_form import application_form
from jobhunter_runner.browser import first_line, local_browser
from jobhunter_runner.egress_guard import EgressGuard, by_hand_option, egress_guard
from jobhunter_runner.facts import NO_FACTS, Facts, FileRef, facts_from_profile
from jobhunter_runner.fill_plan import Entry, plan
from jobhunter_runner.form import Field, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.meaning import Meaning
from jobhunter_runner.navigation import goto
from jobhunter_runner.recognise import recognise_form
from jobhunter_runner.terminal_text import printable

SETTLE_SECONDS = 1.5  # a form may be drawn by script; many pages are looked at, and none is touched


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The `form` command's arguments."""
    parser = subparsers.add_parser("form", help="show what is seen on pages and would be filled", description=__doc__)
    _arguments(parser)
    return parser


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pages", nargs="+", metavar="PAGE", help="a URL (http, https, file) or a file's path")
    parser.add_argument("--json", action="store_true", help="one JSON object a page, a line each")
    parser.add_argument("--profile", type=Path, help="profile.yaml whose values would be filled")
    by_hand_option(parser)


def run(args: argparse.Namespace) -> int:
    """0 where every page was read, 1 where one could not be, 2 where what was given is wrong or there is no Chromium."""
    facts = NO_FACTS
    if args.profile:
        try:
            facts = facts_from_profile(parse_profile(args.profile.read_bytes(), where=str(args.profile)))
        except (OSError, JobHunterError) as error:
            print(error, file=sys.stderr)
            return 2
    try:
        return asyncio.run(_read_all(args.pages, facts, args.json, args.egress_allow))
    except JobHunterError as error:
        print(error, file=sys.stderr)
    except PlaywrightError as error:
        print(f"Chromium went away: {first_line(error)}", file=sys.stderr)
    return 2


async def _read_all(pages: Sequence[str], facts: Facts, as_json: bool, allowed: Sequence[str]) -> int:
    failed = False
    async with egress_guard([], by_hand=allowed) as guard, local_browser(guard.port) as browser:
        for page in pages:
            answer = await _read_one(browser, guard, page, facts)
            failed = failed or "error" in answer
            print(json.dumps(answer, ensure_ascii=False) if as_json else _table(answer), flush=True)
    return 1 if failed else 0


def _url(page: str) -> str:
    return page if "://" in page else Path(page).resolve().as_uri()


async def _read_one(browser: Browser, guard: EgressGuard, page: str, facts: Facts) -> dict[str, Any]:
    url = _url(page)
    context = await browser.new_context()
    try:
        if url.startswith("file:"):
            await context.route("**/*", _files_only)
        tab = await context.new_page()
        arrived = await goto(tab, url, guard, attempts=1, settle_seconds=SETTLE_SECONDS)
        view = await read_page(tab, arrived.status)
        return {"page": page, "fields": describe(view, recognise_form(view), facts)}
    except PlaywrightError as error:
        return {"page": page, "error": first_line(error), "fields": []}
    except JobHunterError as error:
        return {"page": page, "error": str(error), "fields": []}
    finally:
        await context.close()


async def _files_only(route: Route) -> None:
    """A page from a file reaches nothing but files."""
    if route.request.url.startswith(("file:", "data:", "blob:", "about:")):
        await route.continue_()
    else:
        await route.abort()


def describe(view: PageView, meanings: Sequence[Meaning], facts: Facts) -> list[dict[str, Any]]:
    """One mapping a field; value and source are None for what would not be filled."""
    filled: dict[int, Entry] = {}
    if application_form(view, meanings) is not None:
        made = plan(view, meanings, facts, {})
        filled = {id(e.field): e for e in made.entries if e.kind == "set"}
    return [_row(box, meaning, filled.get(id(box))) for box, meaning in zip(view.fields, meanings, strict=True)]


def _row(box: Field, meaning: Meaning, entry: Entry | None) -> dict[str, Any]:
    return {
        "selector": box.selector,
        "frame": box.frame,
        "kind": box.kind.value,
        "label": box.label,
        "required": box.required,
        "visible": box.visible,
        "options": [o.label for o in box.options],
        "token": meaning.token.value if meaning.token else None,
        "confidence": round(meaning.confidence, 2),
        "value": _shown(entry),
        "source": entry.source if entry else None,
    }


def _shown(entry: Entry | None) -> str | bool | None:
    if entry is None:
        return None
    if entry.token is not None and not VOCABULARY[entry.token].filled:
        return "•••"
    return entry.value.name if isinstance(entry.value, FileRef) else entry.value


def _table(answer: dict[str, Any]) -> str:
    lines = [answer["page"]]
    if "error" in answer:
        return f"{lines[0]}\n  could not be read: {answer['error']}"
    for row in answer["fields"]:
        marks = ("*" if row["required"] else " ") + (" " if row["visible"] else "-")
        token = f"{row['token'] or '?'} {row['confidence']:.2f}" if row["token"] else "?"
        value = f"{row['value']}  ({row['source']})" if row["value"] is not None else ""
        lines.append(f"  {marks} {row['kind']:10} {row['label'][:46]:46}  {token:26}  {value}")
    if not answer["fields"]:
        lines.append("  no fields")
    return printable("\n".join(" ".join(line.splitlines()) for line in lines))


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="python -m jobhunter_runner.form_command", description=__doc__)
    _arguments(_parser)
    sys.exit(run(_parser.parse_args()))
