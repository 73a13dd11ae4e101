"""What the real API server says to good and bad manifests: its own words are what a person reads."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from real_cluster import Kubectl

pytestmark = pytest.mark.journey
EXAMPLES = Path(__file__).parents[2] / "examples"
_numbers = count(1)


def manifest(**spec: Any) -> dict[str, Any]:
    """A good task of a name of its own, changed by `spec`; None takes a field away."""
    whole = {"userId": "asha", "url": "https://careers.example.com/jobs/1"} | spec
    return {
        "apiVersion": "jobhunter.dev/v1alpha1",
        "kind": "ApplicationTask",
        "metadata": {"name": f"task-{next(_numbers)}"},
        "spec": {key: value for key, value in whole.items() if value is not None},
    }


def made(kubectl: Kubectl, **spec: Any) -> str:
    """Name of a task that the API server took."""
    task = manifest(**spec)
    said = kubectl.apply(task)
    assert said.returncode == 0, said.stderr
    return str(task["metadata"]["name"])


def refused(kubectl: Kubectl, **spec: Any) -> str:
    """The API server's words to a task that it refuses."""
    said = kubectl.apply(manifest(**spec))
    assert said.returncode != 0, f"{spec} was taken"
    return str(said.stderr)


def change(kubectl: Kubectl, name: str, **spec: Any) -> Any:
    return kubectl("patch", "apptask", name, "--type=merge", "-p", json.dumps({"spec": spec}))


def test_the_shortest_task_is_taken_and_gets_its_defaults(kubectl: Kubectl) -> None:
    spec = kubectl.get(made(kubectl))["spec"]
    assert spec["review"] == "Required"
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["softDeadlineSeconds"]) == (1, 900, 600)
    assert (spec["questionTimeoutSeconds"], spec["reviewTimeoutSeconds"]) == (120, 300)
    assert (spec["cancel"], spec["suspend"], spec["allowDuplicate"], spec["priority"]) == (False, False, False, 0)
    assert "ttlSecondsAfterFinished" not in spec


@pytest.mark.parametrize("user", ["åsa@example.org", "अशा", "auth0|5f7c", "\u200basha"])
def test_user_ids_of_all_scripts_are_taken(kubectl: Kubectl, user: str) -> None:
    assert kubectl.get(made(kubectl, userId=user))["spec"]["userId"] == user


