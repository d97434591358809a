from pathlib import Path

import pytest

from drivers import novafitness_driver
from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import ChecksumMismatch
from drivers.model import Driver
from drivers.reading import Clock
from drivers.sds198 import MODEL
from drivers.sim.captures import read_hexdump
from drivers.sim.line import SimulatedLine
from drivers.sim.sds198 import SimulatedSds198
from tests.support.serial_sensors import (
    CAPTURES,
    FixedClock,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
    survives_every_fault,
)

RECORDED = read_hexdump(CAPTURES / "sds198.hexdump")


def sensor(line: SerialLine, clock: Clock | None = None) -> Driver:
    return MODEL.create(line, clock or FixedClock(), MODEL.options())


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("sds198.txt", sensor, samples=2)

    assert [reading.values for reading in readings] == [{"pm100": 16}, {"pm100": 19}]
    assert readings[0].raw == {"reserved": 14, "pm100": 16}


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("sds198.txt", sensor)


async def test_driver_on_a_terminal_sets_up_the_sensor_once_and_reads_the_capture(tmp_path: Path) -> None:
    simulated = SimulatedSds198.replaying(RECORDED, repeat=False)
    simulated.asleep, simulated.reporting, simulated.period_min = True, 1, 5
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with SimulatedLine(tmp_path / "sds", on_receive=answer) as line:
        sds = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await sds.open()
        assert (simulated.asleep, simulated.reporting, simulated.period_min, simulated.writes) == (False, 0, 0, 2)
        for _ in RECORDED:
            line.send(simulated.frame())
            assert (await sds.sample()).values == simulated.presented
        await sds.close()


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novafitness_driver, "REPORT_TIMEOUT_S", 0.2)
    monkeypatch.setattr(novafitness_driver, "REPLY_TIMEOUT_S", 0.05)
    with SimulatedLine(tmp_path / "sds") as line:
        sds = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        good = RECORDED[3]

        readings = await survives_every_fault(
            sds, line, good=good, bad=good[:-2] + b"\x00\xab", complaint=ChecksumMismatch
        )

    assert [reading.values for reading in readings] == [{"pm100": 26}] * 2
