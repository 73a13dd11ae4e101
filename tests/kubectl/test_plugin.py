"""`kubectl jobhunter …` against the real API server. There is no operator here: the test writes status in its place."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import CustomObjectsApi

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_kubectl.__main__ import main
from jobhunter_kubectl.answering import answer
from jobhunter_kubectl.connection import connect
from jobhunter_kubectl.faults import Changed
from jobhunter_kubectl.story import Hints
from real_cluster import Kubectl
from severed_line import SeveredLine

pytestmark = pytest.mark.journey
SCRIPTS = str(Path(sys.executable).parent)
PICTURE = b"\xff\xd8\xff\xe0 a picture"


class Plugin:
    """The command as a person runs it, and a task to run it on."""

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl

    def start(self, *arguments: str, kubeconfig: str | None = None) -> subprocess.Popen[str]:
        env = os.environ | {
            "KUBECONFIG": kubeconfig or self.kubectl.kubeconfig,
            "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
        }
        return subprocess.Popen(
            [self.kubectl.program, "jobhunter", *arguments, "-n", self.kubectl.namespace],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, kubeconfig: str | None = None) -> tuple[int, str]:
        """Exit code, and all that was printed, of the command in this process: a process of its own takes a second."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", kubeconfig or self.kubectl.kubeconfig)
            try:
                code = main([*arguments, "-n", self.kubectl.namespace])
            except SystemExit as left:
                code = int(left.code or 0)
        return code, said.getvalue()

    def task(self, name: str, status: dict[str, Any] | None = None, **spec: Any) -> str:
        said = self.kubectl.apply(
            {
                "apiVersion": "jobhunter.dev/v1alpha1",
                "kind": "ApplicationTask",
                "metadata": {"name": name},
                "spec": {
                    "userId": "asha",
                    "url": "https://careers.example.com/jobs/1",
                    "profileRef": {"name": "asha-profile"},
                }
                | spec,
            }
        )
        assert said.returncode == 0, said.stderr
        if status:
            self.kubectl.status(name, status)
        return name

    def draft(self, name: str, hitl_id: str, *, picture: bytes | None = PICTURE) -> None:
        draft = Draft(
            hitl_id=hitl_id,
            url="https://careers.example.com/jobs/1",
            digest="d",
            fields=[
                DraftField(label="First name", value="Asha", source="profile: application.given_name", required=True)
            ],
        )
        data = {"draft.json": draft.to_json(), **({"draft.jpg": picture} if picture else {})}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{name}-draft"},
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }
        assert self.kubectl.apply(secret).returncode == 0

    def operator(self, name: str, state: str, message: str = "") -> threading.Thread:
        """Writes status.responses for the first answer that appears in the spec, as the operator would."""

        def answer() -> None:
            for _ in range(100):
                task = self.kubectl.get(name)
                if responses := task["spec"].get("responses"):
                    said = {"id": responses[-1]["id"], "state": state, "message": message}
                    self.kubectl.status(
                        name,
                        {
                            "responses": [said],
                            "observedGeneration": task["metadata"]["generation"],
                            "pendingInputs": [],
                        },
                    )
                    return
                time.sleep(0.1)

        thread = threading.Thread(target=answer)
        thread.start()
        return thread


@pytest.fixture
def plugin(kubectl: Kubectl) -> Plugin:
    return Plugin(kubectl)


@pytest.fixture
def line(kubectl: Kubectl, tmp_path: Path) -> Iterator[SeveredLine]:
    """A kubeconfig whose connections can be cut."""
    with SeveredLine(kubectl.kubeconfig, tmp_path / "kubeconfig") as severed:
        yield severed


def asked(id: str = "hitl_1", **fields: Any) -> dict[str, Any]:  # noqa: A002 - the API's word
    deadline = datetime.now(UTC) + timedelta(seconds=120)
    return {
        "id": id,
        "kind": "text",
        "question": "Why us?",
        "deadline": deadline.strftime("%Y-%m-%dT%H:%M:%SZ"),
    } | fields


def waiting(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "WaitingForInput", "attempts": 1, "podName": "p-1", "pendingInputs": list(questions)}


def ended(reason: str, message: str = "") -> dict[str, Any]:
    good = reason == "Submitted"
    return {
        "phase": "Succeeded" if good else "Failed",
        "reason": reason,
        "pendingInputs": [],
        "conditions": [
            {
                "type": "Succeeded",
                "status": "True" if good else "False",
                "reason": reason,
                "message": message,
                "lastTransitionTime": "2026-01-31T09:30:00Z",
            }
        ],
    }


