"""`python -m jobhunter_runner apply`: one application without cluster or NATS, with the same promises.

Exit status: 0 submitted · 1 failed, and trying again may help · 2 something that was given cannot be used · 3 not submitted,
for the reason that is printed · 4 the press was made and its outcome not seen: look whether the application arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
import uuid
from pathlib import Path

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import InvalidMessage, InvalidProfile, InvalidUrl, JobHunterError, NotFound
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_contracts.profile import Profile
from jobhunter_contracts.subjects import Owner
from jobhunter_runner.application import apply
from jobhunter_runner.browser import local_browser, new_page
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import by_hand_option, egress_guard
from jobhunter_runner.library_local import LocalLibrary
from jobhunter_runner.opening import profile_documents
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_file import FileLeaseStore, default_state_folder
from jobhunter_runner.terminal_text import one_line

SUBMITTED, FAILED, BAD_INPUT, NOT_SUBMITTED, UNCONFIRMED = 0, 1, 2, 3, 4
_UNUSABLE = (InvalidProfile, InvalidUrl, InvalidMessage, NotFound)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The `apply` command's arguments."""
    parser = subparsers.add_parser(
        "apply",
        help="apply for one job from this terminal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", help="address of the job's posting")
    parser.add_argument("--profile", type=Path, required=True, help="profile.yaml; its documents lie beside it")
    parser.add_argument("--yes", action="store_true", help="confirm the draft without asking")
    parser.add_argument("--review", choices=("required", "skip"), default="required", help="skip shows no draft")
    by_hand_option(parser)
    parser.add_argument("--draft-picture", type=Path, default=Path("draft.jpg"), help="where the draft's picture goes")
    parser.add_argument("--state-dir", type=Path, help="folder of the submission records (XDG state folder)")
    parser.add_argument("--allow-duplicate", action="store_true", help="apply though you applied there already")
    parser.add_argument("--pause-scale", type=float, help="1: the pauses of a person between actions; 0: none")
    parser.add_argument("--question-timeout", type=float, default=120, help="seconds; 0 waits for ever (120)")
    parser.add_argument("--review-timeout", type=float, default=300, help="seconds; 0 waits for ever (300)")
    parser.add_argument("--soft-deadline", type=float, default=600, help="seconds of the runner's own time (600)")
    parser.add_argument("--page-timeout", type=float, default=30, help="seconds a page may take to load, thrice (30)")
    parser.add_argument("--watch-seconds", type=float, default=30, help="seconds the outcome is watched for (30)")
    parser.add_argument("--hold-seconds", type=float, default=0, help=argparse.SUPPRESS)  # for tests alone
    parser.add_argument("--json", action="store_true", help="print the outcome as one line of JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Applies; see the module's docstring for the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sessions: list[Session] = []
    try:
        outcome = asyncio.run(_apply(args, sessions))
    except _UNUSABLE as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except JobHunterError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        if any(session.pressing for session in sessions):
            print(
                "Interrupted at the press: the application may have been sent. Look whether it arrived.",
                file=sys.stderr,
            )
            return UNCONFIRMED
        print("Interrupted before the application was sent.", file=sys.stderr)
        return FAILED
    _print(outcome, as_json=args.json)
    return exit_status(outcome.reason)


def exit_status(reason: Reason | None) -> int:
    """The exit status that goes with an end."""
    match reason:
        case None:
            return FAILED
        case Reason.SUBMITTED:
            return SUBMITTED
        case Reason.INVALID_SPEC:
            return BAD_INPUT
        case Reason.SUBMISSION_UNCONFIRMED:
            return UNCONFIRMED
    return NOT_SUBMITTED


async def _apply(args: argparse.Namespace, sessions: list[Session]) -> Outcome:
    """`sessions` is told of the session, so that a caller who breaks this off sees how far it came."""
    normal_posting_url(args.url)
    pauses = _pauses(args.pause_scale)
    if not args.draft_picture.parent.is_dir() or args.draft_picture.is_dir():
        raise InvalidMessage(
            f"no file can be written at {args.draft_picture}", where="--draft-picture", remedy="Name a file in a folder"
        )
    library = LocalLibrary(args.profile, args.draft_picture)
    profile = await library.profile()
    for name in profile_documents(profile):  # what is wrong with them is said before a browser is started
        await library.document(name)
    store = FileLeaseStore(args.state_dir or default_state_folder())
    assignment = _assignment(args, profile, await store.identity())
    presser = Presser(
        user_id=assignment.user_id,
        task_uid=assignment.task_uid,
        task_name=assignment.task_name,
        pod_uid=assignment.task_uid,
        allow_duplicate=assignment.allow_duplicate,
    )
    report = Report(TerminalEvents(), assignment.task_uid, assignment.attempt)
    person = TerminalPerson(
        draft_picture=args.draft_picture,
        yes=args.yes,
        question_timeout_seconds=args.question_timeout or None,
        review_timeout_seconds=args.review_timeout or None,
        answers=sys.stdin if sys.stdin is not None and not _is_nothing() else None,
    )
    async with egress_guard([], by_hand=args.egress_allow) as guard, local_browser(guard.port) as browser:
        tabs = await new_page(browser, report.navigate, lambda said: report.chat(f"The page said: {said}"))
        try:
            session = Session(
                assignment=assignment,
                tabs=tabs,
                guard=guard,
                library=library,
                person=person,
                leases=SubmissionLeases(store, presser, assignment.lease_identity),
                report=report,
                clock=Clock(assignment.soft_deadline_seconds),
                pauses=pauses,
                page_seconds=args.page_timeout,
                watch_seconds=args.watch_seconds,
            )
            sessions.append(session)
            return await apply(session)
        finally:
            await tabs.close()


def _assignment(args: argparse.Namespace, profile: Profile, lease_identity: str) -> Assignment:
    """What a pod would be assigned. A person is known by their e-mail address: applying twice is found by it."""
    uid = f"terminal-{uuid.uuid4().hex[:16]}"
    return Assignment(
        task_uid=uid,
        task_name=uid,
        namespace="terminal",
        user_id=(profile.basics.email or getpass.getuser()).casefold(),
        attempt=1,
        url=args.url,
        review=Review.SKIP if args.review == "skip" else Review.REQUIRED,
        owner=Owner.OPERATOR,
        allow_duplicate=args.allow_duplicate,
        soft_deadline_seconds=args.soft_deadline,
        active_deadline_seconds=args.soft_deadline,
        question_timeout_seconds=round(args.question_timeout),
        review_timeout_seconds=round(args.review_timeout),
        lease_identity=lease_identity,
        hold_seconds=args.hold_seconds,
    )


def _pauses(scale: float | None) -> Pauses:
    if scale is None:
        return Pauses.from_environment()
    if not 0 <= scale <= 20:
        raise InvalidMessage(f"{scale} is not a number from 0 to 20", where="--pause-scale", remedy="1 is as shipped")
    return Pauses(scale)


def _is_nothing() -> bool:
    """Whether standard input is closed or the null device: then nobody is there to answer."""
    if sys.stdin.closed:
        return True
    try:
        return Path(f"/dev/fd/{sys.stdin.fileno()}").resolve() == Path("/dev/null")
    except (OSError, ValueError):
        return True


class TerminalEvents:
    """An EventSink that prints what happens, a line each."""

    _QUIET = frozenset(
        {EventType.HITL_REQUEST, EventType.HITL_RESPONSE, EventType.DRAFT_CONFIRM, EventType.APPLIER_COMPLETE}
    )

    def send(self, event: Event) -> None:
        if event.type not in self._QUIET:
            print(f"{event.timestamp} {one_line(event.message)}", file=sys.stderr, flush=True)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(outcome.to_json().decode(), flush=True)
        return
    seconds = " · ".join(f"{stage} {seconds:.1f} s" for stage, seconds in outcome.seconds_by_stage.items())
    print(f"{outcome.reason or 'Failed'}: {one_line(outcome.message)}")
    if outcome.confirmation:
        print(f"The site says: {one_line(outcome.confirmation)}")
    if outcome.reason in (Reason.DUPLICATE_APPLICATION, Reason.SUBMISSION_UNCONFIRMED):
        print("A terminal run has no task to settle: where it did not arrive, apply again with --allow-duplicate.")
    print(f"{outcome.fields_filled} fields filled · {seconds}", flush=True)
