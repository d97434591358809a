import asyncio
from pathlib import Path

import pytest

from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import ChecksumMismatch
from drivers.reading import Clock
from drivers.sim.line import SimulatedLine
from drivers.sim.tfmini import SimulatedTfmini
from drivers.tfmini import MODEL, driver
from drivers.tfmini.driver import Options, Tfmini
from tests.support.agent_process import reached
from tests.support.serial_sensors import (
    FixedClock,
    PiecewiseLine,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
    survives_every_fault,
)


class SleepingClock(FixedClock):
    """A clock that only sleeping moves; it remembers for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.slept_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_ns += round(seconds * 1e9)
        await asyncio.sleep(0)


def sensor(line: SerialLine, clock: Clock | None = None, options: Options | None = None) -> Tfmini:
    return Tfmini(line, clock or SleepingClock(), options or Options())


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("tfmini.txt", sensor, samples=2)

    assert [reading.values["distance"] for reading in readings] == [123, 125]
    assert readings[0].values["temperature"] == 25_000


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("tfmini.txt", sensor)


async def test_hundred_frames_a_second_are_ten_readings_of_the_newest_frame_and_ten_reads() -> None:
    simulated, clock = SimulatedTfmini(), SleepingClock()
    pieces = []
    for tenth in range(10):
        frames = b""
        for hundredth in range(10):
            simulated.set(distance_cm=100 + 10 * tenth + hundredth)
            frames += simulated.frame()
        pieces.append(frames)
    line = PiecewiseLine(pieces)
    lidar = sensor(line, clock)
    await lidar.open()

    readings = [await lidar.sample() for _ in range(10)]

    assert [reading.values["distance"] for reading in readings] == [109 + 10 * tenth for tenth in range(10)]
    assert len(line.asked) == 10
    assert clock.slept_s == [0.1] * 9
    assert [reading.mono_ns for reading in readings] == [tenth * 100_000_000 for tenth in range(10)]


async def test_slow_sensor_is_waited_for_and_not_slept_over() -> None:
    simulated, clock = SimulatedTfmini(), SleepingClock()
    lidar = sensor(PiecewiseLine([simulated.frame()] * 3), clock, Options(rate_hz=1))
    await lidar.open()
    await lidar.sample()
    clock.now_ns += 5_000_000_000

    await lidar.sample()

    assert clock.slept_s == []


async def test_sample_that_is_cancelled_while_it_waits_loses_no_turn() -> None:
    simulated = SimulatedTfmini()
    lidar = sensor(PiecewiseLine([simulated.frame()] * 2), RealClock(), Options(rate_hz=1))
    await lidar.open()
    await lidar.sample()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lidar.sample(), 0.02)

    assert lidar._due_ns > 0
    await lidar.close()


@pytest.mark.parametrize("rate_hz", [0, 3, 101, -10])
def test_options_with_a_rate_that_the_sensor_has_not_say_what_is_expected(rate_hz: int) -> None:
    with pytest.raises(ValueError, match="rate_hz: expected 1 to 100 Hz"):
        Options(rate_hz=rate_hz)


@pytest.mark.parametrize("deaf", [False, True], ids=["set_up", "only_talks"])
async def test_driver_on_a_terminal_gives_what_the_sensor_presents(tmp_path: Path, *, deaf: bool) -> None:
    simulated = SimulatedTfmini()
    simulated.deaf = deaf
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with SimulatedLine(tmp_path / "lidar", on_receive=answer) as line:
        lidar = sensor(LinuxSerial(str(line.link), MODEL.baudrate), SleepingClock(), Options(rate_hz=20))
        await lidar.open()
        for distance, strength in ((12, 900), (1200, 101), (300, 100), (300, 0xFFFF)):
            simulated.set(distance_cm=distance, strength=strength, temperature_c=-12.5)
            line.send(simulated.frame())
            assert (await lidar.sample()).values == simulated.presented
        simulated.set(distance_cm=50)
        simulated.dazzle()
        line.send(simulated.frame())
        assert (await lidar.sample()).values["distance"] is None
        heard_hz = 100 if deaf else 20
        await reached(lambda: simulated.rate_hz == heard_hz)  # the sensor's thread hears it in its own time
        await lidar.close()


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "FRAME_TIMEOUT_S", 0.2)
    good = SimulatedTfmini().frame()
    with SimulatedLine(tmp_path / "lidar") as line:
        lidar = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options(rate_hz=100))

        readings = await survives_every_fault(
            lidar, line, good=good, bad=good[:-1] + bytes([good[-1] ^ 1]), complaint=ChecksumMismatch
        )

    assert [reading.values["distance"] for reading in readings] == [123, 123]
