from pathlib import Path

import pytest

from drivers import plantower_driver
from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import ChecksumMismatch
from drivers.model import Driver
from drivers.pms5003t import MODEL
from drivers.reading import Clock
from drivers.sim.captures import read_hexdump
from drivers.sim.line import SimulatedLine
from drivers.sim.pms5003t import SimulatedPms5003t
from tests.support.serial_sensors import (
    CAPTURES,
    FixedClock,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
    survives_every_fault,
)

RECORDED = read_hexdump(CAPTURES / "pms5003t.hexdump")


def sensor(line: SerialLine, clock: Clock | None = None) -> Driver:
    return MODEL.create(line, clock or FixedClock(), MODEL.options())


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("pms5003t.txt", sensor, samples=2)

    assert [reading.values["temperature"] for reading in readings] == [212, 212]
    assert readings[0].values["n2_5"] == 12
    assert readings[0].raw["data13"] == 0x9A00


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("pms5003t.txt", sensor)


async def test_driver_on_a_terminal_reads_the_capture_and_puts_the_sensor_to_sleep(tmp_path: Path) -> None:
    simulated = SimulatedPms5003t.replaying(RECORDED, repeat=False)
    with SimulatedLine(tmp_path / "pms") as line:
        pms = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await pms.open()
        for _ in RECORDED:
            line.send(simulated.frame())
            assert (await pms.sample()).values == simulated.presented
        await pms.close()

        simulated.command(line.receive(21))

    assert simulated.asleep


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plantower_driver, "FRAME_TIMEOUT_S", 0.2)
    with SimulatedLine(tmp_path / "pms") as line:
        pms = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        good = RECORDED[0]

        readings = await survives_every_fault(
            pms, line, good=good, bad=good[:-1] + b"\x00", complaint=ChecksumMismatch
        )

    assert [reading.values["pm2_5"] for reading in readings] == [35, 35]
