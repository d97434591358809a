"""A run of a sensor that measures by itself, on transcripts: begun, waited for, stopped."""

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.errors import NotReady
from drivers.sensirion import Command, CommandPort
from drivers.sensirion_run import Rhythm, Run
from tests.support.slept_clock import SleptClock

_RHYTHM = Rhythm(
    period_s=2.5,
    ready=Command(name="ready", code=0xE4B8, delay_s=0.0, reply_words=1),
    mask=0x07FF,
    look_every_s=0.5,
    looks=2,
    stop=Command(name="stop", code=0x3F86, delay_s=0.5),
)
_NOTHING_NEW = "0x62 W e4 b8\n0x62 R 80 00 a2\n"
_SOMETHING_NEW = "0x62 W e4 b8\n0x62 R 80 06 04\n"


def _run(script: str) -> tuple[Run, PlaybackI2c, SleptClock]:
    clock, bus = SleptClock(), PlaybackI2c(script)
    port = CommandPort("chip", I2cDevice(bus, 0x62), clock)
    return Run("chip", port, clock, rhythm=_RHYTHM), bus, clock


async def test_run_before_its_first_period_has_passed_looks_only_then_and_tells_when_it_was_begun() -> None:
    run, bus, clock = _run(_NOTHING_NEW + _SOMETHING_NEW)
    began_ns = clock.now_ns
    run.begun()
    clock.jump(1)
    assert await run.wait() == began_ns
    assert clock.slept_s == [1.5, 0.5]
    bus.assert_finished()


async def test_run_after_its_first_period_looks_at_once() -> None:
    run, bus, clock = _run(_SOMETHING_NEW)
    run.begun()
    clock.jump(60)
    await run.wait()
    assert clock.slept_s == []
    bus.assert_finished()


async def test_run_with_nothing_new_in_all_its_looks_is_not_ready() -> None:
    run, bus, _ = _run(_NOTHING_NEW * 2)
    run.begun()
    with pytest.raises(NotReady, match="it is not measuring"):
        await run.wait()
    bus.assert_finished()


async def test_run_that_was_not_begun_or_is_forgotten_is_not_ready_and_sends_nothing() -> None:
    run, bus, _ = _run("")
    with pytest.raises(NotReady, match="not opened"):
        await run.wait()
    run.claim()
    run.begun()
    run.forget()
    with pytest.raises(NotReady, match="not opened"):
        await run.wait()
    await run.stop()
    bus.assert_finished()


async def test_run_of_a_sensor_that_is_not_ours_is_not_stopped() -> None:
    run, bus, _ = _run("")
    run.begun()
    await run.stop()
    bus.assert_finished()


async def test_run_of_our_sensor_is_stopped_once_and_waits_until_it_is_idle() -> None:
    run, bus, clock = _run("0x62 W 3f 86\n")
    run.claim()
    run.begun()
    await run.stop()
    await run.stop()
    assert clock.slept_s == [0.5]
    bus.assert_finished()
    with pytest.raises(NotReady, match="not opened"):
        await run.wait()


async def test_run_whose_sensor_does_not_answer_is_stopped_quietly() -> None:
    run, bus, _ = _run("0x62 NACK\n")
    run.claim()
    await run.stop()
    bus.assert_finished()
