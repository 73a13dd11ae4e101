"""The person at the terminal: numbered options, the draft as a table, and the same time-outs as in a task.

Answers are read from the terminal itself, or from standard input where that is a pipe with answers. With neither nothing can
be answered: a question goes unanswered and a draft is confirmed only where `--yes` said so.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.hitl import HitlKind
from jobhunter_runner.person import Question
from jobhunter_runner.report import place
from jobhunter_runner.terminal_text import one_line, printable

LABEL_WIDTH, VALUE_WIDTH = 38, 48


class TerminalPerson:
    """question_timeout_seconds, review_timeout_seconds: None waits for ever. yes: a draft is confirmed without asking.

    answers: where lines are read from (None: nobody is there). out: where questions and drafts are printed.
    """

    def __init__(
        self,
        *,
        draft_picture: Path,
        yes: bool = False,
        question_timeout_seconds: float | None = None,
        review_timeout_seconds: float | None = None,
        answers: TextIO | None = None,
        out: TextIO = sys.stderr,
    ) -> None:
        self._draft_picture = draft_picture
        self._yes = yes
        self._question_timeout = question_timeout_seconds
        self._review_timeout = review_timeout_seconds
        self._answers = answers
        self._out = out

    async def ask(self, questions: Sequence[Question]) -> list[str | None]:
        answers: list[str | None] = []
        for number, question in enumerate(questions, 1):
            self._say("")
            self._say(f"Question {number} of {len(questions)}: {one_line(question.text)}")
            if question.context:
                self._say(textwrap.indent(textwrap.fill(question.context, 100), "  "))
            for position, option in enumerate(question.options, 1):
                self._say(f"  {position}. {one_line(option)}")
            answers.append(await self._answer(question))
        return answers

    async def review(self, draft: Draft, context: str) -> str | None:
        self._say("")
        self._say(f"Draft for {place(draft.url)}" + (f" ({one_line(draft.title)})" if draft.title else ""))
        self._say(draft_table(draft.fields))
        self._say(f"Picture of the page: {self._draft_picture}")
        if context:
            self._say(one_line(context))
        if self._yes:
            self._say("Confirmed by --yes.")
            return "confirm"
        if self._answers is None:
            self._say("No terminal is attached, and --yes was not given: the draft is not confirmed.")
            return None
        while True:
            self._prompt("confirm, reject, or what to change (“change LABEL to VALUE”): ")
            line = await self._line(self._review_timeout)
            if line != "":
                return line

    async def _answer(self, question: Question) -> str | None:
        if self._answers is None:
            self._say("No terminal is attached: this question stays unanswered.")
            return None
        while True:
            optional = "" if question.required else ", empty to leave it out"
            hint = f" (1 to {len(question.options)}, or the words{optional})" if question.options else ""
            self._prompt(f"Answer{hint}: ")
            line = await self._line(self._question_timeout, secret=question.kind is HitlKind.SECRET)
            if line is None:
                self._say("No answer came in time.")
                return None
            if not line:
                if not question.required:
                    return None
                self._say("An answer is needed.")
                continue
            if not question.options:
                return line
            if line.isdigit() and 1 <= int(line) <= len(question.options):
                return question.options[int(line) - 1]
            chosen = [option for option in question.options if option.strip().casefold() == line.casefold()]
            if chosen:
                return chosen[0]
            self._say(f"{line!r} is none of the options.")

    async def _line(self, seconds: float | None, *, secret: bool = False) -> str | None:
        """The next line without its end; None at the end of input or of the time."""
        source = self._answers
        if source is None:
            return None
        read: Callable[[], str] = source.readline
        if secret and source.isatty():
            read = lambda: getpass.getpass("") + "\n"  # noqa: E731 - two readers of one shape
        try:
            line = await asyncio.wait_for(_in_thread(read), seconds)
        except TimeoutError:
            return None
        return line.strip() if line else None

    def _say(self, text: str) -> None:
        print(printable(text), file=self._out, flush=True)

    def _prompt(self, text: str) -> None:
        print(text, end="", file=self._out, flush=True)


def _in_thread(read: Callable[[], str]) -> asyncio.Future[str]:
    """The line that `read` returns. A daemon thread reads it: one that nobody types must not keep the process alive."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def settle(line: str) -> None:
        if not future.done():
            future.set_result(line)

    def run() -> None:
        try:
            line = read()
        except (OSError, EOFError, ValueError):  # the input was closed
            line = ""
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, line)

    threading.Thread(target=run, name="terminal input", daemon=True).start()
    return future


def draft_table(fields: Sequence[DraftField]) -> str:
    """The draft as people read it: a line a field, with its value and where it comes from."""
    lines = [f"{'Field':{LABEL_WIDTH}}  {'Value':{VALUE_WIDTH}}  Source"]
    lines.append("─" * (LABEL_WIDTH + VALUE_WIDTH + 20))
    for field in fields:
        source = "left as the site has it" if field.default else field.source
        mark = "*" if field.required else ""
        lines.append(
            f"{_fit(field.label + mark, LABEL_WIDTH)}  {_fit(field.value or '(empty)', VALUE_WIDTH)}  {source}"
        )
    return "\n".join(lines)


def _fit(text: str, width: int) -> str:
    text = one_line(text)
    return f"{text if len(text) <= width else text[: width - 1] + '…':{width}}"
