"""The worker: order, errors, cancellation, and a call that never comes back."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from drivers.bus.worker import BusWorker, WorkerHung

LIMIT_S = 5.0
SOON_S = 0.02
"""A deadline meant to pass."""


class Gate:
    """A call that hangs until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.leave = threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        self.leave.wait()
        return "late"


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.leave.set()


@pytest.fixture
def disposed() -> threading.Event:
    return threading.Event()


@pytest.fixture
async def worker(disposed: threading.Event) -> BusWorker:
    return BusWorker("test", dispose=disposed.set)


async def finished(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, LIMIT_S)


async def test_call_returns_what_the_function_returns(worker: BusWorker, disposed: threading.Event) -> None:
    assert await worker.call(divmod, 7, 2, deadline_s=LIMIT_S, label="dividing") == (3, 1)
    worker.stop()
    assert await finished(disposed)


async def test_call_runs_outside_the_loop_and_always_in_one_thread(worker: BusWorker) -> None:
    seen = [await worker.call(threading.get_ident, deadline_s=LIMIT_S, label="") for _ in range(5)]
    assert len({*seen, threading.get_ident()}) == 2
    worker.stop()


async def test_call_raises_what_the_function_raises(worker: BusWorker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.call(divmod, 1, 0, deadline_s=LIMIT_S, label="dividing")
    assert await worker.call(len, "ab", deadline_s=LIMIT_S, label="") == 2
    worker.stop()


async def test_calls_at_the_same_time_never_overlap(worker: BusWorker) -> None:
    running = 0
    most = 0

    def step() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        running -= 1

    await asyncio.gather(*(worker.call(step, deadline_s=LIMIT_S, label="") for _ in range(200)))
    assert most == 1
    worker.stop()


async def test_calls_keep_the_order_they_were_made_in(worker: BusWorker) -> None:
    order: list[int] = []
    await asyncio.gather(*(worker.call(order.append, n, deadline_s=LIMIT_S, label="") for n in range(50)))
    assert order == list(range(50))
    worker.stop()


async def test_cancelled_before_it_began_is_skipped(worker: BusWorker, gate: Gate) -> None:
    done: list[str] = []
    first = asyncio.create_task(worker.call(gate, deadline_s=LIMIT_S, label="gate"))
    assert await finished(gate.entered)
    second = asyncio.create_task(worker.call(done.append, "second", deadline_s=LIMIT_S, label=""))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    gate.leave.set()
    assert await first == "late"
    await worker.call(done.append, "third", deadline_s=LIMIT_S, label="")
    assert done == ["third"]
    worker.stop()


async def test_cancelled_while_it_runs_is_finished_and_dropped(worker: BusWorker, gate: Gate) -> None:
    task = asyncio.create_task(worker.call(gate, deadline_s=LIMIT_S, label="gate"))
    assert await finished(gate.entered)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    gate.leave.set()
    assert await worker.call(len, "abc", deadline_s=LIMIT_S, label="") == 3
    worker.stop()


async def test_cancelled_after_it_returned_is_harmless(worker: BusWorker) -> None:
    task = asyncio.create_task(worker.call(len, "abc", deadline_s=LIMIT_S, label=""))
    assert await task == 3
    task.cancel()
    assert await worker.call(len, "a", deadline_s=LIMIT_S, label="") == 1
    worker.stop()


async def test_hung_call_is_given_up_with_everything_behind_it(
    worker: BusWorker, gate: Gate, disposed: threading.Event
) -> None:
    calls = [
        asyncio.create_task(worker.call(gate, deadline_s=SOON_S, label="the hung one")),
        asyncio.create_task(worker.call(len, "abc", deadline_s=LIMIT_S, label="behind")),
    ]
    await asyncio.wait(calls, timeout=LIMIT_S)
    for call in calls:
        error = call.exception()
        assert isinstance(error, WorkerHung)
        assert error.label == "the hung one"
    assert worker.hung
    assert not disposed.is_set()
    gate.leave.set()
    assert await finished(disposed)


async def test_hung_call_whose_awaiter_was_cancelled_is_still_given_up(worker: BusWorker, gate: Gate) -> None:
    task = asyncio.create_task(worker.call(gate, deadline_s=SOON_S, label="gate"))
    assert await finished(gate.entered)
    task.cancel()
    await asyncio.wait([task])
    with pytest.raises(WorkerHung):
        await worker.call(len, "abc", deadline_s=LIMIT_S, label="behind")


async def test_call_after_hang_or_stop_fails_at_once(worker: BusWorker, gate: Gate) -> None:
    with pytest.raises(WorkerHung):
        await worker.call(gate, deadline_s=SOON_S, label="gate")
    with pytest.raises(WorkerHung, match="again"):
        await worker.call(len, "abc", deadline_s=LIMIT_S, label="again")
    other = BusWorker("other", dispose=lambda: None)
    other.stop()
    other.stop()
    with pytest.raises(WorkerHung):
        await other.call(len, "abc", deadline_s=LIMIT_S, label="stopped")


async def test_stop_finishes_what_was_asked_for(worker: BusWorker, gate: Gate, disposed: threading.Event) -> None:
    first = asyncio.create_task(worker.call(gate, deadline_s=LIMIT_S, label="gate"))
    assert await finished(gate.entered)
    worker.stop()
    gate.leave.set()
    assert await first == "late"
    assert await finished(disposed)


async def test_given_up_worker_is_told_of_once_and_alive_until_its_thread_comes_back(gate: Gate) -> None:
    told: list[BusWorker] = []
    worker = BusWorker("test", dispose=lambda: None, given_up=told.append)
    calls = [worker.submit(gate, deadline_s=SOON_S, label="gate"), worker.submit(gate, deadline_s=SOON_S, label="")]
    await asyncio.wait(calls, timeout=LIMIT_S)
    assert all(isinstance(call.exception(), WorkerHung) for call in calls)
    assert told == [worker]
    assert worker.alive
    gate.leave.set()
    await asyncio.to_thread(worker._thread.join, LIMIT_S)
    assert not worker.alive
