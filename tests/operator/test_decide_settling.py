"""A person's word on a submission whose outcome was not seen."""

from __future__ import annotations

import pytest
from world import World, kinds

from jobhunter_contracts.conditions import ConditionType
from jobhunter_contracts.submission import LeaseState
from jobhunter_operator.actions import SettleLease, WriteStatus


def running() -> World:
    world = World()
    world.run()
    return world


def unconfirmed(*, pressed: bool = True) -> World:
    world = running()
    if pressed:
        world.press(LeaseState.TAKEN)
    world.report("SubmissionUnconfirmed")
    world.go()
    assert world.why() == ("False", "SubmissionUnconfirmed")
    return world


@pytest.mark.parametrize("pressed", [True, False])
def test_settled_as_sent_the_task_is_submitted_and_blocks_others(pressed: bool) -> None:
    world = unconfirmed(pressed=pressed)
    world.change(settle="sent")
    assert kinds(world.go()) == [SettleLease, WriteStatus]
    assert world.why() == ("True", "Submitted")
    assert [lease.state for lease in world.leases] == [LeaseState.SENT]
    assert (world.status.result is not None and world.status.result.outcome) == "submitted"
    assert kinds(world.go(5)) == []


def test_settled_as_not_sent_the_task_stays_unconfirmed_and_blocks_nobody() -> None:
    world = unconfirmed()
    world.change(settle="notSent")
    assert kinds(world.go()) == [SettleLease, WriteStatus]
    assert world.why() == ("False", "SubmissionUnconfirmed")
    assert [lease.state for lease in world.leases] == [LeaseState.NOT_SENT]
    assert world.status.result is not None
    assert world.status.result.outcome == "not-sent"
    assert "not sent" in world.condition(ConditionType.SUCCEEDED).message
    assert kinds(world.go(5)) == []


def test_an_unconfirmed_submission_is_not_deleted_before_it_is_settled() -> None:
    world = unconfirmed()
    world.change(ttlSecondsAfterFinished=60)
    world.go(86_400)
    assert not world.task_deleted
    world.change(settle="notSent")
    world.go(1)
    assert world.task_deleted


def test_settle_changes_no_other_end() -> None:
    world = running()
    world.report("Rejected")
    world.go()
    world.change(settle="sent")
    world.go()
    assert world.why() == ("False", "Rejected")
    assert world.settled == []


def test_settling_waits_for_the_lease() -> None:
    world = unconfirmed()
    world.leases_unreadable = "NATS does not answer"
    world.change(settle="sent")
    world.go()
    assert (world.why(), world.settled) == (("False", "SubmissionUnconfirmed"), [])
    assert world.again_in == [3]
