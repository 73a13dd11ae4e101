"""Ends: what the runner reports, what the lease says, lost and stopped pods, and a person's word afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from world import START, World, kinds

from jobhunter_contracts.application_task import Evidence
from jobhunter_contracts.conditions import ConditionType, Phase, Reason
from jobhunter_contracts.submission import LeaseState
from jobhunter_operator.actions import CreatePod, DeletePod, PublishComplete


def running(**spec: object) -> World:
    world = World(spec=dict(spec))
    world.run()
    return world


def test_submitted_is_believed_with_the_lease() -> None:
    world = running()
    world.kept = (Evidence(name="draft", secret="asha-1-draft", key="draft.jpg"),)
    world.press(LeaseState.SENT)
    world.report("Submitted", message="Sent.", confirmation="Thank you, Asha", fields_filled=12, ats="acme")
    world.go()
    assert (world.why(), world.status.phase) == (("True", "Submitted"), Phase.SUCCEEDED)
    result = world.status.result
    assert result is not None
    assert (result.outcome, result.confirmation, result.fields_filled, result.ats) == (
        "submitted",
        "Thank you, Asha",
        12,
        "acme",
    )
    assert [e.secret for e in result.evidence or []] == ["asha-1-draft"]
    assert world.status.completion_time is not None


def test_the_termination_message_alone_tells_the_outcome() -> None:
    world = running()
    world.press(LeaseState.SENT)
    world.end_pod(world.outcome("Submitted").termination_message().decode())
    world.go()
    assert world.why() == ("True", "Submitted")
    assert [outcome.reason for outcome in world.published] == ["Submitted"], "an event that was lost is published"


@pytest.mark.parametrize("state", [None, LeaseState.REFUSED])
def test_submitted_without_a_lease_is_not_believed(state: LeaseState | None) -> None:
    world = running()
    if state:
        world.press(state)
    world.end_pod(world.outcome("Submitted").termination_message().decode())
    world.go()
    assert world.why() == ("False", "SubmissionUnconfirmed")
    assert "no submission record" in world.condition(ConditionType.SUCCEEDED).message


def test_submitted_waits_for_a_lease_that_cannot_be_read() -> None:
    world = running()
    world.press(LeaseState.SENT)
    world.leases_unreadable = "NATS does not answer"
    world.report("Submitted")
    world.go()
    assert world.why()[0] == "Unknown"
    assert world.again_in
    world.leases_unreadable = ""
    world.go(2)
    assert world.why() == ("True", "Submitted")


def test_a_report_that_cannot_be_believed_yet_keeps_no_cancelled_browser_running() -> None:
    world = running()
    world.press(LeaseState.SENT)
    world.leases_unreadable = "NATS does not answer"
    world.report("Submitted")
    world.change(cancel=True)
    assert kinds(world.go()) == [DeletePod]
    world.lose_pod()
    world.go(1)
    assert world.why()[0] == "Unknown", "and the lease has the last word still"
    world.leases_unreadable = ""
    world.go(2)
    assert world.why() == ("True", "Submitted")


def test_a_termination_message_that_no_status_could_hold_is_a_failed_attempt() -> None:
    world = running(backoffLimit=0)
    said = world.outcome("Rejected").termination_message().decode()
    world.end_pod(said.replace('"seconds_by_stage":{}', '"seconds_by_stage":{"a":1e999}'))
    world.go(3)
    assert world.why() == ("False", "BackoffLimitExceeded")


@pytest.mark.parametrize("message", ["Traceback (most recent call last):", "{}", "[]", '{"task_uid": "x"}', "x" * 5000])
def test_a_termination_message_of_another_shape_is_a_failed_attempt(message: str) -> None:
    world = running(backoffLimit=0)
    world.end_pod(message)
    world.go(3)
    assert world.why() == ("False", "BackoffLimitExceeded")


@pytest.mark.parametrize("wrong", [{"task_uid": "another"}, {"attempt": 9}])
def test_an_outcome_of_another_task_or_attempt_is_not_heard(wrong: dict[str, object]) -> None:
    world = running(backoffLimit=0)
    world.press(LeaseState.SENT)
    outcome = world.outcome("Rejected").model_copy(update=wrong)
    world.end_pod(outcome.termination_message().decode())
    world.go(3)
    assert world.why() == ("True", "Submitted"), "the lease alone was heard"


@pytest.mark.parametrize(
    "reason", ["Rejected", "ReviewExpired", "PostingClosed", "ManualApplicationRequired", "DuplicateApplication"]
)
def test_other_outcomes_are_as_the_runner_says(reason: str) -> None:
    world = running()
    world.report(reason, message="So it is.")
    world.go()
    assert world.why() == ("False", reason)
    assert world.condition(ConditionType.SUCCEEDED).message == "So it is."


def test_what_was_pressed_is_not_called_rejected() -> None:
    world = running()
    world.press(LeaseState.TAKEN)
    world.report("Rejected", message="The person said no.")
    world.go()
    assert world.why() == ("False", "SubmissionUnconfirmed")


def test_a_lost_pod_is_replaced_only_after_it_is_gone() -> None:
    world = running()
    world.get_finds_pod = True
    world.lose_pod()
    assert kinds(world.go()) == [], "the watch says gone, the API server says there"
    world.get_finds_pod = False
    assert CreatePod in kinds(world.go(1))
    status = world.status
    assert (status.attempts, status.failed, status.pod_uid) == (2, 1, "pod-2")
    assert world.condition(ConditionType.BROWSER_READY).status == "False"


def test_a_lost_pod_is_replaced_only_after_the_lease_was_read() -> None:
    world = running()
    world.leases_unreadable = "NATS does not answer"
    world.lose_pod()
    world.go()
    assert (world.waits(), world.pods) == (("False", "LeaseUnavailable"), [])
    world.leases_unreadable = ""
    assert CreatePod in kinds(world.go(2))
    assert world.waits() == ("True", "Admitted")


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (LeaseState.TAKEN, ("False", "SubmissionUnconfirmed")),
        (LeaseState.SENT, ("True", "Submitted")),
    ],
)
def test_a_lost_pod_that_pressed_is_never_replaced(state: LeaseState, end: tuple[str, str]) -> None:
    world = running()
    world.press(state)
    world.lose_pod()
    done = world.go()
    assert CreatePod not in kinds(done)
    assert world.why() == end
    assert PublishComplete in kinds(done)


@pytest.mark.parametrize("state", [LeaseState.REFUSED, LeaseState.PRESS_AGAIN])
def test_a_lost_pod_whose_press_was_refused_is_replaced(state: LeaseState) -> None:
    world = running()
    world.press(state)
    world.lose_pod()
    assert CreatePod in kinds(world.go())


def test_records_lost_while_the_task_ran_say_nothing_about_it() -> None:
    world = running()
    world.bucket_created = world.now + timedelta(seconds=10)
    world.lose_pod()
    world.go(60)
    assert world.why() == ("False", "SubmissionUnconfirmed")
    assert "records were lost" in world.condition(ConditionType.SUCCEEDED).message


def test_a_failed_pod_is_deleted_before_its_replacement() -> None:
    world = running()
    world.end_pod(world.outcome(None, message="The browser crashed.").termination_message().decode())
    assert kinds(world.go()) == [DeletePod]
    assert kinds(world.go(1)) == [], "it is going"
    world.lose_pod()
    assert CreatePod in kinds(world.go(1))


@pytest.mark.parametrize(
    ("fault", "reason"), [("pod_refused", "QuotaExceeded"), ("name_taken", "NameTaken"), ("pod_invalid", "InvalidSpec")]
)
def test_a_replacement_that_cannot_be_made_says_why(fault: str, reason: str) -> None:
    world = running()
    setattr(world, fault, (fault != "name_taken" and "The API server refuses.") or True)
    world.lose_pod()
    world.go(1)
    if fault == "pod_invalid":
        assert (world.why(), world.status.failed) == (("False", reason), 1)
        return
    assert world.waits() == ("False", reason)
    assert kinds(world.go(10)) == [CreatePod], "waiting writes nothing"
    setattr(world, fault, "" if fault == "pod_refused" else False)
    world.go(10)
    assert (world.waits(), world.status.attempts) == (("True", "Admitted"), 2)


def test_replacements_end_at_the_backoff_limit() -> None:
    world = running(backoffLimit=2)
    for attempt in (2, 3):
        world.lose_pod()
        world.go(1)
        assert world.status.attempts == attempt
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "BackoffLimitExceeded")
    assert (world.status.attempts, world.status.failed) == (3, 3)
    assert world.published[0].reason == "BackoffLimitExceeded"


def test_the_last_failed_pod_is_kept_for_its_logs() -> None:
    world = running(backoffLimit=0)
    world.end_pod("")
    done = world.go(3)
    assert DeletePod not in kinds(done)
    assert world.why() == ("False", "BackoffLimitExceeded")


def test_a_pods_end_waits_a_moment_for_its_event() -> None:
    world = running()
    world.end_pod("")
    assert kinds(world.go()) == []
    world.report("Rejected")
    world.go(0.5)
    assert world.why() == ("False", "Rejected")


def test_a_pod_on_a_node_that_is_lost_is_removed_by_force_then_replaced() -> None:
    world = running()
    world.change_pod(deletion=world.now)
    assert kinds(world.go(5)) == []
    assert kinds(world.go(6)) == [DeletePod]
    assert not world.pods, "removed by force"
    assert CreatePod in kinds(world.go(1))


def test_the_operator_that_died_before_binding_the_replacement_counts_the_failure_once() -> None:
    world = running()
    world.lose_pod()
    status = world.status
    world.go()
    world.status = status  # the binding's write was lost with the operator
    world.go(1)
    assert (world.status.attempts, world.status.failed, world.status.pod_uid) == (2, 1, "pod-2")


def test_cancel_stops_the_pod_then_ends() -> None:
    world = running()
    world.change(cancel=True)
    assert kinds(world.go()) == [DeletePod]
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "Cancelled")


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (LeaseState.TAKEN, "SubmissionUnconfirmed"),
        (LeaseState.SENT, "Submitted"),
        (LeaseState.REFUSED, "Cancelled"),
    ],
)
def test_what_may_have_been_sent_is_not_called_cancelled(state: LeaseState, end: str) -> None:
    world = running()
    world.change(cancel=True)
    world.go()
    world.press(state)
    world.lose_pod()
    world.go(1)
    assert world.why()[1] == end


def test_a_cancelled_task_whose_lease_cannot_be_read_waits() -> None:
    world = running(cancel=False)
    world.leases_unreadable = "NATS does not answer"
    world.change(cancel=True)
    world.go()
    world.lose_pod()
    world.go(1)
    assert world.why()[0] == "Unknown"


def test_the_active_deadline_ends_the_task_and_its_pod() -> None:
    world = running(activeDeadlineSeconds=60, softDeadlineSeconds=30)
    assert kinds(world.go(60)) == [DeletePod]
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "DeadlineExceeded")
    assert [outcome.reason for outcome in world.published] == ["DeadlineExceeded"]


def test_the_active_deadline_counts_over_all_attempts() -> None:
    world = running(activeDeadlineSeconds=60, softDeadlineSeconds=30)
    world.lose_pod()
    world.go(40)
    assert world.status.attempts == 2
    assert kinds(world.go(20)) == [DeletePod]


def test_suspending_stops_the_browser_and_counts_no_failure() -> None:
    world = running()
    world.change(suspend=True)
    assert kinds(world.go()) == [DeletePod]
    world.lose_pod()
    world.go(1)
    assert (world.waits(), world.status.phase) == (("False", "Suspended"), Phase.SUSPENDED)
    assert (world.status.pod_uid, world.status.failed, world.status.start_time) == (None, None, None)
    world.change(suspend=False)
    world.go(1000)
    assert (world.status.attempts, world.status.failed, world.status.pod_name) == (2, None, "asha-1-2")
    assert world.status.start_time == world.now


def test_what_has_pressed_is_not_suspended_but_finishes() -> None:
    world = running()
    world.press(LeaseState.TAKEN)
    world.change(suspend=True)
    assert DeletePod not in kinds(world.go())
    world.leases = [world.leases[0].model_copy(update={"state": LeaseState.SENT})]
    world.report("Submitted")
    world.go(1)
    assert world.why() == ("True", "Submitted")


def test_a_press_while_the_pod_was_stopped_for_suspension_ends_by_its_lease() -> None:
    world = running()
    world.change(suspend=True)
    world.go()
    world.press(LeaseState.TAKEN)
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "SubmissionUnconfirmed")


def test_terminal_is_terminal() -> None:
    world = running()
    world.report("Rejected")
    world.go()
    writes = world.writes
    world.press(LeaseState.SENT)
    world.report("Submitted")
    world.change_pod(trouble=("CrashLoopBackOff", "x"))
    world.go(1)
    world.lose_pod()
    world.go(1)
    assert (world.why(), world.writes) == (("False", "Rejected"), writes)


def test_what_nats_keeps_for_a_pod_alone_goes_with_its_attempt() -> None:
    world = running()
    world.lose_pod()
    world.go(1)
    assert (world.forgotten, world.assigned) == (["pod-1"], True), "the replacement's assignment stays"
    world.change(suspend=True)
    world.go(1)
    world.lose_pod()
    world.go(1)
    assert world.forgotten == ["pod-1", "pod-2"]
    world.change(suspend=False)
    world.go(1)
    world.report("Rejected")
    world.go(1)
    assert world.forgotten == ["pod-1", "pod-2", "pod-3"]
    world.forgotten.clear()  # another operator, which knows of nothing
    world.go(1)
    assert world.forgotten == ["pod-3"]


def test_an_end_that_is_long_past_is_not_published_again() -> None:
    world = running()
    world.report("Rejected")
    world.go()
    world.published.clear()
    assert kinds(world.go(2 * 86400))[:1] != [PublishComplete]


def test_waiting_time_of_an_open_question_is_counted_at_the_end() -> None:
    world = running()
    world.ask()
    world.go()
    world.report(Reason.REVIEW_EXPIRED)
    world.go(100)
    assert (world.status.waited_seconds, world.status.pending_inputs) == (100, None)
    assert world.condition(ConditionType.WAITING_FOR_INPUT).status == "False"
    assert world.status.start_time == START
