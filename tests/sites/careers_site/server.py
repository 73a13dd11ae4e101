"""The HTTP application: job pages, posts of their forms, decoys, and the record and judge for tests."""

import asyncio
import hashlib
import hmac
import re
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from careers_site.drawing import Draw
from careers_site.form import FILE_LIMIT, Received, read_post
from careers_site.judge import differences
from careers_site.kinds import FORM_KINDS, KINDS
from careers_site.pages import Pages
from careers_site.posting import Posting, posting
from careers_site.record import Post, Record, now
from careers_site.verdict import Verdict, verdict

JOB_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
BODY_LIMIT: Final = 2 * FILE_LIMIT + 1024 * 1024
SLOW_SECONDS: Final = 120
SLOW_SUBMIT_SECONDS: Final = 10
LISTED_JOBS: Final = 10
MARKS: Final = 4096
EXPIRED: Final = ("Your session has expired", "Please reload the page and try again.")

# Uploads stay in memory: in a pod the root file system, /tmp with it, is read-only.
MultiPartParser.spool_max_size = BODY_LIMIT


class Site:
    """All sites of one seed, with one record."""

    def __init__(self, seed: int, state_dir: Path | None = None) -> None:
        self.seed = seed
        self.record = Record(state_dir)
        self._marks: dict[str, list[tuple[int, int]]] = {}
        self._key = hashlib.sha256(f"careers site {seed}".encode()).digest()

    def application(self) -> Starlette:
        job = "/{kind}/jobs/{job_id}"
        return Starlette(
            routes=[
                Route("/", self.landing),
                Route("/healthz", self.healthz),
                Route("/search", self.search),
                Route("/newsletter", self.newsletter, methods=["POST"]),
                Route("/_overlay", self.overlay, methods=["POST"]),
                Route("/_record", self.get_record, methods=["GET"]),
                Route("/_record", self.delete_record, methods=["DELETE"]),
                Route("/_count", self.count),
                Route("/_visits", self.visits),
                Route("/_decoys", self.decoys),
                Route("/_spec" + "/{kind}/{job_id}", self.spec),
                Route("/_clock/{clock_id}", self.clock),
                Route("/_clock/{clock_id}/marks", self.mark, methods=["POST"]),
                Route("/_clock/{clock_id}/marks", self.marks, methods=["GET"]),
                Route("/_judge", self.judge, methods=["POST"]),
                Mount("/assets", StaticFiles(directory=Path(__file__).parent / "assets")),
                Route(job, self.show, methods=["GET"]),
                Route(job + "/{tail}", self.show, methods=["GET"]),
                Route(job, self.submit, methods=["POST"]),
                Route(job + "/{tail}", self.submit, methods=["POST"]),
            ],
            exception_handlers={404: self.not_found},
        )

    # Job pages

    async def show(self, request: Request) -> Response:
        job = self._posting(request)
        tail = request.path_params.get("tail", "")
        if job is None:
            return self._gone(request)
        self.record.visit(job.kind, job.job_id, request.url.path, request.headers.get("user-agent", ""))
        pages = _pages(request)
        match job.kind:
            case "gone":
                return self._gone(request)
            case "slow":
                return await _hang(request)
            case "redirect":
                return RedirectResponse(f"/greenhouse/jobs/{job.job_id}", 302)
            case "closed":
                return HTMLResponse(pages.message(job, job.closed))
            case "login":
                return HTMLResponse(pages.login(job, failed=False))
            case "noform":
                return HTMLResponse(pages.job(job, "nothing"))
        if tail and tail == job.confirmation_path:
            return HTMLResponse(pages.message(job, job.confirmation, framed=job.kind == "embedded"))
        if tail and tail == job.post_path and tail != job.apply_path:
            return RedirectResponse(job.path, 303)
        shows = _view(job.kind, tail, job)
        if shows is None:
            return self._gone(request)
        return HTMLResponse(pages.job(job, shows, self._csrf(job)))

    async def submit(self, request: Request) -> Response:
        job = self._posting(request)
        tail = request.path_params.get("tail", "")
        if job is not None and job.kind == "login" and tail == "session":
            self.record.decoy("login", request.url.path, "")
            return HTMLResponse(_pages(request).login(job, failed=True), 401)
        if job is None or job.form is None or tail != job.post_path:
            return self._gone(request)
        if int(request.headers.get("content-length") or 0) > BODY_LIMIT:
            return self._broken(request, job, 413)
        try:
            async with request.form(max_part_size=BODY_LIMIT) as data:
                received = await read_post(job.form, data)
        except MultiPartException:
            return self._broken(request, job, 400)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return self._broken(request, job, 415)
        csrf_ok = self._csrf_ok(job, received.csrf)
        decided = verdict(job, received, csrf_ok, self.record.entries("posts", job.kind, job.job_id))
        response = self._answer(request, job, received, decided)
        self._keep(request, job, received, csrf_ok, decided, response.status_code)
        if job.kind == "slow-submit":
            await asyncio.sleep(SLOW_SUBMIT_SECONDS)
        return response

    def _answer(self, request: Request, job: Posting, received: Received, decided: Verdict) -> Response:
        pages = _pages(request)
        framed = job.kind == "embedded"
        if "application/json" in request.headers.get("accept", ""):
            return self._answer_fetch(job, decided)
        if decided.status == 500:
            return HTMLResponse(pages.message(job, job.breakdown, framed), 500)
        if decided.status == 403:
            return HTMLResponse(pages.message(job, EXPIRED, framed), 403)
        if decided.outcome == "refused":
            shows = {"embedded": "framed", "apply-button": "form-alone"}.get(job.kind, "form")
            page = pages.job(job, shows, self._csrf(job), received.raw, decided.errors)
            return HTMLResponse(page, decided.status)
        if job.kind == "hidden-confirmation":
            return HTMLResponse(pages.openings(job))
        if job.confirmation_path:
            return RedirectResponse(f"{job.path}/{job.confirmation_path}", 303)
        return HTMLResponse(pages.message(job, job.confirmation, framed))

    def _answer_fetch(self, job: Posting, decided: Verdict) -> Response:
        accepted = decided.outcome == "accepted"
        words = {500: job.breakdown, 403: EXPIRED}
        message = job.confirmation if accepted else words.get(decided.status, (job.refusal, ""))
        names = {each.token: each.name for each in job.form.fields} if job.form else {}
        errors = {names[token]: text for token, text in decided.errors.items()}
        status = 200 if accepted else decided.status
        return JSONResponse({"ok": accepted, "message": message, "errors": errors}, status)

    def _keep(
        self, request: Request, job: Posting, received: Received, csrf_ok: bool, decided: Verdict, answered: int
    ) -> None:
        files = {token: asdict(file) for token, file in received.files.items()}
        for file in files.values():
            del file["magic_ok"]
        self.record.post(
            Post(
                kind=job.kind,
                job_id=job.job_id,
                path=request.url.path,
                at=now(),
                answered=answered,
                outcome=decided.outcome,
                fields=received.texts,
                meanings=received.meanings,
                files=files,
                errors=decided.errors,
                unknown=received.unknown,
                repeated=received.repeated,
                honeypot_filled=received.honeypot_filled,
                csrf_ok=csrf_ok,
                overlays={what: request.cookies.get(f"overlay_{what}", "") for what in ("cookies", "talent")},
            )
        )

    def _broken(self, request: Request, job: Posting, status: int) -> Response:
        self.record.post(Post(job.kind, job.job_id, request.url.path, now(), status, "error"))
        return HTMLResponse(_pages(request).notice("Bad request", "We could not read what was sent."), status)

    # What is no job page

    async def clock(self, request: Request) -> Response:
        """A page without a form that changes about once a second, to measure by how late a viewer sees it."""
        return HTMLResponse((Path(__file__).parent / "templates" / "clock.html").read_text())

    async def mark(self, request: Request) -> Response:
        number, at = request.query_params.get("number", ""), request.query_params.get("at", "")
        if not (number.isdigit() and at.isdigit()):
            return PlainTextResponse("number and at are whole numbers", 400)
        marks = self._marks.setdefault(request.path_params["clock_id"], [])
        if len(marks) < MARKS:
            marks.append((int(number), int(at)))
        return PlainTextResponse("")

    async def marks(self, request: Request) -> Response:
        """[number of the change, when it was made in milliseconds since 1970] of each change that was told."""
        return JSONResponse(self._marks.get(request.path_params["clock_id"], []))

    async def landing(self, request: Request) -> Response:
        return HTMLResponse(_pages(request).board("Open roles", self._listed()))

    async def search(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "")
        self.record.decoy("search", request.url.path, wanted)
        jobs = [job for job in self._listed() if wanted.casefold() in job.title.casefold()]
        return HTMLResponse(_pages(request).board(f"Jobs that match “{wanted}”", jobs, with_kinds=False))

    async def newsletter(self, request: Request) -> Response:
        async with request.form() as data:
            self.record.decoy("newsletter", request.url.path, str(data.get("newsletter_email", "")))
        return HTMLResponse(_pages(request).notice("You are subscribed", "Look out for our next newsletter."))

    async def overlay(self, request: Request) -> Response:
        """A button of a cookie banner or talent dialog was pressed."""
        async with request.form() as data:
            self.record.decoy(str(data.get("what", "")), str(data.get("path", "")), str(data.get("choice", "")))
        return Response(status_code=204)

    async def not_found(self, request: Request, _: Exception) -> Response:
        return self._gone(request)

    def _gone(self, request: Request) -> Response:
        page = _pages(request).notice("Page not found", "The page you are looking for does not exist (404).")
        return HTMLResponse(page, 404)

    # For tests

    async def healthz(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def get_record(self, request: Request) -> Response:
        return JSONResponse(self.record.entries("posts", *_filter(request)))

    async def delete_record(self, request: Request) -> Response:
        self.record.reset(*_filter(request))
        return Response(status_code=204)

    async def count(self, request: Request) -> Response:
        return JSONResponse(self.record.count(*_filter(request)))

    async def visits(self, request: Request) -> Response:
        return JSONResponse(self.record.entries("visits", *_filter(request)))

    async def decoys(self, _: Request) -> Response:
        return JSONResponse(self.record.entries("decoys"))

    async def spec(self, request: Request) -> Response:
        """What a form asks, for comparison with what was recognised."""
        job = self._posting(request)
        if job is None:
            return JSONResponse({"error": "no such kind, or a bad job id"}, 404)
        return JSONResponse(
            [
                {
                    "token": each.token,
                    "label": each.label,
                    "kind": each.kind,
                    "required": each.required,
                    "options": [option.label for option in each.options],
                    "name": each.name,
                    "id": each.element_id if each.labelling not in ("wrap", "aria-label") else "",
                    "country": each.country,
                    "inverted": each.inverted,
                }
                for each in (job.form.fields if job.form else ())
            ]
        )

    async def judge(self, request: Request) -> Response:
        """Body: {token: expected value}, query: kind and job_id. Answers the differences of the last accepted post."""
        kind, job_id = _filter(request)
        accepted = [post for post in self.record.entries("posts", kind, job_id) if post["outcome"] == "accepted"]
        if not accepted:
            return JSONResponse({"error": f"no accepted post of kind {kind} and job {job_id}"}, 404)
        try:
            expected = await request.json()
        except ValueError as error:
            return JSONResponse({"error": f"the body is no JSON: {error}"}, 400)
        if not isinstance(expected, dict):
            return JSONResponse({"error": "the body must be an object of tokens and values"}, 400)
        last = accepted[-1]
        form = posting(self.seed, last["kind"], last["job_id"]).form
        return JSONResponse(differences(form, last, expected) if form else [])

    # Parts of the above

    def _posting(self, request: Request) -> Posting | None:
        kind, job_id = request.path_params["kind"], request.path_params["job_id"]
        return posting(self.seed, kind, job_id) if kind in KINDS and JOB_ID.fullmatch(job_id) else None

    def _listed(self) -> list[Posting]:
        numbers = Draw(self.seed, "board").generator("listed").sample(range(1_000_000, 9_999_999), LISTED_JOBS)
        return [posting(self.seed, "greenhouse", str(number)) for number in numbers]

    def _csrf(self, job: Posting) -> str:
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self._signed(job, nonce)}"

    def _csrf_ok(self, job: Posting, token: str) -> bool:
        nonce, _, signature = token.partition(".")
        return hmac.compare_digest(signature.encode(), self._signed(job, nonce).encode())

    def _signed(self, job: Posting, nonce: str) -> str:
        return hmac.new(self._key, f"{job.path} {nonce}".encode(), "sha256").hexdigest()


def _view(kind: str, tail: str, job: Posting) -> str | None:
    """What a form kind's page shows at the path below the job's own (""), or None where nothing is."""
    if kind not in FORM_KINDS:
        return None
    special = {"embedded": {"": "frame", "frame": "framed"}, "apply-button": {"": "link", job.apply_path: "form-alone"}}
    return special.get(kind, {"": "form"}).get(tail)


def _pages(request: Request) -> Pages:
    return Pages(f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}", request.cookies)


def _filter(request: Request) -> tuple[str | None, str | None]:
    return request.query_params.get("kind"), request.query_params.get("job_id")


async def _hang(request: Request) -> Response:
    for _ in range(SLOW_SECONDS * 2):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.5)
    return PlainTextResponse("Gateway timeout\n", 504)
