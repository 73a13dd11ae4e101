"""From POST to Submitted through the gateway, as the dashboard does it: watched, answered, changed, confirmed."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from jobhunter_dev.applied_task import Field, fitting
from jobhunter_dev.demo import EXAMPLES
from jobhunter_dev.expected import differences, expected_answers
from jobhunter_dev.gateway_client import GatewayClient, Refused
from jobhunter_dev.installation import NAMESPACE, SESSIONS
from jobhunter_dev.kubectl import wait_until
from jobhunter_dev.live_view import LiveView

JPEG = b"\xff\xd8\xff"


def types(view: LiveView) -> list[str]:
    return [event["type"] for event in view.events]


def stored_events(gateway: GatewayClient, uid: str) -> list[dict]:
    """Every event of the task that the store has, page by page."""
    events: list[dict] = []
    while True:
        after = f"&after={events[-1]['data']['event_id']}" if events else ""
        page = gateway.call("GET", f"/api/tasks/{uid}/events?limit=200{after}")["events"]
        if not page:
            return events
        events += page


def complete(gateway: GatewayClient, uid: str) -> list[dict]:
    """The stored events once the end is among them."""

    def whole() -> list[dict] | None:
        events = stored_events(gateway, uid)
        return events if events and events[-1]["type"] == "applier:complete" else None

    return wait_until("the end in the store", whole, seconds=60, pause=1)


def test_apply_watch_answer_edit_confirm_submitted(field: Field) -> None:
    user = field.user("watches")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway, "greenhouse-questions")
        with pytest.raises(Refused) as again:
            gateway.apply(task.read()["spec"]["url"] + "#apply")
        assert again.value.status == 409
        assert again.value.problem["task_id"] == task.uid
        with LiveView(gateway.socket_url(task.uid)) as view:
            asked = [view.wait("a question", "hitl:request")]
            wait_until("both questions", lambda: types(view).count("hitl:request") == 2, seconds=30)
            asked = [event for event in view.events if event["type"] == "hitl:request"]
            answers = []
            for event, words in zip(asked, ("Because of the work", "Rust & <b>Go</b>"), strict=True):
                answers.append(fitting(event["data"], words))
                view.send({"type": "hitl:response", "hitl_id": event["data"]["hitl_id"], "response": answers[-1]})
            draft = view.wait("the draft", "draft:review")
            picture = base64.b64decode(draft["data"]["screenshot"])
            assert picture.startswith(JPEG)
            assert gateway.call("GET", f"/api/tasks/{task.uid}/pictures/draft") == picture
            assert {row["label"] for row in draft["data"]["fields"]}
            assert all(row["source"] for row in draft["data"]["fields"])
            email = next(row for row in draft["data"]["fields"] if row["token"] == "email" and row["value"])
            seen = len(view.events)
            gateway.resolve(task.uid, draft["data"]["hitl_id"], f"change {email['label']} to changed@example.com")
            changed = view.wait("the changed draft", "draft:review", after=seen)
            assert changed["data"]["hitl_id"] != draft["data"]["hitl_id"]
            row = next(row for row in changed["data"]["fields"] if row["token"] == "email" and row["value"])
            assert row["value"] == "changed@example.com"
            gateway.resolve(task.uid, changed["data"]["hitl_id"], "OK ")
            end = view.wait("the end", "applier:complete")
        assert end["data"]["outcome"] == "submitted"
        assert view.frames > 5
        told = types(view)
        for kind in ("applier:start", "applier:navigate", "applier:type", "applier:upload", "applier:click"):
            assert kind in told, told
        answered = [event["data"]["hitl_id"] for event in view.events if event["type"] == "hitl:response"]
        assert len(answered) == 4, "two questions and two drafts"
        assert len(set(answered)) == 4
        assert told.count("draft:edit") == 1
        assert told.count("draft:confirm") == 1
        assert "system:browser-ready" not in told
        ids = [event["data"]["event_id"] for event in view.events]
        assert len(set(ids)) == len(ids)
        stored = complete(gateway, task.uid)
        assert [event["data"]["event_id"] for event in stored] == ids
        aside = ("draft:review", "hitl:request")  # the draft shows what will be sent, a question its options
        text = json.dumps([event for event in [*view.events, *stored] if event["type"] not in aside])
        assert not any(answer in text for answer in answers)
        (post,) = task.posts()
        assert set(answers) <= set(post["fields"].values())
        assert post["fields"]["email"] == "changed@example.com"
        wanted = expected_answers(field.profile(), EXAMPLES / "cv.pdf")
        found = differences(field.kubectl, task.kind, task.job, wanted)
        assert [item["token"] for item in found if item.get("token") in wanted] == ["email"]
        (application,) = gateway.call("GET", "/api/applications")["applications"]
        assert application["outcome"] == "submitted"
        assert application["task_id"] == task.uid
        assert gateway.call("GET", f"/api/tasks/{task.uid}/pictures/confirmation").startswith(JPEG)
    assert field.kubectl.get("secret", f"{task.name}-draft", SESSIONS) is None, "the gateway keeps this draft"


def test_a_task_waits_for_its_persons_profile_and_goes_on_when_it_comes(field: Field) -> None:
    user = field.user("comes-later")
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway, draft_mode=False)
        status = task.wait(
            "ProfileMissing",
            lambda seen: any(c["reason"] == "ProfileMissing" for c in seen.get("conditions") or []),
        )
        assert status["phase"] == "Queued" or status["phase"] == "Pending", status
        with LiveView(gateway.socket_url(task.uid)) as view:
            words = view.wait("the words", "chat:message")
            assert words["message"] == "Profile not found. Please complete onboarding."
            field.stored_profile(user)
            assert task.end()["reason"] == "Submitted"
        assert len(task.posts()) == 1


def test_an_answer_given_while_no_gateway_runs_waits_for_nobody_and_one_after_it_arrives(field: Field) -> None:
    """The gateway is killed while a draft waits: the task does not notice, and the answer goes through its successor."""
    user = field.user("killed")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway)
        draft = task.wait_draft()
        before = len(stored_events(gateway, task.uid))
    field.delete_pods("gateway", "--grace-period=0", "--force")
    field.kubectl.run("rollout", "status", "deployment/jobhunter-gateway", "-n", NAMESPACE, "--timeout=90s")
    with field.gateway(user) as gateway:
        with LiveView(gateway.socket_url(task.uid)) as view:
            shown = view.wait("the draft, again", "draft:review")
            assert shown["data"]["hitl_id"] == draft
            gateway.resolve(task.uid, draft, "confirm")
            view.wait("the end", "applier:complete")
        assert task.end()["reason"] == "Submitted"
        assert task.status["attempts"] == 1
        stored = complete(gateway, task.uid)
        assert len(stored) > before
        assert [event["data"]["event_id"] for event in stored] == [e["data"]["event_id"] for e in view.events]
    assert len(task.posts()) == 1


@pytest.mark.parametrize("part", ["nats", "postgres"])
def test_a_store_or_bus_restarted_mid_task_loses_and_doubles_no_event(field: Field, part: str) -> None:
    user = field.user(f"restart-{part}")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway, "greenhouse-questions")
        with LiveView(gateway.socket_url(task.uid)) as view:
            view.wait("a question", "hitl:request")
            field.delete_pods(part, "--grace-period=1")
            for item in task.wait("questions", lambda seen: len(seen.get("pendingInputs") or []) == 2)["pendingInputs"]:
                answer = fitting(item, "An answer meanwhile")
                wait_until(
                    "the answer", lambda i=item, a=answer: resolved(gateway, task.uid, i["id"], a), seconds=60, pause=1
                )
            draft = task.wait_draft()
            wait_until("the confirmation", lambda: resolved(gateway, task.uid, draft, "confirm"), seconds=60, pause=1)
            view.wait("the end", "applier:complete")
        assert task.end()["reason"] == "Submitted"
        stored = [event["data"]["event_id"] for event in complete(gateway, task.uid)]
    shown = [event["data"]["event_id"] for event in view.events]
    assert len(set(stored)) == len(stored)
    assert stored == shown
    assert [ident.rsplit(".", 1)[1] for ident in stored if ident.split(".")[1] == "1"] == [
        f"{number:06d}" for number in numbers(stored)
    ]
    assert len(task.posts()) == 1


def numbers(stored: list[str]) -> list[int]:
    """The numbers of the first attempt's events: without a gap but for the second, system:browser-ready, the operator's own."""
    count = sum(ident.split(".")[1] == "1" for ident in stored)
    return [1, *range(3, count + 2)]


def resolved(gateway: GatewayClient, uid: str, hitl_id: str, response: str) -> bool:
    """Whether the answer was taken; a part that is away now is asked again."""
    try:
        gateway.resolve(uid, hitl_id, response)
    except Refused as refused:
        if refused.status == 503:
            return False
        if refused.status == 409:  # the answer before this one was taken, and its acknowledgement lost
            return True
        raise
    return True


def test_of_two_answers_at_once_one_wins_and_the_other_is_told(field: Field) -> None:
    user = field.user("races")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway)
        draft = task.wait_draft()
        outcomes: list[int] = []

        def answer(words: str) -> None:
            try:
                gateway.resolve(task.uid, draft, words)
                outcomes.append(200)
            except Refused as refused:
                outcomes.append(refused.status)

        racers = [threading.Thread(target=answer, args=(words,)) for words in ("confirm", "reject")]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert sorted(outcomes) == [200, 409]
        reason = task.end()["reason"]
        assert reason in ("Submitted", "Rejected")
        assert len(task.posts()) == (1 if reason == "Submitted" else 0)
        with pytest.raises(Refused) as late:
            gateway.resolve(task.uid, draft, "confirm")
        assert late.value.status == 409


def test_an_unconfirmed_submission_is_settled_in_the_dashboard(field: Field) -> None:
    user = field.user("settles")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway, "slow-submit", draft_mode=False)
        wait_until("the post", task.posts, seconds=90, pause=0.05)
        task.kill_runner()
        assert task.end()["reason"] == "SubmissionUnconfirmed"
        assert gateway.call("POST", f"/api/tasks/{task.uid}/settle", {"sent": True}) == {"status": "settled"}
        task.wait("the settling", lambda seen: seen.get("reason") == "Submitted", 30)
        with pytest.raises(Refused) as twice:
            gateway.call("POST", f"/api/tasks/{task.uid}/settle", {"sent": False})
        assert twice.value.status == 409

        def outcome() -> bool:
            (application,) = gateway.call("GET", "/api/applications")["applications"]
            return application["outcome"] == "submitted"

        wait_until("the application's outcome", outcome, seconds=30, pause=1)


def test_an_unconfirmed_submission_is_settled_though_its_task_is_gone(field: Field) -> None:
    user = field.user("settles-later")
    field.stored_profile(user)
    with field.gateway(user) as gateway:
        task = field.applied_by(gateway, "slow-submit", draft_mode=False)
        url = task.read()["spec"]["url"]
        wait_until("the post", task.posts, seconds=90, pause=0.05)
        task.kill_runner()
        assert task.end()["reason"] == "SubmissionUnconfirmed"
        with pytest.raises(Refused) as unsettled:
            gateway.call("DELETE", f"/api/tasks/{task.uid}")
        assert (unsettled.value.status, unsettled.value.problem["code"]) == (409, "unsettled")
        field.kubectl.run("delete", "apptask", task.name, "-n", SESSIONS)
        wait_until("its going", lambda: gateway.call("GET", f"/api/tasks/{task.uid}")["deleted"], seconds=60, pause=1)
        with pytest.raises(Refused) as blocked:
            gateway.apply(url)
        assert (blocked.value.status, blocked.value.problem["task_id"]) == (409, task.uid)
        assert gateway.call("POST", f"/api/tasks/{task.uid}/settle", {"sent": False}) == {"status": "settled"}
        again = gateway.apply(url, draft_mode=False)
        assert again != task.uid
        wait_until("a second post", lambda: len(task.posts()) == 2, seconds=90, pause=1)