def after(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


# answer


def test_a_question_is_answered_in_words_wherever_the_options_stand(plugin: Plugin) -> None:
    name = plugin.task("answer-one", waiting(asked()))
    operator = plugin.operator(name, "accepted")
    code, said = plugin("answer", name, "I", "like", "--id", "hitl_1", "your", "work")
    operator.join()
    assert (code, said) == (0, "The answer to hitl_1 was accepted.\n")
    assert plugin.kubectl.get(name)["spec"]["responses"] == [{"id": "hitl_1", "value": "I like your work"}]


@pytest.mark.parametrize(
    ("state", "words"), [("refused", "was refused: "), ("late", "was too late: "), ("unknown", "for no question")]
)
def test_an_answer_that_came_to_nothing_is_said_and_fails(plugin: Plugin, state: str, words: str) -> None:
    name = plugin.task(f"answer-{state}", waiting(asked()))
    operator = plugin.operator(name, state, "Because.")
    code, said = plugin("answer", name, "x")
    operator.join()
    assert code == 1
    assert words in said
    assert "Because." in said


def test_a_second_answer_after_a_refusal_replaces_the_first(plugin: Plugin) -> None:
    status = waiting(asked()) | {"responses": [{"id": "hitl_1", "state": "refused", "message": "Too short."}]}
    name = plugin.task(
        "answer-again", status, responses=[{"id": "hitl_1", "value": "x"}, {"id": "hitl_0", "value": "z"}]
    )

    def accept() -> None:
        plugin.kubectl.status(name, {"responses": [{"id": "hitl_1", "state": "accepted"}]})

    timer = after(1.5, accept)
    code, said = plugin("answer", name, "a longer one")
    timer.join()
    assert (code, said) == (0, "The answer to hitl_1 was accepted.\n")
    responses = plugin.kubectl.get(name)["spec"]["responses"]
    assert responses == [{"id": "hitl_0", "value": "z"}, {"id": "hitl_1", "value": "a longer one"}]


def test_an_operator_that_says_nothing_is_not_taken_for_a_yes(plugin: Plugin) -> None:
    name = plugin.task("answer-silence", waiting(asked()))
    code, said = plugin("answer", name, "x")
    assert code == 1
    assert "the operator has not said within 10 s" in said


def test_several_open_questions_are_listed_and_one_must_be_named(plugin: Plugin) -> None:
    name = plugin.task("answer-several", waiting(asked(), asked("hitl_2", question="Since when?")))
    code, said = plugin("answer", name, "x")
    assert code == 2
    for words in ("2 questions are open", "hitl_1", "Why us?", "hitl_2", "Since when?", "Name one of these with --id"):
        assert words in said
    assert "responses" not in plugin.kubectl.get(name)["spec"]
    code, said = plugin("answer", name, "--id", "hitl_9", "x")
    assert code == 2
    assert "no open question has the id hitl_9" in said


def test_bad_answers_are_refused_before_they_are_written(plugin: Plugin) -> None:
    choice = asked(kind="choice", options=["Yes", "No"])
    name = plugin.task("answer-bad", waiting(choice, asked("hitl_2"), asked("hitl_3", kind="secret")))
    for arguments, words in (
        (("--id", "hitl_1", "maybe"), "the answer must be one of: Yes, No"),
        (("--id", "hitl_2", "  "), "the answer is empty"),
        (("--id", "hitl_2", "x" * 4097), "has 4097 characters, more than 4096"),
        (("--id", "hitl_3", "hunter2"), "asks for a secret"),
        (("--id", "hitl_2"), "give either VALUE or --from-secret"),
        (("--id", "hitl_2", "x", "--from-secret", "a/b"), "give either VALUE or --from-secret"),
        (("--id", "hitl_3", "--from-secret", "nokey"), "is not SECRET/KEY"),
    ):
        code, said = plugin("answer", name, *arguments)
        assert code == 2, said
        assert words in said
        assert "hunter2" not in said
    assert "responses" not in plugin.kubectl.get(name)["spec"]


def test_a_secret_question_is_answered_from_a_secret(plugin: Plugin) -> None:
    name = plugin.task("answer-secret", waiting(asked(kind="secret")))
    code, said = plugin("answer", name, "--from-secret", "codes/code")
    assert (code, "Secret codes" in said, "not found" in said) == (3, True, True)
    plugin.kubectl.do("create", "secret", "generic", "codes", "--from-literal=code=123456", "--from-literal=empty=")
    code, said = plugin("answer", name, "--from-secret", "codes/other")
    assert code == 3
    assert "Its keys are: code, empty" in said
    code, said = plugin("answer", name, "--from-secret", "codes/empty")
    assert (code, "the answer is empty" in said) == (2, True)
    operator = plugin.operator(name, "accepted")  # one question is open: it needs no id
    code, said = plugin("answer", name, "--from-secret", "codes/code")
    operator.join()
    assert code == 0, said
    assert "123456" not in said
    assert plugin.kubectl.get(name)["spec"]["responses"] == [
        {"id": "hitl_1", "secretKeyRef": {"name": "codes", "key": "code"}}
    ]


def test_people_answering_at_once_lose_nothing(plugin: Plugin, kubectl: Kubectl) -> None:
    ids = [f"hitl_{number}" for number in range(4)]
    name = plugin.task("answer-race", waiting(*[asked(each) for each in ids]))

    def mine(each: str) -> int:
        tasks = connect(kubectl.kubeconfig, None, kubectl.namespace)
        return answer(tasks, name, Hints(name), id=each, value="mine", secret=None)

    written: set[str] = set()
    with ThreadPoolExecutor(4) as people:
        codes = [people.submit(mine, each) for each in ids]
        while written != set(ids) and not all(code.done() for code in codes):
            written = {response["id"] for response in plugin.kubectl.get(name)["spec"].get("responses", [])}
        plugin.kubectl.status(name, {"responses": [{"id": each, "state": "accepted"} for each in ids]})
        assert [code.result() for code in codes] == [0, 0, 0, 0]
    assert written == set(ids)


def test_where_there_is_nothing_to_answer_it_is_said(plugin: Plugin) -> None:
    code, said = plugin("answer", plugin.task("answer-none", {"phase": "Running"}), "x")
    assert code == 6
    assert "no question is open, the task is Running. Wait for one with kubectl jobhunter" in said
    code, said = plugin("answer", plugin.task("answer-ended", ended("Rejected", "You said no.")), "x")
    assert code == 6
    assert "the task has ended (Rejected: You said no.)" in said


# draft


def test_the_draft_s_table_is_printed_and_its_picture_saved(plugin: Plugin, tmp_path: Path) -> None:
    name = plugin.task("draft-good", waiting(asked("draft_1", kind="review")))
    plugin.draft(name, "draft_1")
    code, said = plugin("draft", name, "-o", str(tmp_path / "draft.jpg"))
    assert code == 0, said
    assert "First name *  Asha   profile: application.given_name  100%" in said
    assert (tmp_path / "draft.jpg").read_bytes() == PICTURE
    code, said = plugin("draft", name)
    assert (code, f"draft {name} -o draft.jpg" in said) == (0, True)
    code, said = plugin("draft", name, "-o", str(tmp_path / "no" / "folder.jpg"))
    assert (code, "cannot be written: No such file or directory" in said) == (2, True)


def test_a_draft_that_is_not_there_is_said(plugin: Plugin, tmp_path: Path) -> None:
    code, said = plugin("draft", plugin.task("draft-none", {"phase": "Running"}))
    assert (code, "no draft yet, the task is Running" in said) == (6, True)
    code, said = plugin("draft", plugin.task("draft-ended", ended("PostingClosed")))
    assert (code, "no draft was kept before it ended (PostingClosed)" in said) == (6, True)
    name = plugin.task("draft-bare")
    plugin.draft(name, "draft_1", picture=None)
    code, said = plugin("draft", name, "-o", str(tmp_path / "x.jpg"))
    assert (code, "the draft has no picture" in said) == (6, True)
    code, said = plugin("draft", "draft-nobody")
    assert (code, "task draft-nobody in namespace" in said, "not found" in said) == (3, True, True)


def test_the_draft_of_a_task_whose_profile_the_store_keeps_is_on_the_dashboard(plugin: Plugin) -> None:
    name = plugin.task("draft-store", waiting(asked("draft_1", kind="review")), profileRef=None)
    plugin.draft(name, "draft_0")  # of an earlier task of this name, say
    code, said = plugin("draft", name)
    uid = plugin.kubectl.get(name)["metadata"]["uid"]
    assert (code, f"http://127.0.0.1:8080/tasks/{uid}" in said, "Asha" in said) == (6, True, False)
    assert f"answer {name} confirm" in said
    telling = plugin.operator(name, "accepted")
    code, said = plugin("answer", name, "confirm")
    telling.join()
    assert (code, said) == (0, "The answer to draft_1 was accepted.\n")


def test_a_task_of_another_shape_is_told_in_words(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"metadata": {"name": "odd"}, "spec": {"userId": "asha\u00a0rao", "url": "https://careers.example.com/1"}}
    monkeypatch.setattr(CustomObjectsApi, "get_namespaced_custom_object", lambda *_, **__: body)
    code, said = plugin("watch", "odd")
    assert (code, "spec.userId" in said, "Traceback" in said) == (2, True, False)


# settle and cancel


def test_an_unconfirmed_submission_is_settled_once(plugin: Plugin) -> None:
    name = plugin.task("settle-good", ended("SubmissionUnconfirmed", "No answer came."))
    code, said = plugin("settle", name, "not-sent")
    assert (code, said.startswith(f"{name} will be settled as not-sent. See it with ")) == (0, True)
    assert plugin.kubectl.get(name)["spec"]["settle"] == "notSent"
    assert plugin("settle", name, "not-sent") == (0, f"That {name} is not-sent was said already.\n")
    code, said = plugin("settle", name, "sent")
    assert (code, "is settled as notSent already" in said) == (6, True)


def test_only_an_unconfirmed_submission_is_settled(plugin: Plugin) -> None:
    code, said = plugin("settle", plugin.task("settle-running", {"phase": "Running"}), "sent")
    assert (code, "the task has not ended" in said) == (6, True)
    code, said = plugin("settle", plugin.task("settle-done", ended("Submitted")), "sent")
    assert (code, "there is nothing to settle, the task has ended with Submitted" in said) == (6, True)
    code, said = plugin("settle", "settle-done", "perhaps")
    assert (code, "invalid choice" in said) == (2, True)


def test_a_task_is_cancelled_while_it_runs(plugin: Plugin) -> None:
    name = plugin.task("cancel-good", {"phase": "Running"})
    code, said = plugin("cancel", name)
    assert (code, f"{name} will be cancelled" in said) == (0, True)
    assert plugin.kubectl.get(name)["spec"]["cancel"] is True
    assert plugin("cancel", name)[0] == 0
    code, said = plugin("cancel", plugin.task("cancel-ended", ended("Submitted")))
    assert (code, "has ended already (Submitted)" in said) == (6, True)
    assert plugin.kubectl.get("cancel-ended")["spec"]["cancel"] is False


# watch


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


# connection


def test_what_is_not_there_forbidden_or_unreachable_is_said(plugin: Plugin, kubectl: Kubectl, tmp_path: Path) -> None:
    code, said = plugin("watch", "nobody")
    assert (code, "not found" in said, "kubectl get apptask -A" in said) == (3, True, True)

    kubectl.do("create", "serviceaccount", "stranger")
    token = kubectl.do("create", "token", "stranger").strip()
    whole = yaml.safe_load(Path(kubectl.kubeconfig).read_text())
    whole["users"][0]["user"] = {"token": token}
    (tmp_path / "stranger").write_text(yaml.safe_dump(whole))
    code, said = plugin("watch", "nobody", kubeconfig=str(tmp_path / "stranger"))
    assert (code, "cannot get resource" in said, "Ask whoever runs the cluster" in said) == (4, True, True)

    whole["users"][0]["user"] = {"token": "made-up"}
    (tmp_path / "unknown").write_text(yaml.safe_dump(whole))
    code, said = plugin("watch", "nobody", kubeconfig=str(tmp_path / "unknown"))
    assert (code, "does not know you" in said) == (4, True)

    whole["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    (tmp_path / "dead").write_text(yaml.safe_dump(whole))
    code, said = plugin("cancel", "nobody", kubeconfig=str(tmp_path / "dead"))
    assert (code, "does not answer" in said, "kubectl cluster-info" in said) == (5, True, True)


def test_a_kubeconfig_that_cannot_be_used_is_said(plugin: Plugin, kubectl: Kubectl, tmp_path: Path) -> None:
    code, said = plugin("cancel", "x", "--kubeconfig", str(tmp_path / "none"))
    assert (code, "no kubeconfig there" in said) == (2, True)
    code, said = plugin("cancel", "x", "--context", "other")
    assert (code, "no context 'other'" in said, "Name one of: " in said) == (2, True, True)
    (tmp_path / "bad").write_text("just words")
    code, said = plugin("cancel", "x", kubeconfig=str(tmp_path / "bad"))
    assert code == 2, said
    assert "kubeconfig" in said
    assert "Traceback" not in said


def test_the_namespace_is_the_context_s_where_none_is_named(kubectl: Kubectl, tmp_path: Path) -> None:
    whole = yaml.safe_load(Path(kubectl.kubeconfig).read_text())
    for context in whole["contexts"]:
        context["context"]["namespace"] = kubectl.namespace
    (tmp_path / "config").write_text(yaml.safe_dump(whole))
    assert connect(str(tmp_path / "config"), None, None).namespace == kubectl.namespace
    assert connect(kubectl.kubeconfig, None, None).namespace == "default"
    assert connect(kubectl.kubeconfig, None, "other").namespace == "other"


def test_words_that_are_no_option_of_ours_are_refused(plugin: Plugin) -> None:
    for arguments in (("answer", "x", "--force", "yes"), ("cancel", "x", "y"), ("watch",), ()):
        assert plugin(*arguments)[0] == 2


def test_the_help_names_every_command() -> None:
    said = subprocess.run([f"{SCRIPTS}/kubectl-jobhunter", "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("watch", "answer", "draft", "settle", "cancel", "exit codes"):
        assert command in said
