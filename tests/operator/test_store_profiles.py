"""Tasks whose profile the store keeps: a real NATS, and a gateway that speaks the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lab import URL, Lab, Runner, refusal, with_profile
from nats.aio.client import Client
from nats.aio.msg import Msg

from jobhunter_connection.background import end_tasks
from jobhunter_contracts.asks import ProfileChanged, ProfileQuery, ProfileState, Refusal
from jobhunter_contracts.conditions import ConditionType, Reason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.subjects import (
    HEADER_ERROR,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
    Ask,
    Owner,
)
from jobhunter_operator import admission, store_profiles
from nats_server import nats_client


class Gateway:
    """Says of each user whether there is a profile, as the contract has it."""

    def __init__(self, nc: Client) -> None:
        self.nc = nc
        self.users: set[str] = set()
        self.asked: list[ProfileQuery] = []
        self.fault: Refusal | None = None
        self.junk: bytes | None = None
        self.answering = asyncio.Event()
        self.answering.set()
        self._subscription: Any = None
        self._answers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._subscription = await self.nc.subscribe(PROFILE_EXISTS_SUBJECT, queue="gateway", cb=self._on_query)
        await self.nc.flush()

    async def stop(self) -> None:
        await self._subscription.unsubscribe()
        await self.nc.flush()

    async def put(self, user_id: str) -> None:
        """The user puts a profile: kept, then told."""
        self.users.add(user_id)
        await self.nc.publish(PROFILE_CHANGED_SUBJECT, ProfileChanged(user_id=user_id).to_json())

    async def _on_query(self, message: Msg) -> None:
        answering = asyncio.create_task(self._answer(message))
        self._answers.add(answering)
        answering.add_done_callback(self._answers.discard)

    async def _answer(self, message: Msg) -> None:
        query = ProfileQuery.from_json(message.data)
        self.asked.append(query)
        known = query.user_id in self.users
        await self.answering.wait()
        if self.fault is not None:
            await self.nc.publish(message.reply, self.fault.to_json(), headers={HEADER_ERROR: self.fault.code})
        elif self.junk is not None:
            await message.respond(self.junk)
        else:
            state = ProfileState(exists=known, why="" if known else "Profile not found. Please complete onboarding.")
            await message.respond(state.to_json())


@pytest.fixture
def lab(nats_server: Any) -> Lab:
    return with_profile(nats_server.url)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting tasks look again after half a second."""
    pace(monkeypatch, 0.5)


