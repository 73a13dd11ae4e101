"""A running pod: what it tells is shown, answers reach it, and the clock stands still while a person is waited for."""

from __future__ import annotations

import pytest
from world import START, World, kinds

from jobhunter_contracts.application_task import ResponseState
from jobhunter_contracts.conditions import ConditionType, Phase
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlKind, HitlState, Suggestion
from jobhunter_operator.actions import CreateAssignment, ForwardResponse, Requeue, WriteStatus
from jobhunter_operator.observed import SecretAnswer

BY_SECRET = {"id": "hitl_1", "secretKeyRef": {"name": "codes", "key": "otp"}}


def states(world: World) -> list[tuple[str, ResponseState]]:
    return [(entry.id, entry.state) for entry in world.status.responses or []]


def test_a_browser_that_answers_makes_the_task_running() -> None:
    world = World()
    world.run()
    assert (world.condition(ConditionType.BROWSER_READY).status, world.status.phase) == ("True", Phase.RUNNING)


def test_events_of_an_earlier_attempt_are_nothing_to_the_present_one() -> None:
    world = World()
    world.go()
    world.report("Submitted", attempt=7)
    world.go(1)
    assert world.why()[0] == "Unknown"


def test_a_pod_that_waits_for_its_seccomp_profile_has_not_failed() -> None:
    world = World()
    world.go()
    world.change_pod(trouble=("CreateContainerError", "The node does not have the browser's seccomp profile yet."))
    assert kinds(world.go(30)) == [WriteStatus]
    assert (world.status.phase, world.status.reason) == (Phase.STARTING, "CreateContainerError")
    assert kinds(world.go(30)) == []
    world.change_pod(trouble=None)
    world.go(1)
    assert world.status.reason is None


def test_a_pod_that_no_node_has_room_for_says_so() -> None:
    world = World()
    world.go()
    world.change_pod(scheduled=("False", "Unschedulable", "0/1 nodes are available: Insufficient memory."))
    world.go(1)
    assert world.status.reason == "Unschedulable"
    assert "Insufficient memory" in world.condition(ConditionType.POD_SCHEDULED).message
    world.change_pod(scheduled=("False", "Unschedulable", "0/2 nodes are available: Insufficient memory."))
    world.go(1)
    assert world.note_reasons() == ["Admitted", "Unschedulable"], "a person is told, once"


def test_a_question_is_shown_with_its_options_and_deadline() -> None:
    world = World()
    world.run()
    world.ask(kind=HitlKind.CHOICE, options=["Yes", "No"])
    world.go()
    (pending,) = world.status.pending_inputs or []
    assert (pending.id, pending.kind, pending.options, pending.required) == ("hitl_1", "choice", ["Yes", "No"], True)
    assert pending.deadline is not None
    assert (world.status.phase, world.status.reason) == (Phase.WAITING_FOR_INPUT, "Question")
    assert world.note_reasons()[-1] == "Question"


def test_a_draft_is_announced_with_how_to_confirm_it() -> None:
    world = World()
    world.run()
    world.ask("draft_1", kind=HitlKind.REVIEW)
    world.go()
    assert world.condition(ConditionType.WAITING_FOR_INPUT).reason == "DraftReview"
    assert world.notes[-1].reason == "DraftReady"
    assert "confirm" in world.notes[-1].message


def test_a_redelivered_question_that_was_answered_meanwhile_does_not_open_again() -> None:
    world = World()
    world.run()
    world.ask()
    world.go()
    world.go(10)
    world.close()
    world.go()
    waited, writes = world.status.waited_seconds, world.writes
    assert waited == 10
    assert world.status.pending_inputs is None
    world.say(EventType.HITL_REQUEST, hitl_id="hitl_1")
    world.go(10)
    assert (world.status.waited_seconds, world.writes) == (waited, writes)


def test_a_question_of_an_earlier_pod_is_not_open() -> None:
    world = World()
    world.run()
    world.ask()
    world.questions["hitl_1"] = world.questions["hitl_1"].model_copy(update={"pod_uid": "pod-0"})
    world.go()
    assert world.status.pending_inputs is None


