"""The work queue's promises: one worker for a key, no key lost, a failing key comes again ever later."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from jobhunter_operator.work_queue import WorkQueue


async def work(queue: WorkQueue[str], do: Callable[[str], Awaitable[None]], seconds: float = 0.2) -> None:
    running = asyncio.create_task(queue.run(do, workers=4))
    await asyncio.sleep(seconds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_key_added_often_is_worked_on_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []
    for key in "aabab":
        queue.add(key)
    assert len(queue) == 2

    async def do(key: str) -> None:
        seen.append(key)

    await work(queue, do)
    assert seen == ["a", "b"]


async def test_a_key_is_never_worked_on_by_two_at_a_time_and_comes_again_if_added_meanwhile() -> None:
    queue: WorkQueue[str] = WorkQueue()
    at_work = 0
    most = 0
    times = 0

    async def do(key: str) -> None:
        nonlocal at_work, most, times
        at_work += 1
        most = max(most, at_work)
        times += 1
        if times < 4:
            queue.add(key)
            queue.add(key)
        await asyncio.sleep(0.01)
        at_work -= 1

    queue.add("a")
    await work(queue, do)
    assert (most, times) == (1, 4)


async def test_different_keys_are_worked_on_at_the_same_time() -> None:
    queue: WorkQueue[str] = WorkQueue()
    meet = asyncio.Barrier(3)
    met: list[str] = []

    async def do(key: str) -> None:
        async with asyncio.timeout(1):
            await meet.wait()
        met.append(key)

    for key in "abc":
        queue.add(key)
    await work(queue, do)
    assert sorted(met) == ["a", "b", "c"]


async def test_a_delayed_key_comes_when_it_is_due_and_the_earliest_time_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    loop = asyncio.get_running_loop()
    started = loop.time()
    times: list[float] = []

    async def do(key: str) -> None:
        times.append(loop.time() - started)

    queue.add_after("a", 10)
    queue.add_after("a", 0.05)
    queue.add_after("a", 20)
    await work(queue, do, 0.3)
    assert len(times) == 1
    assert 0.04 < times[0] < 0.25


async def test_a_key_that_is_due_at_once_forgets_its_delay() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []

    async def do(key: str) -> None:
        seen.append(key)

    queue.add_after("a", 0.05)
    queue.add("a")
    await work(queue, do)
    assert seen == ["a"]


async def test_a_failing_key_comes_again_ever_later_until_it_succeeds() -> None:
    queue: WorkQueue[str] = WorkQueue(first_pause=0.02)
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def do(key: str) -> None:
        times.append(loop.time())
        if len(times) < 4:
            raise RuntimeError("not yet")

    queue.add("a")
    await work(queue, do, 0.6)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == 4
    assert pauses[0] >= 0.02
    assert pauses[1] >= 0.04
    assert pauses[2] >= 0.08


async def test_a_failing_key_does_not_hold_up_the_others() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []

    async def do(key: str) -> None:
        if key == "bad":
            raise RuntimeError("never")
        seen.append(key)

    queue.add("bad")
    queue.add("good")
    await work(queue, do)
    assert seen == ["good"]


async def test_a_failing_key_that_is_added_while_it_is_worked_on_pauses_all_the_same() -> None:
    queue: WorkQueue[str] = WorkQueue(first_pause=0.1)
    times = 0

    async def do(key: str) -> None:
        nonlocal times
        times += 1
        queue.add(key)
        raise RuntimeError("no")

    queue.add("a")
    await work(queue, do, 0.25)
    assert times == 2
