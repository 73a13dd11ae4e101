"""Admission: what a task waits for, in which order tasks are let in, and what ends before it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from world import START, UID, World, kinds

from jobhunter_contracts.application_task import ApplicationTaskSpec
from jobhunter_contracts.conditions import ConditionType, Phase
from jobhunter_contracts.egress import EgressRule
from jobhunter_contracts.subjects import Owner
from jobhunter_contracts.submission import LeaseState
from jobhunter_operator.actions import (
    CreateAssignment,
    CreatePod,
    DeletePod,
    ForgetAttempt,
    Look,
    PublishComplete,
    Requeue,
    WriteStatus,
)
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Contender, Need, ProfileState, ProfileView
from jobhunter_operator.spec_faults import pod_template_fault


def rival(
    uid: str = "r", user: str = "bo", *, priority: int = 0, age: int = 0, running: bool = False, site: str = "x"
) -> Contender:
    created = (START - timedelta(seconds=age)).isoformat()
    return Contender(uid, user, site, priority, created, running, not running)


def test_a_task_gets_a_pod_of_its_own_then_its_binding_then_its_assignment() -> None:
    world = World()
    assert kinds(world.go()) == [CreatePod, WriteStatus, CreateAssignment]
    status = world.status
    assert (status.pod_name, status.pod_uid, status.attempts, status.failed) == ("asha-1-1", "pod-1", 1, None)
    assert (status.phase, status.site, status.start_time) == (Phase.STARTING, "careers.example.com", START)
    assert world.waits() == ("True", "Admitted")
    assert world.why()[0] == "Unknown"
    assert world.note_reasons() == ["Admitted"]


def test_the_assignment_tells_the_pod_what_it_has_to_know() -> None:
    world = World(annotations={"jobhunter.dev/test-hold-seconds": "7"})
    (told,) = [a.assignment for a in world.go() if isinstance(a, CreateAssignment)]
    assert (told.task_uid, told.attempt, told.owner, told.lease_identity) == (UID, 1, Owner.OPERATOR, "the-bucket")
    assert (told.soft_deadline_seconds, told.active_deadline_seconds) == (600, 900)
    assert told.hold_seconds == 0, "the hold is for tests alone"


def test_a_hold_is_honoured_where_the_operator_is_told_so() -> None:
    world = World(annotations={"jobhunter.dev/test-hold-seconds": "7"}, limits=Limits(test_holds=True))
    assert [a.assignment.hold_seconds for a in world.go() if isinstance(a, CreateAssignment)] == [7]


def test_an_operator_that_died_before_the_binding_adopts_the_pod_it_made() -> None:
    world, dead = World(), World()
    dead.go()
    world.pods = dead.pods
    assert kinds(world.go()) == [WriteStatus, CreateAssignment]
    assert (world.status.pod_uid, world.status.attempts) == ("pod-1", 1)


def test_an_operator_that_died_after_the_binding_only_assigns_again() -> None:
    world = World()
    world.go()
    world.assigned = False
    assert kinds(world.go()) == [CreateAssignment]


def test_a_pod_of_another_task_of_that_name_is_waited_for() -> None:
    world = World(name_taken=True)
    assert kinds(world.go()) == [CreatePod, WriteStatus]
    assert set(world.again_in) == {1}
    assert (world.waits(), world.status.phase) == (("False", "NameTaken"), Phase.QUEUED)
    assert "kubectl get pod asha-1-1 -n jobs" in world.condition(ConditionType.ADMITTED).message
    assert kinds(world.go(30)) == [CreatePod], "waiting writes nothing"
    world.name_taken = False
    assert kinds(world.go(1)) == [CreatePod, WriteStatus, CreateAssignment]


def test_a_deleted_task_is_left_to_the_garbage_collector() -> None:
    world = World()
    world.go()
    world.deleted = True
    assert world.go(5) == []


def test_a_suspended_task_is_not_admitted_and_goes_on_later() -> None:
    world = World(spec={"suspend": True})
    world.go()
    assert (world.waits(), world.status.phase) == (("False", "Suspended"), Phase.SUSPENDED)
    world.change(suspend=False)
    assert CreatePod in kinds(world.go())


def test_a_task_cancelled_in_the_queue_ends_cancelled_and_the_world_is_told() -> None:
    world = World(spec={"suspend": True})
    world.go()
    world.change(cancel=True)
    assert kinds(world.go()) == [WriteStatus, PublishComplete]
    assert world.why() == ("False", "Cancelled")
    assert world.published[0].reason == "Cancelled"


def test_nothing_is_admitted_while_the_submission_records_cannot_be_trusted() -> None:
    world = World(gate="The records were lost: kubectl -n jobhunter patch …")
    assert kinds(world.go()) == [WriteStatus]
    assert world.waits() == ("False", "LeaseUnavailable")
    assert "kubectl" in world.condition(ConditionType.ADMITTED).message
    assert world.again_in
    world.gate = ""
    assert CreatePod in kinds(world.go(3))


def test_records_that_cannot_be_read_keep_the_task_waiting() -> None:
    world = World(leases_unreadable="NATS does not answer")
    world.go()
    assert world.waits() == ("False", "LeaseUnavailable")
    assert not world.pods


def test_a_missing_profile_waits_and_goes_on_when_it_comes() -> None:
    world = World(profile=ProfileView(ProfileState.MISSING, "There is no Secret asha-profile in jobs yet."))
    world.go()
    assert (world.waits(), world.status.phase) == (("False", "ProfileMissing"), Phase.QUEUED)
    assert world.again_in, "the Secret is looked for again"
    assert kinds(world.go(2)) == [], "waiting writes nothing"
    world.profile = ProfileView(ProfileState.USABLE)
    assert CreatePod in kinds(world.go(2))


def test_a_profile_of_the_store_is_waited_for_in_the_gateway_s_words() -> None:
    world = World(spec={"profileRef": None}, profile=ProfileView(ProfileState.MISSING, "Complete your onboarding."))
    assert kinds(world.go()) == [WriteStatus]
    assert (world.waits(), world.status.phase) == (("False", "ProfileMissing"), Phase.QUEUED)
    assert world.condition(ConditionType.ADMITTED).message == "Complete your onboarding."
    assert set(world.again_in) == {3}
    assert kinds(world.go(3)) == [], "waiting writes nothing"
    world.profile = ProfileView(ProfileState.USABLE)
    assert kinds(world.go(3)) == [CreatePod, WriteStatus, CreateAssignment]


def test_where_the_gateway_says_nothing_the_task_waits_too_and_writes_once() -> None:
    world = World(spec={"profileRef": None}, profile=ProfileView(ProfileState.UNKNOWN, "It does not answer."))
    world.go()
    for _ in range(5):
        assert world.go(3) == [Look(frozenset({Need.PROFILE})), Requeue(3)], "nothing else is read meanwhile"
    assert (world.waits(), world.writes, world.pods) == (("False", "ProfileMissing"), 1, [])
    world.profile = ProfileView(ProfileState.USABLE)
    assert CreatePod in kinds(world.go(3))


def test_who_asks_for_the_profile_is_told_whose_it_is() -> None:
    world = World(spec={"profileRef": None})
    (told,) = [a.assignment for a in world.go() if isinstance(a, CreateAssignment)]
    assert (told.owner, told.user_id) == (Owner.GATEWAY, "asha")


def test_a_retry_does_not_ask_for_the_store_s_profile_again() -> None:
    """The gateway may be away by then: the runner waits for it, the attempt is not held up."""
    world = World(spec={"profileRef": None})
    world.run()
    world.profile = ProfileView(ProfileState.UNKNOWN, "It does not answer.")
    world.lose_pod()
    assert CreatePod in kinds(world.go(3))


def test_who_lacks_a_profile_is_not_in_line_before_others() -> None:
    """A session is given to a task that can use it."""
    world = World(
        spec={"profileRef": None},
        limits=Limits(max_sessions=1),
        contenders=[rival(running=True)],
        profile=ProfileView(ProfileState.MISSING, "Complete your onboarding."),
    )
    world.go()
    assert world.waits() == ("False", "ProfileMissing")


def test_a_wrong_profile_ends_invalid_spec_with_its_words() -> None:
    world = World(profile=ProfileView(ProfileState.WRONG, "application.colour: unknown key."))
    world.go()
    assert world.why() == ("False", "InvalidSpec")
    assert "application.colour" in world.condition(ConditionType.SUCCEEDED).message
    assert world.published[0].reason == "InvalidSpec"


@pytest.mark.parametrize("state", [LeaseState.TAKEN, LeaseState.SENT])
def test_another_task_that_pressed_for_the_posting_is_in_the_way(state: LeaseState) -> None:
    world = World()
    world.press(state, mine=False)
    world.go()
    assert world.why() == ("False", "DuplicateApplication")
    assert "asha-0" in world.condition(ConditionType.SUCCEEDED).message
    assert not world.pods


def test_allow_duplicate_lets_it_pass() -> None:
    world = World(spec={"allowDuplicate": True})
    world.press(LeaseState.SENT, mine=False)
    assert CreatePod in kinds(world.go())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"url": "http://10.1.2.3/jobs/1"}, "not a public address"),
        ({"url": "http://127.0.0.1/jobs/1"}, "not a public address"),
        ({"url": "http://[fd00::1]/jobs"}, "not a public address"),
        ({"url": "http://2130706433/jobs"}, "not a public address"),
        ({"url": None, "prompt": "find me a job"}, "spec.prompt is not served"),
        ({"podTemplate": {"runtimeClassName": "gvisor"}}, "runtimeClassName is not permitted"),
        ({"podTemplate": {"resources": {"limits": {"memory": "5Gi"}}}}, "5Gi is more than the 4Gi"),
        ({"podTemplate": {"resources": {"requests": {"cpu": "2001m"}}}}, "2001m is more than the 2"),
        ({"podTemplate": {"resources": {"limits": {"nvidia.com/gpu": "1"}}}}, "not permitted"),
    ],
)
def test_a_spec_that_cannot_be_served_ends_with_what_is_wrong(spec: dict[str, Any], words: str) -> None:
    world = World(spec=spec)
    world.go()
    assert world.why() == ("False", "InvalidSpec")
    assert words in world.condition(ConditionType.SUCCEEDED).message


def test_a_private_address_that_egress_allows_is_served() -> None:
    rules = (EgressRule(cidr="10.1.0.0/16", ports=[80]),)
    assert CreatePod in kinds(World(spec={"url": "http://10.1.2.3/jobs/1"}, limits=Limits(egress_allow=rules)).go())


def test_a_pod_template_within_what_is_permitted_is_served() -> None:
    spec = {"podTemplate": {"resources": {"limits": {"memory": "4096Mi", "cpu": "2"}}}}
    assert CreatePod in kinds(World(spec=spec).go())


@pytest.mark.parametrize(
    ("limits", "contenders", "reason"),
    [
        (Limits(max_sessions=1), [rival(running=True)], "ClusterLimit"),
        (Limits(max_sessions_per_user=1), [rival(user="asha", running=True)], "UserLimit"),
        (Limits(max_sessions_per_site=1), [rival(site="careers.example.com", running=True)], "SiteLimit"),
        (Limits(max_sessions=1), [rival(priority=5)], "ClusterLimit"),
        (Limits(max_sessions=1), [rival(age=60)], "ClusterLimit"),
        (Limits(max_sessions=0), [], "ClusterLimit"),
    ],
)
def test_caps_keep_a_task_waiting(limits: Limits, contenders: list[Contender], reason: str) -> None:
    world = World(limits=limits, contenders=contenders)
    world.go()
    assert world.waits() == ("False", reason)
    assert (world.status.phase, world.status.reason) == (Phase.QUEUED, reason)
    assert not world.pods


@pytest.mark.parametrize(
    ("limits", "contenders"),
    [
        (Limits(max_sessions=1), [rival(priority=-1, age=60)]),
        (Limits(max_sessions=1), [rival(age=-60)]),
        (Limits(max_sessions=2), [rival(age=60)]),
        (Limits(max_sessions=2, max_sessions_per_user=1), [rival(running=True), rival("r2", age=60)]),
        (Limits(max_sessions_per_user=1), [rival(running=True)]),
    ],
)
def test_free_sessions_go_by_priority_then_age_to_whom_no_cap_of_their_own_holds(
    limits: Limits, contenders: list[Contender]
) -> None:
    assert CreatePod in kinds(World(limits=limits, contenders=contenders).go())


def test_a_user_at_their_cap_does_not_hold_up_the_others() -> None:
    rivals = [rival("r1", running=True), rival("r2", age=60, priority=9)]
    world = World(limits=Limits(max_sessions=2, max_sessions_per_user=1), contenders=rivals)
    assert CreatePod in kinds(world.go())


def test_a_full_quota_waits_in_the_api_servers_words() -> None:
    world = World(pod_refused="A quota of the namespace has no room for the browser pod: exceeded quota.")
    world.go()
    assert world.waits() == ("False", "QuotaExceeded")
    assert "exceeded quota" in world.condition(ConditionType.ADMITTED).message
    world.pod_refused = ""
    assert CreatePod in kinds(world.go(10))


def test_a_pod_template_that_the_api_server_refuses_ends_in_its_words() -> None:
    world = World(pod_invalid="spec.podTemplate: the API server refuses a pod with it: spec.tolerations[2].effect.")
    world.go()
    assert world.why() == ("False", "InvalidSpec")
    assert "spec.tolerations[2].effect" in world.condition(ConditionType.SUCCEEDED).message


PRIORITY = 'pods "t-1" is forbidden: no PriorityClass with name gold was found'
RUNTIME = 'pods "t-1" is forbidden: pod rejected: RuntimeClass "gvisor" not found'
QUOTA = 'pods "t-1" is forbidden: exceeded quota: gold, requested: pods=1, used: pods=1, limited: pods=1'
INVALID = 'Pod "t-1" is invalid: spec.tolerations[2].effect: Invalid value: "Never"'


@pytest.mark.parametrize(
    ("template", "status", "words", "is_to_blame"),
    [
        ({"tolerations": [{"effect": "Never"}]}, 422, INVALID, True),
        ({"priorityClassName": "gold"}, 403, PRIORITY, True),
        ({"runtimeClassName": "gvisor"}, 403, RUNTIME, True),
        ({"priorityClassName": "gold"}, 403, QUOTA, False),
        ({"nodeSelector": {"a": "b"}}, 403, RUNTIME, False),
        ({"nodeSelector": {"a": "b"}}, 403, 'pods "t-1" is forbidden: violates PodSecurity "restricted"', False),
        (None, 422, INVALID, False),
        (None, 403, PRIORITY, False),
    ],
)
def test_only_what_a_task_itself_asks_for_is_its_fault(
    template: dict[str, Any] | None, status: int, words: str, is_to_blame: bool
) -> None:
    """A quota has room again, and what the chart puts into every pod is for whoever runs the cluster to mend."""
    spec = ApplicationTaskSpec.model_validate({"userId": "a", "url": "https://x.example/1", "podTemplate": template})
    said = pod_template_fault(spec, status, words)
    assert (words in said) == is_to_blame
    assert bool(said) == is_to_blame


def test_the_life_of_a_quiet_task_takes_few_writes() -> None:
    world = World()
    world.go()
    world.change_pod(scheduled=("True", "", ""))
    world.go(0.2)
    world.run()
    world.press(LeaseState.SENT)
    world.report("Submitted", message="Thank you")
    world.go(10)
    world.end_pod()
    world.go(1)
    assert world.why() == ("True", "Submitted")
    assert world.condition(ConditionType.POD_SCHEDULED).status == "True"
    assert world.writes == 3
    assert world.note_reasons() == ["Admitted", "BrowserReady", "Submitted"]


def test_after_the_end_a_pod_that_does_not_end_is_stopped_and_the_assignment_forgotten() -> None:
    world = World()
    world.run()
    world.press(LeaseState.SENT)
    world.report("Submitted")
    assert ForgetAttempt in kinds(world.go())
    assert kinds(world.go(5)) == []
    assert kinds(world.go(26)) == [DeletePod]


def test_a_finished_task_is_deleted_when_its_time_is_up() -> None:
    world = World(spec={"ttlSecondsAfterFinished": 60, "cancel": True})
    world.go()
    assert isinstance(world.go(59)[-1], Requeue)
    assert not world.task_deleted
    world.go(1)
    assert world.task_deleted
