"""`kubectl jobhunter …` against the real API server. There is no operator here: the test writes status in its place."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from kubernetes.client import CustomObjectsApi

from jobhunter_kubectl.answering import answer
from jobhunter_kubectl.connection import connect
from jobhunter_kubectl.story import Hints
from plugin_command import PICTURE, SCRIPTS, Plugin, after, asked, ended, waiting
from real_cluster import Kubectl

pytestmark = pytest.mark.journey


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