def test_a_record_under_another_s_id_is_no_question() -> None:
    world = World()
    world.run()
    world.ask()
    world.questions["hitl_1"] = world.questions["hitl_1"].model_copy(update={"id": "x" * 70_000})
    world.go()
    assert world.status.pending_inputs is None


def test_where_nats_does_not_answer_questions_stay_as_they_are_known() -> None:
    world = World()
    world.run()
    world.ask()
    world.go()
    world.questions_readable = False
    assert kinds(world.go(5)) == []
    assert world.status.pending_inputs
    assert world.again_in[0] <= 2


def test_waiting_for_a_person_takes_nothing_from_the_deadline() -> None:
    world = World(spec={"activeDeadlineSeconds": 100, "softDeadlineSeconds": 50})
    world.run()
    world.ask(seconds=3600)
    world.go()
    world.go(3000)
    assert world.why()[0] == "Unknown"
    world.close()
    world.go()
    assert world.status.waited_seconds == 3000
    world.go(90)
    assert world.why()[0] == "Unknown"
    assert world.again_in[0] < 10
    world.go(10)
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "DeadlineExceeded")


def test_a_question_whose_runner_hangs_holds_the_clock_only_until_its_own_deadline() -> None:
    world = World(spec={"activeDeadlineSeconds": 100, "softDeadlineSeconds": 50})
    world.run()
    world.ask(seconds=60)
    world.go()
    world.go(70)
    assert world.status.pending_inputs is None
    assert world.status.waited_seconds == 65
    world.go(100)
    world.lose_pod()
    world.go(1)
    assert world.why() == ("False", "DeadlineExceeded")


def test_an_answer_is_forwarded_and_accepted_in_one_go() -> None:
    world = World()
    world.run()
    world.ask()
    world.go()
    world.change(responses=[{"id": "hitl_1", "value": "4"}])
    assert kinds(world.go(20)) == [ForwardResponse, WriteStatus]
    assert world.questions["hitl_1"].response == "4"
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]
    assert (world.status.pending_inputs, world.status.waited_seconds) == (None, 20)
    assert world.note_reasons()[-1] == "AnswerAccepted"
    assert kinds(world.go(5)) == [], "an answer is forwarded once"


def test_an_answer_to_no_question_is_unknown_and_an_event_says_so() -> None:
    world = World()
    world.run()
    world.change(responses=[{"id": "hitl_9", "value": "4"}])
    world.go()
    assert states(world) == [("hitl_9", ResponseState.UNKNOWN)]
    assert (world.notes[-1].reason, world.notes[-1].type) == ("AnswerRefused", "Warning")


