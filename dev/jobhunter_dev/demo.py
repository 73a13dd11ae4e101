"""`make demo`: one application on a real cluster, from a manifest to what the site received.

Its dashboard's address is printed: with a terminal attached the person reviews the draft there, without one the command
confirms it as the dashboard would. The first half runs on the
system's Python and builds all there is to build; the second runs in the virtual environment that the first made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from . import ground, toolchain, wall_times
from .environment import PYTHON, VENV
from .errors import DevError, StepFailed
from .home import Home
from .installation import REPOSITORY, SESSIONS, Installation, site_url
from .kubectl import Kubectl, wait_until
from .progress import Progress

if TYPE_CHECKING:
    from .gateway_client import GatewayClient

EXAMPLES = REPOSITORY / "examples"
PROFILE_SECRET = "asha-profile"  # noqa: S105 - the name of a Secret
KIND = "greenhouse"
PICTURE = REPOSITORY / "build" / "demo" / "draft.jpg"
SECONDS = 600
"""Longer than a draft waits for a person."""
BEGAN = "JOBHUNTER_DEMO_BEGAN"
IS_FIRST = "JOBHUNTER_DEMO_IS_FIRST"


def main() -> int:
    """0 when the application was submitted."""
    home = Home.of_environment()
    try:
        if BEGAN not in os.environ:
            began = str(time.monotonic())
            first = "" if ground.uses_current_cluster() or toolchain.is_built(home) or sys.stdin.isatty() else "yes"
            ground.build(Progress(sys.stdout), home)
            sys.stdout.flush()
            os.execve(  # noqa: S606 - the same command, on the Python that was just made
                PYTHON,
                [str(PYTHON), "-m", "jobhunter_dev.demo", *sys.argv[1:]],
                {**os.environ, BEGAN: began, IS_FIRST: first},
            )
        progress = Progress(sys.stdout, began=float(os.environ[BEGAN]))
        place, _ = ground.lay(progress, home)
        code = apply(place, progress)
        if code == 0 and os.environ.get(IS_FIRST):
            took = time.monotonic() - float(os.environ[BEGAN])
            wall_times.keep(home, wall_times.Command.FIRST_DEMO, took)
    except StepFailed as failed:
        print(f"{failed}\n{failed.tail}".rstrip(), file=sys.stderr)
        return 1
    except DevError as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run it again: it goes on from here.", file=sys.stderr)
        return 130
    progress.note("make demo ends")
    return code


def apply(place: Installation, progress: Progress) -> int:
    """The main job: profile and task applied, watched, the draft confirmed; what the site received is printed."""
    from .gateway_client import reached
    from .live_view import LiveView

    kubectl, job = place.kubectl, str(int(time.time()))
    name = f"demo-{job}"
    profile_secret(kubectl, PROFILE_SECRET)
    manifest = EXAMPLES / "application-task.yaml"
    task = task_manifest(name, site_url(KIND, job))
    with reached(kubectl, task["spec"]["userId"]) as gateway:
        keep_profile(gateway)
        progress.note(f"dashboard: {gateway.address}/login#token={gateway.token}")
        progress.note(
            f"applying {manifest.relative_to(REPOSITORY)} as {name}, for a posting that nobody applied for yet"
        )
        kubectl.apply(task)
        uid = str((kubectl.get("applicationtask", name, SESSIONS) or {})["metadata"]["uid"])
        follower = plugin(kubectl, "watch", name, wait=False)
        try:
            with LiveView(gateway.socket_url(uid)) as view:
                review(gateway, uid, progress)
                ended = wait_until("the end of the task", lambda: _ended(kubectl, name), seconds=SECONDS)
        finally:
            try:
                follower.wait(10)
            except subprocess.TimeoutExpired:
                follower.terminate()
        show_outcome(place, ended, job)
        print(f"Live view: {view.frames} frames and {len(view.events)} events reached the dashboard's socket.")
        if sys.stdin.isatty():
            print(
                f"The dashboard stays at {gateway.address} until you press Enter; new tasks can be started there.",
                flush=True,
            )
            sys.stdin.readline()
    return 0 if ended["status"].get("reason") == "Submitted" else 1


def keep_profile(gateway: GatewayClient) -> None:
    """The example's profile and résumé in the store too, for the tasks that are started in the dashboard."""
    from .gateway_client import Refused

    try:
        gateway.call("GET", "/api/profile")
    except Refused as refused:
        if refused.status != 404:
            raise
        text = (EXAMPLES / "profile.yaml").read_bytes()
        gateway.call("PUT", "/api/profile", text, Content_Type="application/yaml")
        gateway.upload("resume", "cv.pdf", (EXAMPLES / "cv.pdf").read_bytes())


def profile_secret(kubectl: Kubectl, name: str) -> None:
    """The example's profile and résumé as a Secret beside the tasks."""
    text = kubectl.run(
        *("create", "secret", "generic", name, "-n", SESSIONS),
        f"--from-file=profile.yaml={EXAMPLES / 'profile.yaml'}",
        f"--from-file=cv.pdf={EXAMPLES / 'cv.pdf'}",
        *("--dry-run=client", "-o", "json"),
    )
    kubectl.apply(text)


