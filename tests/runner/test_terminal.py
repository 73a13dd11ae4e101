"""`python -m jobhunter_runner apply` as people run it, and what it says to bad input."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.profile import DOCUMENT_LIMIT
from jobhunter_runner.person import Question
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.terminal import TerminalEvents


def run(*arguments: str, folder: Path, answers: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "jobhunter_runner",
            *arguments,
            "--state-dir",
            str(folder / "state"),
            "--pause-scale",
            "0",
        ],
        cwd=folder,
        input=answers,
        stdin=subprocess.DEVNULL if answers is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_yes_submits_and_says_so(careers: Any, profile_file: Path, tmp_path: Path) -> None:
    job = careers.new_job("greenhouse")
    allow = f"127.0.0.1:{careers.port}"
    command = ["apply", job.url, "--profile", str(profile_file), "--yes", "--egress-allow", allow]
    done = run(*command, "--json", "--draft-picture", "seen.jpg", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["reason"] == "Submitted"
    assert outcome["fields_filled"] > 5
    assert job.differences() == []
    assert (tmp_path / "seen.jpg").read_bytes().startswith(b"\xff\xd8")
    assert "profile: basics.email" in done.stderr

    again = run(*command, folder=tmp_path)
    assert again.returncode == 3
    assert again.stdout.startswith("DuplicateApplication: ")
    assert len(job.posts) == 1


def test_answers_come_from_a_pipe(careers: Any, profile_file: Path, tmp_path: Path) -> None:
    job = careers.new_job("twelve")
    done = run(
        "apply", job.url, "--profile", str(profile_file), "--egress-allow", f"127.0.0.1:{careers.port}",
        folder=tmp_path, answers="change salary to 150k\nok\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert job.differences(salary_expectation="150000") == []


def test_a_private_address_is_refused_with_what_to_allow(careers: Any, profile_file: Path, tmp_path: Path) -> None:
    job = careers.new_job("greenhouse")
    done = run("apply", job.url, "--profile", str(profile_file), "--yes", folder=tmp_path)
    assert done.returncode == 2
    assert f"--egress-allow 127.0.0.1:{careers.port}" in done.stdout
    assert job.posts == []


def bad_profile(tmp_path: Path, profile: Any) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(profile if isinstance(profile, str) else yaml.safe_dump(profile), "utf-8")
    return path


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("", "empty, or not a mapping"),
        ("a: [", "not YAML"),
        ({"basics": {"email": "nobody"}}, "is not an e-mail address"),
        ({"application": {"shoe_size": 43}}, "application.shoe_size: unknown key"),
        ({"application": {"documents": {"resume": "gone.pdf"}}}, "gone.pdf: there is no such file"),
        ({"application": {"documents": {"resume": "empty.pdf"}}}, "the document is empty"),
        ({"application": {"documents": {"resume": "text.pdf"}}}, "neither PDF nor DOCX"),
        (
            {"application": {"documents": {"resume": "large.pdf"}}},
            f"{DOCUMENT_LIMIT + 9} bytes, more than {DOCUMENT_LIMIT}",
        ),
    ],
)
def test_a_bad_profile_is_said_before_anything_starts(tmp_path: Path, profile: Any, words: str) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "text.pdf").write_text("hello")
    (tmp_path / "large.pdf").write_bytes(b"%PDF-1.7\n" + b" " * DOCUMENT_LIMIT)
    done = run("apply", "https://x.example/jobs/1", "--profile", str(bad_profile(tmp_path, profile)), folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ftp://x.example/jobs/1"], "is not an http or https address"),
        (["careers"], "is not an http or https address"),
        (["https://me:pw@x.example/jobs/1"], "carries a user name or password"),
        (["https://x.example/jobs/1", "--egress-allow", "nonsense"], "is not HOST:PORT"),
        (["https://x.example/jobs/1", "--egress-allow", "127.0.0.1:9222"], "DevTools"),
        (["https://x.example/jobs/1", "--profile", "nowhere.yaml"], "there is no such file"),
        (["https://x.example/jobs/1", "--draft-picture", "nowhere/draft.jpg"], "no file can be written at nowhere"),
    ],
)
def test_bad_arguments_are_said(tmp_path: Path, profile_file: Path, arguments: list[str], words: str) -> None:
    done = run("apply", "--profile", str(profile_file), *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_cannot_be_written_is_said(tmp_path: Path, profile_file: Path) -> None:
    (tmp_path / "state").write_text("a file")
    done = run("apply", "https://x.example/jobs/1", "--profile", str(profile_file), folder=tmp_path)
    assert done.returncode == 1
    assert "--state-dir" in done.stderr


def person(answers: str | None, out: io.StringIO, **changes: Any) -> TerminalPerson:
    source = io.StringIO(answers) if answers is not None else None
    return TerminalPerson(draft_picture=Path("draft.jpg"), answers=source, out=out, **changes)


async def test_options_are_answered_by_number_or_in_words() -> None:
    out = io.StringIO()
    question = Question("hitl_1", "Where?", HitlKind.CHOICE, options=("Berlin", "Pune"))
    answers = await person("7\nnowhere\n2\nBERLIN\n", out).ask([question, question])
    assert answers == ["Pune", "Berlin"]
    assert "'7' is none of the options" in out.getvalue()


async def test_an_empty_answer_leaves_only_an_optional_question_out() -> None:
    questions = [Question("hitl_1", "Why?"), Question("hitl_2", "More?", required=False)]
    assert await person("\nBecause\n\n", io.StringIO()).ask(questions) == ["Because", None]


async def test_the_end_of_input_is_no_answer() -> None:
    assert await person("", io.StringIO()).ask([Question("hitl_1", "Why?")]) == [None]


class Silent(io.StringIO):
    """A terminal at which nobody types."""

    def readline(self, size: int | None = -1) -> str:
        import time

        time.sleep(5)
        return ""


async def test_a_question_at_a_silent_terminal_times_out() -> None:
    silent = TerminalPerson(
        draft_picture=Path("draft.jpg"), answers=Silent(), out=io.StringIO(), question_timeout_seconds=0.2
    )
    assert await silent.ask([Question("hitl_1", "Why?")]) == [None]


async def test_a_draft_is_a_table_with_sources_and_defaults() -> None:
    out = io.StringIO()
    rows = [
        DraftField(label="E-mail", value="a@b.example", source="profile: basics.email", required=True),
        DraftField(label="Fax", value="", source="site default", default=True),
    ]
    draft = Draft(hitl_id="draft_1", url="https://x.example/jobs/1", title="Engineer", digest="d", fields=rows)
    assert await person("confirm\n", out).review(draft, "") == "confirm"
    assert "E-mail*" in out.getvalue()
    assert "profile: basics.email" in out.getvalue()
    assert "left as the site has it" in out.getvalue()
    assert "draft.jpg" in out.getvalue()
    assert await person("\n \nconfirm\n", out).review(draft, "") == "confirm"
    assert await person("\n", out).review(draft, "") is None
    assert await person(None, out).review(draft, "") is None
    assert await person(None, out, yes=True).review(draft, "") == "confirm"


async def test_a_pages_words_never_drive_the_terminal() -> None:
    out = io.StringIO()
    row = DraftField(label="Name\x1b[2K\u202e", value="A\x9b1A\nConfirmed", source="profile: basics.name")
    draft = Draft(hitl_id="d", url="https://x.example/", title="\x1b]0;owned\x07Job", digest="d", fields=[row])
    await person(None, out).review(draft, "The site says:\x1b[1A\nSubmitted: all is well")
    await person("1\n", out).ask([Question("q", "Which?\x1b[8m", HitlKind.CHOICE, options=("a\r\x1b[2Kb", "c"))])
    shown = out.getvalue()
    assert not set(shown) & set("\x1b\x9b\x07\r\u202e")
    assert not any(line.startswith(("Confirmed", "Submitted")) for line in shown.splitlines())


def test_what_a_page_says_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    Report(TerminalEvents(), "uid", 1).chat("The page said: hi\nSubmitted: \x1b[2J")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_form_that_a_script_draws_is_seen_and_its_words_are_printable(tmp_path: Path) -> None:
    page = tmp_path / "late.html"
    page.write_text(
        "<!doctype html><form id=f></form><script>setTimeout(() => { f.innerHTML = "
        "'<label>Your e-mail&#27;[2J <input type=email></label>' }, 100)</script>",
        "utf-8",
    )
    command = [sys.executable, "-m", "jobhunter_runner", "form", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Your e-mail" in done.stdout
    assert "\x1b" not in done.stdout


def _hears_interruptions() -> None:
    """As at a terminal: a test run in the background of a shell ignores them, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("hold", "until", "status", "words"),
    [(30, "Pressing", 4, "may have been sent"), (0, "Draft for", 1, "before the application was sent")],
    ids=["lease taken", "before"],
)
def test_an_interruption_says_whether_it_may_have_been_sent(
    careers: Any, profile_file: Path, tmp_path: Path, hold: int, until: str, status: int, words: str
) -> None:
    job = careers.new_job("greenhouse")
    state = tmp_path / "state"
    arguments = ["apply", job.url, "--profile", str(profile_file), "--egress-allow", f"127.0.0.1:{careers.port}"]
    arguments += ["--state-dir", str(state), "--pause-scale", "0", "--hold-seconds", str(hold)]
    with subprocess.Popen(
        [sys.executable, "-m", "jobhunter_runner", *arguments, *(["--yes"] if hold else [])],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_interruptions,
    ) as process:
        assert process.stderr is not None
        seen = ""
        for line in process.stderr:
            seen += line
            if ("Confirmed by --yes" if hold else until) in line:
                break
        if hold:
            deadline = time.monotonic() + 20
            while not list(state.rglob("*.1.json")) and time.monotonic() < deadline:
                time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    assert (process.returncode, words in rest) == (status, True), seen + rest
    assert job.posts == []
