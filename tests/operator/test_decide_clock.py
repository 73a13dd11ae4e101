"""A task's clock: it stands still for as long as a person was asked, whoever looked at it meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from world import World, kinds

from jobhunter_contracts.conditions import ConditionType
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_operator.actions import CreatePod, DeletePod, Requeue


def asked_while_nobody_looked(seconds: float = 3600) -> World:
    """A draft is shown 20 s after the task's start; the operator is away from then on."""
    world = World(spec={"reviewTimeoutSeconds": 3600})
    world.run()
    world.now += timedelta(seconds=19)
    world.ask("draft_1", kind=HitlKind.REVIEW, seconds=seconds)
    return world


def test_a_pod_that_is_lost_while_a_draft_waits_leaves_the_waiting_uncounted_no_more() -> None:
    world = World(spec={"activeDeadlineSeconds": 900})
    world.run()
    world.ask("draft_1", kind=HitlKind.REVIEW, seconds=7200)
    world.go()
    world.go(3000)
    world.lose_pod()
    assert CreatePod in kinds(world.go())
    assert world.status.waited_seconds == 3000
    assert DeletePod not in kinds(world.go(800))
    assert world.why()[0] == "Unknown"


def test_a_deadline_is_judged_after_the_questions_that_were_asked_meanwhile() -> None:
    world = asked_while_nobody_looked()
    assert DeletePod not in kinds(world.go(960))
    assert [question.id for question in world.status.pending_inputs or []] == ["draft_1"]
    assert DeletePod not in kinds(world.go(2000)), "the person has the hour that was promised"
    world.close("draft_1")
    world.go()
    assert world.status.waited_seconds == 2960
    assert DeletePod not in kinds(world.go(870))
    assert DeletePod in kinds(world.go(20)), "and nothing more"


@pytest.mark.parametrize("state", [HitlState.ANSWERED, HitlState.READ])
def test_a_question_that_was_asked_and_answered_meanwhile_counts(state: HitlState) -> None:
    world = asked_while_nobody_looked()
    world.now += timedelta(seconds=930)
    world.close("draft_1", state)
    assert DeletePod not in kinds(world.go(5))
    assert (world.status.waited_seconds, world.status.pending_inputs) == (930, None)
    world.say(world.events[0].type, hitl_id="draft_1")
    world.go(60)
    assert world.status.waited_seconds == 930, "counted once"


def test_a_question_that_expired_meanwhile_counts_until_its_deadline() -> None:
    world = asked_while_nobody_looked(seconds=100)
    world.now += timedelta(seconds=500)
    world.close("draft_1", HitlState.EXPIRED)
    world.go()
    assert world.status.waited_seconds == 100
    world = asked_while_nobody_looked(seconds=100)
    world.now += timedelta(seconds=1000)
    world.close("draft_1", HitlState.EXPIRED)
    assert DeletePod in kinds(world.go())
    assert world.status.waited_seconds == 100


def test_questions_that_were_open_at_the_same_time_count_once() -> None:
    world = World()
    world.run()
    world.ask("hitl_1", seconds=3000)
    world.now += timedelta(seconds=50)
    world.ask("hitl_2", seconds=3000)
    world.now += timedelta(seconds=50)
    world.close("hitl_1")
    world.now += timedelta(seconds=50)
    world.close("hitl_2")
    world.now += timedelta(seconds=1000)  # time in which it worked
    world.ask("hitl_3", seconds=3000)
    world.go(10)
    assert world.status.waited_seconds == 150
    since = world.condition(ConditionType.WAITING_FOR_INPUT).last_transition_time
    assert (world.now - since).total_seconds() == 10


def test_one_question_answered_while_another_is_open_ends_no_waiting() -> None:
    world = World()
    world.run()
    world.ask("hitl_1", seconds=3000)
    world.go()
    world.go(10)
    world.ask("hitl_2", seconds=3000)
    world.go(10)
    world.close("hitl_1")
    world.go(10)
    world.go(10)
    world.close("hitl_2")
    world.go(10)
    assert world.status.waited_seconds == 40


def test_no_deadline_is_judged_before_what_was_said_meanwhile_is_here() -> None:
    world = World()
    world.run()
    world.caught_up = False
    assert world.go(1000) == [Requeue(2, unheard=True)]
    world.caught_up = True
    assert DeletePod in kinds(world.go())


def test_no_deadline_is_judged_while_the_questions_cannot_be_read() -> None:
    world = asked_while_nobody_looked()
    world.questions_readable = False
    assert world.go(960)[-1] == Requeue(2, unheard=True)
    assert kinds(world.go()) == []
    world.questions_readable = True
    world.go()
    assert world.status.pending_inputs


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_times_at_the_end_of_time_end_no_reconcile(moment: str) -> None:
    world = World()
    world.run()
    world.ask()
    said = json.loads(world.questions["hitl_1"].to_json()) | {"asked_at": moment, "deadline": moment}
    world.questions["hitl_1"] = HitlRecord.from_json(json.dumps(said))
    world.go(1)
    world.go(100)
    assert world.why()[0] == "Unknown"


def test_a_time_without_a_zone_is_none() -> None:
    world = World()
    world.run()
    world.ask()
    said = json.loads(world.questions["hitl_1"].to_json()) | {"asked_at": "2026-11-21T09:00:00"}
    with pytest.raises(InvalidMessage, match="timezone"):
        HitlRecord.from_json(json.dumps(said))
