"""A posting: the job, its words, and its form, drawn from (seed, job id) and composed for a kind of site."""

from dataclasses import dataclass
from typing import Final

from careers_site import wording
from careers_site.composition import Composer
from careers_site.drawing import Draw
from careers_site.form import Form
from careers_site.kinds import FORM_KINDS

ACCENTS: Final = ("#1f6f54", "#2456b8", "#7a3e9d", "#b3431e", "#0f6d86", "#8a2846", "#3b4a5a")


@dataclass(frozen=True)
class Overlay:
    """What lies over the page: a cookie banner (bar or modal) or a talent community dialog."""

    what: str  # cookies or talent
    layout: str  # bar or modal
    heading: str
    text: str
    accept: str
    decline: str
    element_id: str
    delay_ms: int
    buttons_swapped: bool


@dataclass(frozen=True)
class Posting:
    """Everything that the pages of one job say."""

    seed: int
    kind: str
    job_id: str
    company: str
    title: str
    location: str
    country: str
    department: str
    employment: str
    about: str
    duties: tuple[str, ...]
    wants: tuple[str, ...]
    accent: str
    form: Form | None
    form_heading: str
    eeo_heading: str
    apply_link: str
    apply_path: str
    post_path: str
    submit_button: str
    confirmation: tuple[str, str]
    confirmation_path: str  # "" where the answer to the post is the confirmation itself
    closed: tuple[str, str]
    refusal: str
    refusal_status: int
    breakdown: tuple[str, str]
    overlay: Overlay | None

    @property
    def path(self) -> str:
        return f"/{self.kind}/jobs/{self.job_id}"

    @property
    def canonical_kind(self) -> str:
        return "greenhouse" if self.kind == "redirect" else self.kind


def posting(seed: int, kind: str, job_id: str) -> Posting:
    """The posting for a job id. The same seed and id give the same company, title and wording under every kind."""
    draw = Draw(seed, job_id)
    company = draw.pick("company", wording.COMPANIES)
    title = draw.pick("title", wording.TITLES)
    location, country = draw.pick("place", wording.PLACES)
    said = {"company": company, "title": title, "people": draw.number("people", 40, 900)}
    heading, text = draw.pick("confirmation", wording.CONFIRMATIONS)
    closed_heading, closed_text = draw.pick("closed", wording.CLOSED)
    redirects = kind != "js-submit" and draw.chance("confirmation-redirect", 0.6)
    return Posting(
        seed=seed,
        kind=kind,
        job_id=job_id,
        company=company,
        title=title,
        location=location,
        country=country,
        department=draw.pick("department", wording.DEPARTMENTS),
        employment=draw.pick("employment", wording.EMPLOYMENTS),
        about=draw.pick("about", wording.ABOUT).format(**said),
        duties=tuple(draw.some("duties", wording.DUTIES, 4)),
        wants=tuple(draw.some("wants", wording.WANTS, 4)),
        accent=draw.pick("accent", ACCENTS),
        form=Composer(draw, company, country).form(kind) if kind in FORM_KINDS else None,
        form_heading=draw.pick("form-heading", wording.FORM_HEADINGS),
        eeo_heading=draw.pick("eeo-heading", wording.EEO_HEADINGS),
        apply_link=draw.pick("apply-link", wording.APPLY_LINKS),
        apply_path=draw.pick("apply-path", ("application", "apply-now", "candidate-form")),
        post_path=draw.pick("post-path", wording.POST_PATHS),
        submit_button=draw.pick("submit-button", wording.SUBMIT_BUTTONS),
        confirmation=(heading.format(**said), text.format(**said)),
        confirmation_path=draw.pick("confirmation-path", wording.CONFIRMATION_PATHS) if redirects else "",
        closed=(closed_heading.format(**said), closed_text.format(**said)),
        refusal=draw.pick("refusal", wording.REFUSALS),
        refusal_status=draw.pick("refusal-status", (200, 422)),
        breakdown=draw.pick("breakdown", wording.BREAKDOWNS),
        overlay=_overlay(draw, kind),
    )


def _overlay(draw: Draw, kind: str) -> Overlay | None:
    what = draw.weighted("overlay", {"": 45, "cookies": 35, "talent": 20})
    what = kind if kind in ("cookies", "talent") else what
    if not what:
        return None
    cookies = what == "cookies"
    heading, text = draw.pick("cookie-text", wording.COOKIE_TEXTS)
    return Overlay(
        what=what,
        layout=draw.pick("overlay-layout", ("bar", "modal")) if cookies else "modal",
        heading=heading if cookies else draw.pick("talent-heading", wording.TALENT_HEADINGS),
        text=text if cookies else "Leave your email and we will tell you about roles that fit you.",
        accept=draw.pick("overlay-accept", wording.COOKIE_ACCEPTS if cookies else ("Join now", "Sign me up", "Join")),
        decline=draw.pick("overlay-decline", wording.COOKIE_DECLINES if cookies else wording.TALENT_DECLINES),
        element_id=f"{draw.pick('overlay-id', ('consent-layer', 'cmp-box', 'modal'))}-{draw.hexadecimal('overlay', 6)}",
        delay_ms=draw.pick("overlay-delay", (0, 0, 300)),
        buttons_swapped=draw.chance("overlay-swap", 0.5),
    )
