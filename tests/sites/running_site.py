"""The careers site as a process of its own, and a person who fills its forms, by browser or by plain HTTP."""

import hashlib
import os
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import APIRequestContext, APIResponse, FilePayload, Frame, Page

from careers_site.form import Field
from careers_site.posting import Posting, posting

SEED: Final = int(os.environ["CAREERS_SEED"])
"""Drawn, or given, for the whole run: tests/conftest.py."""
PACKAGE_PARENT: Final = Path(__file__).parent
CHROMIUM: Final = "/usr/bin/chromium"
PDF: Final = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
RESUME: Final[FilePayload] = {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": PDF}
EXPECTED: Final[dict[str, Any]] = {
    "given-name": "Asha",
    "family-name": "Rao",
    "email": "asha@example.org",
    "tel": "+1 415 555 0123",
    "country": "US",
    "address-level2": "Oakland",
    "linkedin-url": "https://www.linkedin.com/in/asharao",
    "portfolio-url": "https://asha.example.org",
    "resume": {"sha256": hashlib.sha256(PDF).hexdigest(), "filename": "cv.pdf", "size": len(PDF)},
    "work-authorization": {"US": "yes", "DE": "no"},
    "visa-sponsorship": {"US": "no", "DE": "yes"},
    "salary-expectation": "120000",
    "start-date": "2026-12-01",
    "notice-period": "4 weeks",
    "gender": "decline",
    "veteran-status": "decline",
    "disability-status": "decline",
    "consent": True,
    "marketing-consent": False,
    "question-1": "Late (14:00 to 22:00)",
    "question-2": "Late (14:00 to 22:00)",
}


@dataclass(frozen=True)
class RunningSite:
    url: str
    api: APIRequestContext

    def json(self, path: str) -> Any:
        return self.api.get(self.url + path).json()

    def posts(self, job: Posting) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.json(f"/_record?kind={job.kind}&job_id={job.job_id}")
        return posts

    def judged(self, job: Posting, expected: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.api.post(f"{self.url}/_judge?kind={job.kind}&job_id={job.job_id}", data=expected)
        found: list[dict[str, Any]] = answer.json()
        return found


def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Starts the site on a free port as a process of its own; answers it and its line of greeting."""
    process = subprocess.Popen(
        [sys.executable, "-m", "careers_site", "--host", "127.0.0.1", "--port", "0", *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline()


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=10)


def address(greeting: str) -> str:
    found = re.search(r"http://[^/]+", greeting)
    assert found, f"no address in {greeting!r}"
    return found[0]


def job_of(kind: str) -> Posting:
    """A posting that no other test uses."""
    return posting(SEED, kind, secrets.token_hex(6))


def job_where(kind: str, token: str, **drawn: Any) -> tuple[Posting, Field]:
    """A posting whose question for the token was drawn as given, such as inverted=True."""
    while True:
        job = job_of(kind)
        question = job.form.named(token) if job.form else None
        if question and all(getattr(question, key) == value for key, value in drawn.items()):
            return job, question


def intended(question: Field) -> str:
    """What a person of the expected profile would choose or type, as it reads on the page."""
    wanted = EXPECTED.get(question.token)
    if isinstance(wanted, dict):
        wanted = wanted[question.country]
    if isinstance(wanted, bool):
        return "1" if wanted else ""
    if question.inverted:
        wanted = {"yes": "no", "no": "yes"}[str(wanted)]
    if question.options and wanted:
        return next(option.value for option in question.options if option.meaning == wanted)
    return wanted or ""


def answers(site: RunningSite, job: Posting, path: str = "") -> dict[str, Any]:
    """A post as a browser would make it from the page as it stands: hidden inputs from the page, values as intended."""
    assert job.form is not None
    markup = site.api.get(f"{site.url}{path or job.path}").text()
    token = re.search(rf'name="{re.escape(job.form.csrf_name)}" value="([^"]+)"', markup)
    assert token, "the page has no CSRF token"
    sent: dict[str, Any] = {job.form.csrf_name: token[1], job.form.honeypot_name: ""}
    for question in job.form.fields:
        if question.token == "resume":
            sent[question.name] = RESUME
        elif question.kind != "file" and intended(question):
            sent[question.name] = intended(question)
    return sent


def send(site: RunningSite, job: Posting, data: dict[str, Any]) -> APIResponse:
    path = f"{job.path}/{job.post_path}" if job.post_path else job.path
    return site.api.post(site.url + path, multipart=data, max_redirects=0)


def fill(where: Page | Frame, job: Posting) -> None:
    assert job.form is not None
    for question in job.form.fields:
        control = where.locator(f'[name="{question.name}"]')
        value = intended(question) if question.kind != "file" else ""
        if question.token == "resume":
            control.set_input_files(RESUME)
        elif not value:
            continue
        elif question.kind == "select":
            control.select_option(value=value)
        elif question.kind == "radio":
            where.locator(f'[name="{question.name}"][value="{value}"]').check()
        elif question.kind == "checkbox":
            control.check()
        else:
            control.fill(value)


def decline_overlay(page: Page, job: Posting) -> None:
    if job.overlay:
        page.get_by_role("button", name=job.overlay.decline, exact=True).click()
