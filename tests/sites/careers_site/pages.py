"""The pages that browsers see, rendered from templates/ with everything escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from careers_site.kinds import KINDS
from careers_site.posting import Posting, posting

TEMPLATES: Final = Path(__file__).parent / "templates"
BOARD_ACCENT: Final = "#1f6f54"


class Pages:
    """Renders pages for one request: `origin` is scheme and host as asked for, `cookies` the browser's."""

    _environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def __init__(self, origin: str, cookies: Mapping[str, str]) -> None:
        self.origin = origin
        self.cookies = cookies

    def job(
        self,
        job: Posting,
        shows: str,
        csrf: str = "",
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> str:
        """The description with the form, a frame, a link or nothing; or (framed, form-alone) the form without it."""
        template = {"framed": "frame.html", "form-alone": "form.html"}.get(shows, "job.html")
        form = {"csrf": csrf, "values": values or {}, "errors": errors or {}, "shows": shows, "message": None}
        path = f"{job.path}/{job.post_path}" if job.post_path else job.path
        return self._of(template, job, f"{job.title} at {job.company}", action=path, **form)

    def message(self, job: Posting, message: tuple[str, str], framed: bool = False) -> str:
        return self._of("frame.html" if framed else "message.html", job, message[0], message=message)

    def login(self, job: Posting, failed: bool) -> str:
        return self._of("login.html", job, "Sign in", errors=failed)

    def openings(self, job: Posting) -> str:
        """The company's list of jobs: what a site shows that says nothing of what became of the application."""
        jobs = [posting(job.seed, job.kind, f"{job.job_id[:40]}-{n}") for n in range(1, 5)]
        return self._of("jobs.html", job, f"Open roles at {job.company}", jobs=jobs, kinds={}, example="")

    def board(self, heading: str, jobs: list[Posting], with_kinds: bool = True) -> str:
        """The landing page of all sites, and the result of the search box."""
        kinds = KINDS if with_kinds else {}
        example = jobs[0].job_id if jobs else "1"
        return self._plain("jobs.html", heading, jobs=jobs, kinds=kinds, example=example)

    def notice(self, heading: str, text: str) -> str:
        """A page that belongs to no job: 404s, thanks for the newsletter."""
        return self._plain("message.html", heading, message=(heading, text))

    def _plain(self, template: str, heading: str, **values: Any) -> str:
        bare: dict[str, Any] = {"canonical": "", "overlay": None, "cookie_path": "", "company": "Careers"}
        return self._render(template, heading=heading, accent=BOARD_ACCENT, **bare, **values)

    def _of(self, template: str, job: Posting, heading: str, **values: Any) -> str:
        shown = job.overlay if job.overlay and f"overlay_{job.overlay.what}" not in self.cookies else None
        return self._render(
            template,
            posting=job,
            heading=heading,
            company=job.company,
            accent=job.accent,
            canonical=f"{self.origin}{job.path}",
            overlay=shown,
            cookie_path=job.path,
            **values,
        )

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)
