"""The small, real half of `tests.proofs.stampede`: the agent's publishers and a real mosquitto, thirty times as fast.

Only the waits between tries are shortened, all by the same factor; the code, the sockets and the broker are real.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent.budget import Budget, BudgetSettings
from agent.clock import SystemClock
from agent.discipline import SystemDiscipline
from agent.publisher import Publisher
from agent.uplink.backoff import BackoffSettings
from agent.uplink.settings import UplinkSettings
from tests.support.broker import Mosquitto
from tests.support.uplink import FakeQueue, settings_for, status_of, topic_of

FASTER = 30.0
OUTAGE_S = 600.0
BACK_S = 310.0
SLACK_S = 3.0
"""Of real time: what connecting takes on a machine that does other things as well."""
PEAK = 0.5
"""So much of all units may come back within one real second, which is half a minute of theirs."""


def _backoff() -> BackoffSettings:
    usual = BackoffSettings()
    return BackoffSettings(
        eager_s=usual.eager_s / FASTER,
        eager_min_s=usual.eager_min_s / FASTER,
        eager_max_s=usual.eager_max_s / FASTER,
        base_s=usual.base_s / FASTER,
        max_s=usual.max_s / FASTER,
        stable_s=usual.stable_s / FASTER,
    )


def _publisher(settings: UplinkSettings, dice: Callable[[], float]) -> Publisher:
    clock = SystemClock(SystemDiscipline())

    async def on_message(_topic: str, _payload: bytes) -> None:
        return

    return Publisher(
        settings,
        queue=FakeQueue(),
        budget=Budget(BudgetSettings(), clock=clock),
        clock=clock,
        topic_of=topic_of,
        on_message=on_message,
        status=status_of,
        random=dice,
    )


async def come_back(
    folder: Path, *, units: int, seed: int, jitter: bool = True, outage_s: float = OUTAGE_S
) -> list[str]:
    """Take the broker from `units` publishers and give it back; return which bounds do not hold."""
    dice = [random.Random(f"{seed}/{number}").random if jitter else lambda: 1.0 for number in range(units)]
    async with Mosquitto(folder, lines=("allow_anonymous true", "max_connections -1")) as broker:
        base = replace(settings_for(broker.port), backoff=_backoff())
        publishers = [
            _publisher(
                replace(base, client_id=f"unit-{number}", status_topic=f"lamppost/1/unit-{number}/status"), one
            )
            for number, one in enumerate(dice)
        ]
        tasks = [asyncio.create_task(publisher.run()) for publisher in publishers]
        try:
            await _connected(publishers, deadline_s=30.0)
            await asyncio.sleep(2 * base.backoff.stable_s)
            broker.stop()
            await asyncio.sleep(outage_s / FASTER)
            await broker.start()
            times = await _connected(publishers, deadline_s=BACK_S / FASTER + SLACK_S)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
    return _judge(times, units=units)


async def _connected(publishers: list[Publisher], *, deadline_s: float) -> list[float]:
    """Return after how many seconds each publisher had a session; one that had none in time is left out."""
    began_s = time.monotonic()
    away = list(publishers)
    times = []
    while away and time.monotonic() - began_s < deadline_s:
        await asyncio.sleep(0.01)
        times += [time.monotonic() - began_s for publisher in away if publisher.state().connected]
        away = [publisher for publisher in away if not publisher.state().connected]
    return times


def _judge(times: list[float], *, units: int) -> list[str]:
    peak = max((sum(1 for other in times if start <= other < start + 1) for start in times), default=0)
    last_s = max(times, default=0.0)
    print(
        f"  real: {len(times)} of {units} back, the last after {last_s:.1f} s ({last_s * FASTER:.0f} s of theirs), "
        f"{peak} at most within 1 s ({FASTER:.0f} s of theirs)",
        flush=True,
    )
    wrong = []
    if len(times) < units:
        wrong.append(f"real: {units - len(times)} units did not come back")
    if peak > PEAK * units:
        wrong.append(f"real: {peak} of {units} units came back within {FASTER:.0f} s of their time")
    return wrong
