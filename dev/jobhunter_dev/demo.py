"""`make demo`: one application on a real cluster, from a manifest to what the site received.

Without a terminal the draft is confirmed by the command itself; with one the person is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import ground
from .environment import VENV
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


def main() -> int:
    """0 when the application was submitted."""
    began = time.monotonic()
    home, progress = Home.of_environment(), Progress(sys.stdout)
    try:
        ground.build(progress, home)
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
    progress.note(f"make demo took {time.monotonic() - began:.1f} s")
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


def task_manifest(name: str, url: str) -> str:
    """The example's manifest under another name and for another posting, since nobody applies for one twice."""
    text = (EXAMPLES / "application-task.yaml").read_text()
    lines = []
    for line in text.splitlines():
        key = line.strip().split(":")[0]
        indent = line[: len(line) - len(line.lstrip())]
        if key == "name" and indent == "  " and not any(item.strip().startswith("name:") for item in lines):
            line = f"{indent}name: {name}"
        elif key == "url":
            line = f"{indent}url: {url}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def review(kubectl: Kubectl, name: str, progress: Progress) -> None:
    """Shows the draft when it is there, and confirms it: by the person at the terminal, or by the command itself."""
    answered = set[str]()
    while True:
        task = wait_until("a draft", lambda: _asks_or_ended(kubectl, name, answered), seconds=SECONDS)
        pending = [item for item in task["status"].get("pendingInputs") or [] if item["id"] not in answered]
        if not pending:
            return
        item = pending[0]
        if item["kind"] == "review":
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            plugin(kubectl, "draft", name, "-o", str(PICTURE))
            progress.note(f"the draft's picture lies in {PICTURE.relative_to(REPOSITORY)}")
        else:
            print(f"The site asks: {item['question']} {item.get('options') or ''}")
        answer = "confirm" if item["kind"] == "review" else ""
        if sys.stdin.isatty():
            said = input("Your answer (confirm, reject, or what to change): " if answer else "Your answer: ").strip()
            if not said:
                print("An empty answer decides nothing.")
                continue
            answer = said
        elif answer:
            progress.note("no terminal is attached: confirming by kubectl jobhunter answer")
        if not answer:
            raise DevError(f"The site asks {item['question']!r} and no terminal is attached.", "Run it in a terminal.")
        plugin(kubectl, "answer", name, "--id", item["id"], answer)
        answered.add(item["id"])


def plugin(kubectl: Kubectl, *arguments: str, wait: bool = True) -> subprocess.Popen[bytes]:
    """`kubectl jobhunter ...` as the distribution installs it, its output shown."""
    env = kubectl.env()
    env["PATH"] = f"{VENV / 'bin'}:{env['PATH']}"
    sys.stdout.flush()
    process = subprocess.Popen([kubectl.program("kubectl"), "jobhunter", *arguments, "-n", SESSIONS], env=env)
    if wait and process.wait(120) != 0:
        raise DevError(f"kubectl jobhunter {' '.join(arguments)} ended with code {process.returncode}.")
    return process


def show_outcome(place: Installation, task: dict[str, Any], job: str) -> None:
    """What the site received beside the profile, the outcome, and where the seconds went."""
    status = task["status"]
    posts = place.site_record(KIND, job)
    accepted = [post for post in posts if post.get("outcome") == "accepted"]
    print(f"\nThe site received {len(posts)} post(s), and accepted {len(accepted)}:")
    profile = (EXAMPLES / "profile.yaml").read_text()
    for post in accepted:
        print(f"  {'field':24} {'received':44} in the profile")
        for token, value in sorted(post["fields"].items()):
            shown = str(value)
            print(f"  {token:24} {shown[:44]:44} {'yes' if shown and shown in profile else 'by rule or choice'}")
        for token, file in sorted(post.get("files", {}).items()):
            print(f"  {token:24} {file['filename']} ({file['size']} bytes)")
    result = status.get("result") or {}
    print(f"\nOutcome: {status.get('reason')}  {result.get('confirmation') or ''}")
    seconds = result.get("secondsByStage") or {}
    if seconds:
        print("Seconds by stage: " + ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items()))
    ready = _moment(status, "BrowserReady")
    print(f"Task created {task['metadata']['creationTimestamp']}, browser ready {ready}, ended {status.get('completionTime')}")


def _moment(status: dict[str, Any], kind: str) -> str:
    found = [c["lastTransitionTime"] for c in status.get("conditions") or [] if c["type"] == kind]
    return str(found[0]) if found else "never"


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
