"""`kubectl jobhunter watch` against the real API server: the story is told to the end, whatever becomes of the connection."""

from __future__ import annotations

import subprocess
import time

import pytest

from jobhunter_kubectl.connection import connect
from jobhunter_kubectl.faults import Changed
from plugin_command import Plugin, after, asked, ended, waiting
from real_cluster import Kubectl
from severed_line import SeveredLine

pytestmark = pytest.mark.journey


class Watched:
    """A watch in a process of its own, through `kubectl jobhunter`, read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, words: str) -> None:
        """Reads until a line holds `words`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if words in line:
                return
        raise AssertionError(
            f"{words!r} was never told: {self.lines} {self.process.stderr and self.process.stderr.read()}"
        )

    def end(self) -> int:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.lines += self.process.stdout.read().splitlines()
        assert self.process.stderr.read() == ""
        return self.process.wait(30)


def test_watch_tells_the_story_and_ends_with_the_task(plugin: Plugin) -> None:
    name = plugin.task("watch-good", {"phase": "Queued"})
    plugin.draft(name, "draft_1")
    watched = Watched(plugin.start("watch", name, "--timeout", "60"))
    watched.until("Queued")
    plugin.kubectl.status(name, {"phase": "Starting", "attempts": 1, "podName": "watch-good-1"})
    watched.until("Starting (attempt 1, pod watch-good-1)")
    plugin.kubectl.status(name, waiting(asked("draft_1", kind="review", question="Send this?")))
    watched.until("Draft draft_1 (waits until")
    watched.until("First name *  Asha   profile: application.given_name  100%")
    plugin.kubectl.status(
        name, {"phase": "Running", "pendingInputs": [], "responses": [{"id": "draft_1", "state": "accepted"}]}
    )
    watched.until("Answer to draft_1 accepted")
    plugin.kubectl.status(
        name, ended("Submitted", "The site confirmed it.") | {"result": {"confirmation": "Thank you!"}}
    )
    watched.until("Submitted: The site confirmed it.")
    assert watched.end() == 0
    assert watched.lines[0].endswith("watch-good: https://careers.example.com/jobs/1 for asha")
    assert watched.lines[-1].endswith("The site says: Thank you!")


def test_watch_says_at_once_where_the_draft_of_a_store_s_task_is(plugin: Plugin) -> None:
    name = plugin.task("watch-store", waiting(asked("draft_1", kind="review")), profileRef=None)
    begun = time.monotonic()
    code, said = plugin("watch", name, "--timeout", "1")
    assert (code, "see it on the dashboard, at /tasks/" in said) == (124, True)
    assert f"answer {name} --id draft_1 confirm" in said
    assert "draft.jpg" not in said
    assert time.monotonic() - begun < 4, "a Secret that will not come is not waited for"


def test_watch_fails_with_any_other_end_and_shows_an_ended_task_at_once(plugin: Plugin) -> None:
    code, said = plugin("watch", plugin.task("watch-ended", ended("PostingClosed", "It says so.")))
    assert (code, "PostingClosed: It says so." in said) == (1, True)


def test_watch_stops_at_its_timeout_and_at_a_deletion(plugin: Plugin) -> None:
    name = plugin.task("watch-gone", {"phase": "Running"})
    code, said = plugin("watch", name, "--timeout", "1")
    assert (code, "Not ended after 1 s" in said) == (124, True)
    timer = after(1.0, lambda: plugin.kubectl.do("delete", "apptask", name))
    code, said = plugin("watch", name, "--timeout", "30")
    timer.join()
    assert (code, "The task was deleted." in said) == (1, True)


def test_watch_goes_on_after_lost_connections(plugin: Plugin, line: SeveredLine) -> None:
    name = plugin.task("watch-cut", {"phase": "Queued"})
    watched = Watched(plugin.start("watch", name, "--timeout", "60", kubeconfig=line.kubeconfig))
    watched.until("Queued")
    line.cut()
    plugin.kubectl.status(name, {"phase": "Running"})
    watched.until("the API server does not answer")
    line.mend()
    watched.until("The API server answers again.")
    watched.until("Running")
    line.cut()
    line.mend()
    plugin.kubectl.status(name, ended("Submitted"))
    watched.until("Submitted")
    assert watched.end() == 0
    assert sum("Queued" in told for told in watched.lines) == 1


def test_an_expired_watch_is_known_as_such_by_the_api_server_s_410(plugin: Plugin, kubectl: Kubectl) -> None:
    tasks = connect(kubectl.kubeconfig, None, kubectl.namespace)
    task = tasks.read(plugin.task("watch-old"))
    task.metadata["resourceVersion"] = "1"
    with pytest.raises(Changed):
        list(tasks.changes(task, 5))
