"""`make demo`: one application on a real cluster, from a manifest to what the site received.

Without a terminal the draft is confirmed by the command itself; with one the person is asked. The first half runs on the
system's Python and builds all there is to build; the second runs in the virtual environment that the first made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from . import ground
from .environment import PYTHON, VENV
from .errors import DevError, StepFailed
from .home import Home
from .installation import REPOSITORY, SESSIONS, Installation, site_url
from .kubectl import Kubectl, wait_until
from .progress import Progress

EXAMPLES = REPOSITORY / "examples"
PROFILE_SECRET = "asha-profile"  # noqa: S105 - the name of a Secret
KIND = "greenhouse"
PICTURE = REPOSITORY / "build" / "demo" / "draft.jpg"
SECONDS = 300
BEGAN = "JOBHUNTER_DEMO_BEGAN"


def main() -> int:
    """0 when the application was submitted."""
    home = Home.of_environment()
    try:
        if BEGAN not in os.environ:
            began = str(time.monotonic())
            ground.build(Progress(sys.stdout), home)
            sys.stdout.flush()
            os.execve(  # noqa: S606 - the same command, on the Python that was just made
                PYTHON, [str(PYTHON), "-m", "jobhunter_dev.demo", *sys.argv[1:]], {**os.environ, BEGAN: began}
            )
        progress = Progress(sys.stdout, began=float(os.environ[BEGAN]))
        place, _ = ground.lay(progress, home)
        code = apply(place, progress)
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
    """The main job: profile Secret and task applied, followed, confirmed; what the site received is printed."""
    kubectl, job = place.kubectl, str(int(time.time()))
    name = f"demo-{job}"
    profile_secret(kubectl, PROFILE_SECRET)
    manifest = EXAMPLES / "application-task.yaml"
    progress.note(f"applying {manifest.relative_to(REPOSITORY)} as {name}, for a posting that nobody applied for yet")
    kubectl.apply(task_manifest(name, site_url(KIND, job)))
    follower = plugin(kubectl, "watch", name, wait=False)
    try:
        review(kubectl, name, progress)
        task = wait_until("the end of the task", lambda: _ended(kubectl, name), seconds=SECONDS)
    finally:
        try:
            follower.wait(10)
        except subprocess.TimeoutExpired:
            follower.terminate()
    show_outcome(place, task, job)
    return 0 if task["status"].get("reason") == "Submitted" else 1


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


def review(kubectl: Kubectl, name: str, progress: Progress) -> None:
    """Shows the draft when it is there, and confirms it: by the person at the terminal, or by the command itself."""
    answered = set[str]()
    while True:
        task = wait_until("a draft", lambda: _asks_or_ended(kubectl, name, answered), seconds=SECONDS)
        pending = [item for item in task["status"].get("pendingInputs") or [] if item["id"] not in answered]
        if not pending:
            return
        item = pending[0]
        is_draft = item["kind"] == "review"
        if is_draft:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            plugin(kubectl, "draft", name, "-o", str(PICTURE), quiet=True)  # its table is in what watch tells
            progress.note(f"the draft's picture lies in {PICTURE.relative_to(REPOSITORY)}")
        else:
            print(f"The site asks: {item['question']} {item.get('options') or ''}")
        if sys.stdin.isatty():
            answer = input(
                "Your answer (confirm, reject, or what to change): " if is_draft else "Your answer: "
            ).strip()
            if not answer:
                print("An empty answer decides nothing.")
                continue
        elif is_draft:
            progress.note("no terminal is attached: confirming by kubectl jobhunter answer")
            answer = "confirm"
        else:
            raise DevError(f"The site asks {item['question']!r} and no terminal is attached.", "Run it in a terminal.")
        plugin(kubectl, "answer", name, "--id", item["id"], answer)
        answered.add(item["id"])


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


def _asks_or_ended(kubectl: Kubectl, name: str, answered: set[str]) -> dict[str, Any] | None:
    ended = _ended(kubectl, name)
    if ended is not None:
        return {**ended, "status": {**ended["status"], "pendingInputs": []}}
    task = kubectl.get("applicationtask", name, SESSIONS) or {}
    pending = task.get("status", {}).get("pendingInputs") or []
    return task if any(item["id"] not in answered for item in pending) else None


if __name__ == "__main__":
    sys.exit(main())