def test_a_task_with_everything_is_taken(kubectl: Kubectl) -> None:
    made(
        kubectl,
        url="HTTPS://Careers.Example.com:8443/jobs/1?a=%20b&c=d#/apply",
        review="Skip",
        profileRef={"name": "asha-profile"},
        responses=[{"id": "hitl_1", "value": "Yes"}, {"id": "hitl_2", "secretKeyRef": {"name": "s", "key": "k"}}],
        priority=-1000,
        suspend=True,
        backoffLimit=0,
        activeDeadlineSeconds=60,
        softDeadlineSeconds=60,
        questionTimeoutSeconds=5,
        reviewTimeoutSeconds=604800,
        ttlSecondsAfterFinished=0,
        allowDuplicate=True,
        podTemplate={
            "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "tolerations": [{"key": "jobs", "operator": "Exists", "effect": "NoSchedule"}],
            "priorityClassName": "low",
            "runtimeClassName": "gvisor",
        },
    )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"prompt": "Find me a job in Berlin"}, "give exactly one of url and prompt"),
        ({"url": None}, "give exactly one of url and prompt"),
        ({"url": None, "prompt": "Find me a job in Berlin"}, "prompt is not served by this version"),
        ({"url": "ftp://careers.example.com/1"}, "url must be an http or https address with a host"),
        ({"url": "javascript:alert(1)"}, "url must be an http or https address with a host"),
        ({"url": "careers.example.com/jobs/1"}, "url must be an http or https address with a host"),
        ({"url": "https:///jobs/1"}, "url must be an http or https address with a host"),
        ({"url": "https://a b.example/"}, "url must be an http or https address with a host"),
        ({"url": "https://asha:secret@example.com/1"}, "url must not carry a user name or password"),
        ({"url": "https://asha@example.com/1"}, "url must not carry a user name or password"),
        ({"url": "https://example.com/" + "x" * 2048}, "may not be more than 2048 bytes"),
        ({"url": ""}, "spec.url"),
        ({"userId": None}, "spec.userId: Required value"),
        ({"userId": ""}, "spec.userId"),
        *(
            ({"userId": f"a{space}b"}, "spec.userId in body should match")
            for space in " \t\u00a0\u2003\u2028\u3000\x85"
        ),
        ({"review": "Never"}, 'Unsupported value: "Never": supported values: "Required", "Skip"'),
        ({"settle": "maybe"}, 'supported values: "sent", "notSent"'),
        ({"backoffLimit": -1}, "should be greater than or equal to 0"),
        ({"backoffLimit": 11}, "should be less than or equal to 10"),
        ({"priority": 1001}, "should be less than or equal to 1000"),
        ({"activeDeadlineSeconds": 9, "softDeadlineSeconds": 5}, "should be greater than or equal to 10"),
        ({"activeDeadlineSeconds": 86401}, "should be less than or equal to 86400"),
        ({"questionTimeoutSeconds": 4}, "should be greater than or equal to 5"),
        ({"reviewTimeoutSeconds": 604801}, "should be less than or equal to 604800"),
        ({"ttlSecondsAfterFinished": -1}, "should be greater than or equal to 0"),
        ({"backoffLimit": "1"}, 'must be of type integer: "string"'),
        (
            {"activeDeadlineSeconds": 300, "softDeadlineSeconds": 301},
            "softDeadlineSeconds must not be greater than activeDeadlineSeconds",
        ),
        ({"profileRef": {}}, "spec.profileRef.name: Required value"),
        ({"responses": [{"id": "a", "value": "1"}, {"id": "a", "value": "2"}]}, "Duplicate value"),
        (
            {"responses": [{"id": "a", "value": "1", "secretKeyRef": {"name": "s", "key": "k"}}]},
            "give exactly one of value and secretKeyRef",
        ),
        ({"responses": [{"id": "a"}]}, "give exactly one of value and secretKeyRef"),
        ({"responses": [{"id": "a", "value": ""}]}, "spec.responses[0].value"),
        ({"responses": [{"id": "a", "secretKeyRef": {"name": "s"}}]}, "key: Required value"),
        ({"podTemplate": {"resources": {"limits": {"memory": "lots"}}}}, "spec.podTemplate.resources.limits"),
    ],
)
def test_a_bad_task_is_refused_in_words(kubectl: Kubectl, spec: dict[str, Any], words: str) -> None:
    assert words in refused(kubectl, **spec)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"salary": 1}, "spec.salary"),
        ({"podTemplate": {"hostNetwork": True}}, "spec.podTemplate.hostNetwork"),
        ({"podTemplate": {"serviceAccountName": "admin"}}, "spec.podTemplate.serviceAccountName"),
        ({"podTemplate": {"resources": {"claims": []}}}, "spec.podTemplate.resources.claims"),
        ({"profileRef": {"name": "a", "namespace": "kube-system"}}, "spec.profileRef.namespace"),
        ({"responses": [{"id": "a", "value": "1", "by": "me"}]}, "spec.responses[0].by"),
    ],
)
def test_an_unknown_field_is_refused_by_name(kubectl: Kubectl, spec: dict[str, Any], field: str) -> None:
    assert f'unknown field "{field}"' in refused(kubectl, **spec)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"userId": "ben"}, "userId cannot be changed: create a new task"),
        ({}, {"url": "https://careers.example.com/jobs/2"}, "url cannot be changed: create a new task"),
        ({}, {"profileRef": {"name": "p"}}, "profileRef cannot be changed"),
        ({"profileRef": {"name": "p"}}, {"profileRef": {"name": "q"}}, "profileRef cannot be changed"),
        ({"profileRef": {"name": "p"}}, {"profileRef": None}, "profileRef cannot be changed"),
        ({"review": "Skip"}, {"review": "Required"}, "review cannot be changed: set cancel to stop the task"),
        ({}, {"review": "Skip"}, "review cannot be changed"),
        ({"review": "Skip"}, {"review": None}, "review cannot be changed"),
        ({}, {"allowDuplicate": True}, "allowDuplicate cannot be changed: create a new task"),
        ({"cancel": True}, {"cancel": False}, "cancel cannot be taken back: create a new task"),
        ({"cancel": True}, {"cancel": None}, "cancel cannot be taken back: create a new task"),
        ({"settle": "sent"}, {"settle": "notSent"}, "settle cannot be changed once it is said"),
        ({"settle": "sent"}, {"settle": None}, "settle cannot be changed once it is said"),
        ({}, {"url": None, "prompt": "another wish"}, "url cannot be changed"),
    ],
)
def test_what_identifies_a_task_and_what_was_said_stays(
    kubectl: Kubectl, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    name = made(kubectl, **before)
    said = change(kubectl, name, **after)
    assert said.returncode != 0
    assert words in said.stderr


def test_the_rest_of_a_task_can_be_changed(kubectl: Kubectl) -> None:
    name = made(kubectl, profileRef={"name": "p"}, suspend=True)
    changes: list[dict[str, Any]] = [
        {"suspend": False, "priority": 5, "activeDeadlineSeconds": 1200},
        {"responses": [{"id": "hitl_1", "value": "Yes"}]},
        {"settle": "sent"},
        {"cancel": True},
        {"cancel": True, "settle": "sent"},
    ]
    for spec in changes:
        said = change(kubectl, name, **spec)
        assert said.returncode == 0, said.stderr
    assert kubectl.get(name)["metadata"]["generation"] == 5


def test_a_status_can_only_be_written_as_a_status(kubectl: Kubectl) -> None:
    task = manifest()
    kubectl.apply(task | {"status": {"phase": "Succeeded"}})
    name = task["metadata"]["name"]
    assert "status" not in kubectl.get(name)
    kubectl.status(name, {"phase": "Running"})
    assert kubectl.get(name)["status"] == {"phase": "Running"}
    assert kubectl.get(name)["metadata"]["generation"] == 1
    said = kubectl("patch", "apptask", name, "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Odd"}}')
    assert 'Unsupported value: "Odd"' in said.stderr