@pytest.mark.parametrize("state", [HitlState.EXPIRED, HitlState.ANSWERED, HitlState.READ])
def test_an_answer_after_expiry_or_another_answer_is_late(state: HitlState) -> None:
    world = World()
    world.run()
    world.ask()
    world.close(state=state)
    world.change(responses=[{"id": "hitl_1", "value": "4"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.LATE)]


def test_an_answer_after_the_end_is_late() -> None:
    world = World(spec={"cancel": True})
    world.go()
    world.change(responses=[{"id": "hitl_1", "value": "4"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.LATE)]
    assert world.why() == ("False", "Cancelled")


def test_a_choice_that_is_not_offered_is_refused_and_a_better_one_taken() -> None:
    world = World()
    world.run()
    world.ask(kind=HitlKind.CHOICE, options=["Yes", "No"])
    world.change(responses=[{"id": "hitl_1", "value": "Perhaps"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.REFUSED)]
    assert "Yes, No" in (world.status.responses or [])[0].message
    world.change(responses=[{"id": "hitl_1", "value": "yes"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_a_secret_in_clear_is_refused_and_forwarded_from_a_secret() -> None:
    world = World(secrets={("codes", "otp"): SecretAnswer(value="123456")})
    world.run()
    world.ask(kind=HitlKind.SECRET)
    world.change(responses=[{"id": "hitl_1", "value": "123456"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.REFUSED)]
    assert "secretKeyRef" in (world.status.responses or [])[0].message
    world.change(responses=[BY_SECRET])
    world.go()
    assert world.questions["hitl_1"].response == "123456"
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_a_secret_that_comes_later_is_taken_when_it_is_there() -> None:
    world = World()
    world.run()
    world.ask()
    world.change(responses=[BY_SECRET])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.REFUSED)]
    assert min(world.again_in) <= 5, "the Secret is looked for again"
    world.secrets = {("codes", "otp"): SecretAnswer(value="8")}
    world.go(5)
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_an_answer_of_a_secret_has_the_length_that_any_answer_may_have() -> None:
    world = World(secrets={("codes", "otp"): SecretAnswer(value="x" * 4097)})
    world.run()
    world.ask(kind=HitlKind.SECRET)
    world.change(responses=[BY_SECRET])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.REFUSED)]
    assert "4,097 characters; 4,096 are taken" in (world.status.responses or [])[0].message
    world.secrets = {("codes", "otp"): SecretAnswer(value="x" * 4096)}
    world.go(5)
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_an_answer_never_stands_in_an_actions_words() -> None:
    assert "123456" not in repr(ForwardResponse("hitl_1", "123456"))
    assert "123456" not in repr(SecretAnswer(value="123456"))


def test_status_never_shows_more_than_a_page_of_a_question() -> None:
    world = World()
    world.run()
    world.ask()
    world.questions["hitl_1"] = world.questions["hitl_1"].model_copy(update={"question": "?" * 90_000})
    world.go()
    assert len((world.status.pending_inputs or [])[0].question) <= 2048
    assert len(world.condition(ConditionType.WAITING_FOR_INPUT).message) <= 2048


def test_status_keeps_its_size_whatever_a_page_asks() -> None:
    world = World()
    world.run()
    for number in range(70):
        options = [f"{each} " + "o" * 990 for each in range(300)]
        world.ask(f"hitl_{number}", seconds=600, kind=HitlKind.CHOICE, options=options)
        question = world.questions[f"hitl_{number}"].model_copy(update={"question": "\N{PILE OF POO}" * 3000})
        world.questions[f"hitl_{number}"] = question
    world.go(1)
    pending = world.status.pending_inputs or []
    assert len(pending) == 64, "as many as the CRD takes"
    assert len(world.status.model_dump_json(by_alias=True, exclude_none=True).encode()) < 100_000
    assert pending[0].options is None
    assert "300 options" in pending[0].question
    assert all(len(question.question) <= 2048 for question in pending)
    assert kinds(world.go(1)) == [], "those that are not shown are not told of again and again"


def test_a_country_is_chosen_from_all_countries() -> None:
    world = World()
    world.run()
    countries = [f"Country number {each}" for each in range(250)]
    world.ask(kind=HitlKind.CHOICE, options=countries)
    world.go()
    assert (world.status.pending_inputs or [])[0].options == countries


def test_an_answer_that_status_does_not_list_is_taken_all_the_same() -> None:
    world = World()
    world.run()
    world.ask(kind=HitlKind.CHOICE, options=[f"Option {each}" for each in range(301)])
    world.change(responses=[{"id": "hitl_1", "value": "Option 300"}])
    world.go()
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_a_question_is_shown_though_the_records_cannot_be_trusted() -> None:
    """An operator that was started anew knows of no assignment; the gate is shut until an administrator acts."""
    world = World()
    world.run()
    world.assigned, world.gate = False, "The records were lost."
    world.ask()
    world.go()
    assert [question.id for question in world.status.pending_inputs or []] == ["hitl_1"]
    assert CreateAssignment not in kinds(world.go(5))
    assert min(world.again_in) <= 1
    world.gate = ""
    assert kinds(world.go(1)) == [CreateAssignment]


def test_a_question_whose_record_nats_lost_is_open_until_the_runner_puts_it_back() -> None:
    world = World()
    world.run()
    world.ask("draft_1", kind=HitlKind.REVIEW, seconds=3000)
    world.go()
    record = world.questions.pop("draft_1")
    world.events.clear()
    world.change(responses=[{"id": "draft_1", "value": "confirm"}])
    assert kinds(world.go(10)) == []
    assert (world.status.phase, states(world)) == (Phase.WAITING_FOR_INPUT, [])
    assert world.again_in[0] <= 2
    world.questions["draft_1"] = record
    world.go(2)
    assert states(world) == [("draft_1", ResponseState.ACCEPTED)]
    assert (world.status.pending_inputs, world.status.waited_seconds) == (None, 12)


@pytest.mark.parametrize("gone", ["closed", "deadline"])
def test_a_question_whose_record_stays_lost_ends_by_its_event_or_its_deadline(gone: str) -> None:
    world = World()
    world.run()
    world.ask(seconds=120)
    world.go()
    del world.questions["hitl_1"]
    if gone == "closed":
        world.say(EventType.HITL_RESPONSE, hitl_id="hitl_1")
        world.go(10)
        assert (world.status.pending_inputs, world.status.waited_seconds) == (None, 10)
    world.go(130)
    assert (world.status.pending_inputs, world.status.waited_seconds) == (None, 10 if gone == "closed" else 125)


def test_a_corrected_answer_is_not_lost_while_nats_gives_no_answer() -> None:
    world = World()
    world.run()
    world.ask(kind=HitlKind.CHOICE, options=["Yes", "No"], seconds=3000)
    world.change(responses=[{"id": "hitl_1", "value": "Perhaps"}])
    world.go()
    world.questions_readable = False
    world.change(responses=[{"id": "hitl_1", "value": "Yes"}])
    world.go(1)
    world.change_pod(scheduled=("False", "Unschedulable", "x"))
    world.go(1)
    assert world.status.observed_generation == 2, "the third one is not acted on yet"
    world.questions_readable = True
    world.go(2)
    assert (states(world), world.status.observed_generation) == ([("hitl_1", ResponseState.ACCEPTED)], 3)


def test_a_corrected_answer_survives_a_suspension_that_waits_for_the_lease() -> None:
    world = World()
    world.run()
    world.ask(kind=HitlKind.CHOICE, options=["Yes", "No"], seconds=3000)
    world.change(responses=[{"id": "hitl_1", "value": "Perhaps"}])
    world.go()
    world.leases_unreadable = "NATS does not answer"
    world.change(responses=[{"id": "hitl_1", "value": "Yes"}], suspend=True)
    assert kinds(world.go(1)) == [WriteStatus]
    world.leases_unreadable = ""
    world.change(suspend=False)
    world.go(2)
    assert states(world) == [("hitl_1", ResponseState.ACCEPTED)]


def test_what_is_asked_while_a_suspension_waits_for_the_lease_is_heard_afterwards() -> None:
    world = World()
    world.run()
    world.leases_unreadable = "NATS does not answer"
    world.change(suspend=True)
    world.ask()
    assert world.go()[-1] == Requeue(2, unheard=True)
    assert (world.waits(), world.status.pending_inputs) == (("False", "LeaseUnavailable"), None)
    world.leases_unreadable = ""
    world.change(suspend=False)
    world.go()
    assert [question.id for question in world.status.pending_inputs or []] == ["hitl_1"]
    assert (world.waits(), world.status.phase) == (("True", "Admitted"), Phase.WAITING_FOR_INPUT)


def test_what_documents_suggest_is_told_to_viewers_alone() -> None:
    world = World()
    world.run()
    world.ask(suggestions=[Suggestion(text="seven years of Go", source="cv.pdf, page 2")])
    world.go()
    assert world.status.pending_inputs
    told = world.status.model_dump_json() + "".join(note.message for note in world.notes)
    assert "seven years" not in told
    assert "cv.pdf" not in told


def test_where_a_draft_of_a_task_whose_profile_the_store_keeps_is_seen() -> None:
    world = World(spec={"profileRef": None})
    world.run()
    world.ask("draft_1", kind=HitlKind.REVIEW)
    world.go()
    assert "dashboard" in world.notes[-1].message
    assert "kubectl jobhunter draft" not in world.notes[-1].message
    assert "kubectl jobhunter answer asha-1 --id draft_1 confirm" in world.notes[-1].message


def test_observed_generation_follows_a_change_that_changes_nothing_else() -> None:
    world = World()
    world.run()
    world.change(priority=3)
    world.go()
    assert world.status.observed_generation == 2
    assert world.status.start_time == START