def pace(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(admission, "PROFILE_SECONDS", seconds)
    monkeypatch.setattr(store_profiles, "KEPT_SECONDS", dict.fromkeys(store_profiles.KEPT_SECONDS, seconds * 0.6))


@pytest.fixture
async def gateway(nats_server: Any) -> AsyncIterator[Gateway]:
    nc = await nats_client(nats_server.url)
    playing = Gateway(nc)
    await playing.start()
    yield playing
    await end_tasks(playing._answers)
    await nc.close()


def words(lab: Lab, name: str = "t") -> str:
    admitted = lab.task(name).condition(ConditionType.ADMITTED)
    return admitted.message if admitted and admitted.status == "False" else ""


async def test_a_task_without_profile_ref_is_the_gateway_s_and_takes_six_writes_or_fewer(
    lab: Lab, gateway: Gateway
) -> None:
    gateway.users.add("asha")
    async with lab.operator():
        uid = lab.apply(profileRef=None, review="Skip")
        runner = Runner(gateway.nc, uid, await lab.bound())
        assert (await runner.assignment()).owner is Owner.GATEWAY
        assert [(query.user_id, query.task_uid) for query in gateway.asked] == [("asha", uid)]
        assert refusal(await runner.ask(Ask.PROFILE)) == "not-bound", (
            "the operator hands over no profile that it has not"
        )
        await runner.say(EventType.SYSTEM_BROWSER_READY)
        await runner.press()
        await runner.complete(Reason.SUBMITTED)
        assert await lab.ended() == "Submitted"
        result = lab.task().status.result
        assert result is not None
        assert result.evidence is None, "the store keeps it, not a Secret"
    assert len(lab.kube.writes()) <= 6, lab.kube.writes()


async def test_a_task_waits_for_its_profile_and_goes_on_at_once_when_it_is_put(
    lab: Lab, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, 60)  # longer than this test waits: what brings it on is the word of the change
    async with lab.operator():
        lab.apply(profileRef=None)
        lab.apply("other", userId="bo", profileRef=None)
        await lab.until(lambda: lab.task().status.reason == "ProfileMissing")
        await lab.until(lambda: lab.task("other").status.reason == "ProfileMissing", "other")
        assert words(lab) == "Profile not found. Please complete onboarding."
        await gateway.put("asha")
        await lab.bound()
        assert lab.task("other").status.reason == "ProfileMissing"


async def test_a_profile_put_while_nobody_told_of_it_is_found_within_seconds(lab: Lab, gateway: Gateway) -> None:
    async with lab.operator():
        lab.apply(profileRef=None)
        await lab.until(lambda: lab.task().status.reason == "ProfileMissing")
        gateway.users.add("asha")
        await lab.bound()


async def test_without_a_gateway_the_task_waits_in_words_and_goes_on_when_it_comes(lab: Lab, gateway: Gateway) -> None:
    gateway.users.add("asha")
    await gateway.stop()
    async with lab.operator():
        lab.apply(profileRef=None)
        await lab.until(lambda: lab.task().status.reason == "ProfileMissing")
        assert "gateway" in words(lab)
        assert "does not answer" in words(lab)
        await gateway.start()
        await lab.bound()


async def test_a_gateway_that_hangs_holds_up_no_other_task(lab: Lab, gateway: Gateway) -> None:
    lab.settings.max_sessions = lab.settings.max_sessions_per_user = 100
    gateway.answering.clear()
    async with lab.operator():
        for number in range(30):
            lab.apply(f"u{number}", userId=f"user-{number}", url=f"{URL}{number}", profileRef=None)
        await lab.until(lambda: len(gateway.asked) >= 4)
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(1.2)  # the first questions' time is up
        for number in range(5):
            lab.apply(f"s{number}", userId=f"secret-{number}", url=f"{URL}s{number}")
        await lab.until(lambda: all(lab.task(f"s{n}").status.attempts == 1 for n in range(5)), "s4")
        assert asyncio.get_running_loop().time() - begun < 6
        assert words(lab, "u0")


@pytest.mark.parametrize(
    ("fault", "junk"),
    [(Refusal(code="unavailable", message="Postgres does not answer."), None), (None, b"not json"), (None, b"{}")],
)
async def test_a_gateway_that_cannot_say_is_waited_for(
    lab: Lab, gateway: Gateway, fault: Refusal | None, junk: bytes | None
) -> None:
    gateway.fault, gateway.junk = fault, junk
    gateway.users.add("asha")
    async with lab.operator():
        lab.apply(profileRef=None)
        await lab.until(lambda: lab.task().status.reason == "ProfileMissing")
        assert "gateway" in words(lab)
        assert fault is None or "Postgres does not answer" in words(lab)
        gateway.fault = gateway.junk = None
        await lab.bound()


async def test_a_burst_of_a_user_s_tasks_asks_once(lab: Lab, gateway: Gateway) -> None:
    lab.settings.max_sessions = lab.settings.max_sessions_per_user = 100
    gateway.users.add("asha")
    async with lab.operator():
        for number in range(60):
            lab.apply(f"b{number}", url=f"{URL}{number}", profileRef=None)
        await lab.until(lambda: all(lab.task(f"b{n}").status.attempts == 1 for n in range(60)), "b59")
    assert 1 <= len(gateway.asked) <= 3


async def test_each_task_without_a_profile_is_asked_for_and_waits_quietly(lab: Lab, gateway: Gateway) -> None:
    """Hearing of a task the gateway tells its viewers; from then on one question speaks for all of the user's tasks."""
    async with lab.operator():
        uids = {lab.apply(f"m{number}", url=f"{URL}{number}", profileRef=None) for number in range(10)}
        await lab.until(lambda: {query.task_uid for query in gateway.asked} == uids)
        await lab.until(lambda: all(lab.task(f"m{n}").status.reason == "ProfileMissing" for n in range(10)), "m9")
        writes, asked = len(lab.kube.writes()), len(gateway.asked)
        await asyncio.sleep(1.5)
        assert len(lab.kube.writes()) == writes, "waiting writes nothing"
        assert 1 <= len(gateway.asked) - asked <= 5, "one question for all ten, each 0.3 s at the most"


async def test_an_answer_from_before_a_change_is_not_kept(
    lab: Lab, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is on its way while the profile is put: its no comes after the change was told."""
    pace(monkeypatch, 60)
    gateway.answering.clear()
    async with lab.operator():
        lab.apply(profileRef=None)
        await lab.until(lambda: gateway.asked)
        await gateway.put("asha")
        await gateway.nc.flush()
        await asyncio.sleep(0.1)
        gateway.answering.set()
        await lab.bound()


async def test_words_that_are_no_change_of_a_profile_change_nothing(lab: Lab, gateway: Gateway) -> None:
    gateway.users.add("asha")
    async with lab.operator():
        for junk in (b"", b"[]", b"\xff"):
            await gateway.nc.publish(PROFILE_CHANGED_SUBJECT, junk)
        await gateway.put("nobody")
        lab.apply(profileRef=None)
        await lab.bound()