def test_a_secret_over_one_mebibyte_is_refused_by_the_api_server(kubectl: Kubectl, tmp_path: Path) -> None:
    (tmp_path / "cv.pdf").write_bytes(b"%PDF-" + b"0" * (1 << 20))
    said = kubectl("create", "secret", "generic", "too-large", f"--from-file={tmp_path / 'cv.pdf'}")
    assert said.returncode != 0
    assert "may not be more than 1048576 bytes" in said.stderr


def test_the_list_shows_what_a_person_needs(kubectl: Kubectl) -> None:
    name = made(kubectl)
    kubectl.status(
        name,
        {
            "phase": "WaitingForInput",
            "reason": "DraftReview",
            "site": "careers.example.com",
            "attempts": 2,
            "podName": f"{name}-2",
        },
    )
    head, row = kubectl.do("get", "apptask", name).splitlines()
    assert head.split() == ["NAME", "PHASE", "REASON", "SITE", "AGE"]
    assert row.split()[:4] == [name, "WaitingForInput", "DraftReview", "careers.example.com"]
    head, row = kubectl.do("get", "applicationtasks.v1alpha1.jobhunter.dev", name, "-o", "wide").splitlines()
    assert head.split() == ["NAME", "PHASE", "REASON", "SITE", "AGE", "ATTEMPTS", "POD", "URL"]
    assert row.split()[-3:] == ["2", f"{name}-2", "https://careers.example.com/jobs/1"]
    assert name in kubectl.do("get", "jobhunter", "-o", "name")


def test_tasks_are_selected_by_user_phase_reason_and_site(kubectl: Kubectl) -> None:
    name = made(kubectl, userId="selected-user")
    kubectl.status(name, {"phase": "Failed", "reason": "PostingClosed", "site": "selected.example"})
    for selector in (
        "spec.userId=selected-user",
        "status.site=selected.example",
        "status.phase=Failed,status.reason=PostingClosed",
    ):
        listed = kubectl.do("get", "apptask", "--field-selector", selector, "-o", "name").split()
        assert listed == [f"applicationtask.jobhunter.dev/{name}"], selector


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("apptask", "One application for one job"),
        ("apptask.spec", "What identifies the application"),
        ("apptask.spec.url", "http or https"),
        ("apptask.spec.review", "a person confirms the draft"),
        ("apptask.spec.responses.secretKeyRef", "The only way to answer a question of kind secret"),
        ("apptask.spec.activeDeadlineSeconds", "does not count"),
        ("apptask.status.pendingInputs.options", "What can be chosen"),
        ("apptask.status.result.confirmation", "The site's own words"),
    ],
)
def test_kubectl_explain_explains(kubectl: Kubectl, path: str, words: str) -> None:
    assert words in " ".join(kubectl.do("explain", path).split())


def test_the_examples_are_taken(kubectl: Kubectl) -> None:
    task = yaml.safe_load((EXAMPLES / "application-task.yaml").read_text())
    del task["metadata"]["namespace"]
    assert kubectl.apply(task).returncode == 0
    for document in yaml.safe_load_all((EXAMPLES / "answer-by-secret.yaml").read_text()):
        del document["metadata"]["namespace"]
        said = kubectl.apply(document, "--server-side")
        assert said.returncode == 0, said.stderr
    spec = kubectl.get(task["metadata"]["name"])["spec"]
    assert spec["responses"][0]["secretKeyRef"] == {"name": "asha-answer", "key": "code"}
    assert spec["review"] == "Required"


def test_two_writers_of_responses_do_not_undo_each_other(kubectl: Kubectl) -> None:
    task = manifest()
    kubectl.apply(task)
    for writer in ("one", "two"):
        task["spec"]["responses"] = [{"id": f"hitl_{writer}", "value": "Yes"}]
        said = kubectl.apply(task, "--server-side", f"--field-manager={writer}", "--force-conflicts")
        assert said.returncode == 0, said.stderr
    ids = [response["id"] for response in kubectl.get(task["metadata"]["name"])["spec"]["responses"]]
    assert ids == ["hitl_one", "hitl_two"]