def task_manifest(name: str, url: str) -> dict[str, Any]:
    """The example's manifest under another name and for another posting, since nobody applies for one twice."""
    import yaml

    manifest: dict[str, Any] = yaml.safe_load((EXAMPLES / "application-task.yaml").read_text())
    manifest["metadata"] |= {"name": name, "namespace": SESSIONS}
    manifest["spec"]["url"] = url
    return manifest


def review(gateway: GatewayClient, uid: str, progress: Progress) -> None:
    """Returns when the task asks for nothing more: the person answered in the dashboard, or the command confirmed the draft."""
    seen = set[str]()
    while True:
        task = wait_until("a draft", lambda: _asks_or_ended(gateway, uid, seen), seconds=SECONDS, pause=1)
        pending = [item for item in task["pending_inputs"] if item["id"] not in seen]
        if not pending:
            return
        item = pending[0]
        seen.add(item["id"])
        is_draft = item["kind"] == "review"
        if is_draft:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            PICTURE.write_bytes(gateway.call("GET", f"/api/tasks/{uid}/pictures/draft"))
            progress.note(f"the draft's picture lies in {PICTURE.relative_to(REPOSITORY)}")
        else:
            print(f"The site asks: {item['question']} {item.get('options') or ''}")
        if sys.stdin.isatty():
            progress.note(f"waiting for you in the dashboard: {gateway.address}/tasks/{uid}")
        elif is_draft:
            progress.note("no terminal is attached: confirming by POST /api/hitl/resolve")
            gateway.resolve(uid, item["id"], "confirm")
        else:
            raise DevError(f"The site asks {item['question']!r} and no terminal is attached.", "Run it in a terminal.")


def plugin(kubectl: Kubectl, *arguments: str, wait: bool = True, quiet: bool = False) -> subprocess.Popen[bytes]:
    """`kubectl jobhunter ...` as the distribution installs it, its output shown unless it is to be quiet."""
    env = kubectl.env()
    env["PATH"] = f"{VENV / 'bin'}:{env['PATH']}"
    sys.stdout.flush()
    process = subprocess.Popen(
        [kubectl.program("kubectl"), "jobhunter", *arguments, "-n", SESSIONS],
        env=env,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    if wait and process.wait(120) != 0:
        raise DevError(f"kubectl jobhunter {' '.join(arguments)} ended with code {process.returncode}.")
    return process


def show_outcome(place: Installation, task: dict[str, Any], job: str) -> None:
    """What the site received beside the profile, the outcome, and where the seconds went."""
    import yaml

    from .expected import differences, expected_answers

    status = task["status"]
    posts = place.site_record(KIND, job)
    accepted = [post for post in posts if post["outcome"] == "accepted"]
    print(f"\nThe site received {len(posts)} post(s), and accepted {len(accepted)}:")
    wanted = expected_answers(yaml.safe_load((EXAMPLES / "profile.yaml").read_text()), EXAMPLES / "cv.pdf")
    for post in accepted:
        print(f"  {'field':22} {'received':44} the profile says")
        for token, value in sorted(post["fields"].items()):
            print(f"  {token:22} {str(value)[:44]:44} {_shown(wanted.get(token))}")
        for token, file in sorted(post["files"].items()):
            print(f"  {token:22} {file['filename']} ({file['size']} bytes) {_shown(wanted.get(token))}")
        found = differences(place.kubectl, KIND, job, wanted)
        odd = [item for item in found if item.get("token") in wanted]
        compared = len(post["fields"]) + len(post["files"])
        print(f"  The site's judge compared {compared} values: {len(odd)} differ from the profile.")
        for item in odd:
            print(f"    {item}")
    result = status.get("result") or {}
    print(f"\nOutcome: {status.get('reason')}. {result.get('confirmation') or ''}")
    seconds = result.get("secondsByStage") or {}
    if seconds:
        print("Seconds by stage: " + ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items()))
    ready = [c["lastTransitionTime"] for c in status.get("conditions") or [] if c["type"] == "BrowserReady"]
    print(
        f"Task created {task['metadata']['creationTimestamp']}, browser ready {ready[0] if ready else 'never'},"
        f" ended {status.get('completionTime')}"
    )


def _shown(value: Any) -> str:
    if value is None:
        return "- (by rule or choice)"
    if isinstance(value, dict):
        return f"{value['filename']} ({value['size']} bytes)" if "filename" in value else str(value)
    return str(value)


def _ended(kubectl: Kubectl, name: str) -> dict[str, Any] | None:
    task = kubectl.get("applicationtask", name, SESSIONS)
    if task is None:
        raise DevError(f"The task {name} is gone.", "Somebody deleted it; run it again.")
    return task if task.get("status", {}).get("completionTime") else None


def _asks_or_ended(gateway: GatewayClient, uid: str, seen: set[str]) -> dict[str, Any] | None:
    """The task as the gateway tells it, once it asks for something that was not seen yet, or has ended."""
    from .gateway_client import Refused

    try:
        task: dict[str, Any] = gateway.call("GET", f"/api/tasks/{uid}")
    except Refused as refused:
        if refused.status == 404:  # it was created a moment ago, and the gateway has not heard of it yet
            return None
        raise
    if task["completed_at"]:
        return {**task, "pending_inputs": []}
    return task if any(item["id"] not in seen for item in task["pending_inputs"]) else None


if __name__ == "__main__":
    sys.exit(main())
