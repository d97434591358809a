from pathlib import Path

import pytest

from drivers import plantower_driver
from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import ChecksumMismatch
from drivers.model import Driver
from drivers.pms5003st import MODEL
from drivers.reading import Clock
from drivers.sim.line import SimulatedLine
from drivers.sim.pms5003st import SimulatedPms5003st
from tests.support.serial_sensors import (
    FixedClock,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
    survives_every_fault,
)


def sensor(line: SerialLine, clock: Clock | None = None) -> Driver:
    return MODEL.create(line, clock or FixedClock(), MODEL.options())


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("pms5003st.txt", sensor, samples=2)

    assert [reading.values["temperature"] for reading in readings] == [-42, -42]
    assert readings[0].values["formaldehyde"] == 31
    assert readings[0].raw["data17"] == 0x9A00


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("pms5003st.txt", sensor)


async def test_driver_on_a_terminal_gives_what_the_sensor_presents(tmp_path: Path) -> None:
    simulated = SimulatedPms5003st()
    with SimulatedLine(tmp_path / "pms") as line:
        pms = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await pms.open()
        for degrees in (-12.3, 0, 31.7):
            simulated.gas_and_weather(formaldehyde_ug_m3=55, temperature_c=degrees, humidity_pct=64)
            line.send(simulated.frame())
            assert (await pms.sample()).values == simulated.presented
        simulated.warming_up = True
        line.send(simulated.frame())
        assert set((await pms.sample()).values.values()) == {None} == set(simulated.presented.values())
        await pms.close()

        simulated.command(line.receive(21))

    assert simulated.asleep


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plantower_driver, "FRAME_TIMEOUT_S", 0.2)
    with SimulatedLine(tmp_path / "pms") as line:
        pms = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        good = SimulatedPms5003st().frame()

        readings = await survives_every_fault(
            pms, line, good=good, bad=good[:-1] + b"\x00", complaint=ChecksumMismatch
        )

    assert [reading.values["pm2_5"] for reading in readings] == [8, 8]
