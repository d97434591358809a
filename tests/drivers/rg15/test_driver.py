from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import BusGone, BusTimeout, InvalidData
from drivers.model import NoOptions
from drivers.reading import Clock
from drivers.rg15 import MODEL, driver
from drivers.rg15.driver import Rg15
from drivers.sim.line import SimulatedLine
from drivers.sim.rg15 import SimulatedRg15
from tests.support.serial_sensors import (
    FixedClock,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
)


def sensor(line: SerialLine, clock: Clock | None = None) -> Rg15:
    return Rg15(line, clock or FixedClock(), NoOptions())


@contextmanager
def gauge(folder: Path, simulated: SimulatedRg15, *, before: list[bytes] | None = None) -> Iterator[SimulatedLine]:
    """Serve a simulated gauge; what is in `before` is sent in front of the next answers."""
    line: SimulatedLine

    def answer(data: bytes) -> None:
        found = simulated.command(data)
        line.send((before.pop(0) if before and found.startswith(b"Acc") else b"") + found)

    with SimulatedLine(folder / "rain", on_receive=answer) as line:
        yield line


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("rg15.txt", sensor, samples=2)

    assert readings[0].values == {"rain": 12, "event": 42, "total": 123, "intensity": 310}
    assert readings[1].values == {"rain": 5, "event": 5, "total": 5, "intensity": 70}
    assert readings[0].raw["acc"] == 12


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("rg15.txt", sensor)


async def test_driver_on_a_terminal_gives_what_has_fallen(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    simulated.rain(4.0, mm_per_h=9.0)  # before anybody asked
    with gauge(tmp_path, simulated) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()
        assert (simulated.metric, simulated.polled) == (True, True)
        for fallen in (0.0, 0.31, 12.5):
            simulated.rain(fallen, mm_per_h=7.5)
            expected = {"rain": round(fallen * 100), **simulated.presented}
            assert (await rain.sample()).values == expected
        simulated.dry()
        assert (await rain.sample()).values == {"rain": 0, "event": 0, "total": 1681, "intensity": 0}
        simulated.words = ("TooCold",)
        assert (await rain.sample()).values == {"rain": None, "event": 0, "total": 1681, "intensity": None}
        await rain.close()

    assert "O" not in simulated.heard
    assert "K" not in simulated.heard


async def test_sensor_that_restarts_is_set_up_again_before_it_is_asked(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    with gauge(tmp_path, simulated) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()
        simulated.rain(3.0, mm_per_h=1.0)
        await rain.sample()

        line.send(simulated.restart())
        simulated.rain(0.2, mm_per_h=1.0)
        reading = await rain.sample()

        assert reading.values == {"rain": 20, "event": 20, "total": 20, "intensity": 100}
        assert "".join(simulated.heard).endswith(("PMHR", "PMHRR"))  # asked twice if it was heard after the first "R"
        assert rain.trips == {}
        await rain.close()


@pytest.mark.parametrize("wrong", [b"1.10", b"81.10", b" 1.1", b"01.00"])
async def test_total_that_the_line_has_disturbed_is_asked_for_again(tmp_path: Path, wrong: bytes) -> None:
    simulated = SimulatedRg15()
    simulated.rain(11.0, mm_per_h=1.0)
    spoilt: list[bytes] = []
    line: SimulatedLine

    def answer(data: bytes) -> None:
        found = simulated.command(data)
        line.send(found.replace(b"TotalAcc 11.10", b"TotalAcc " + spoilt.pop()) if spoilt else found)

    with SimulatedLine(tmp_path / "rain", on_receive=answer) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()
        simulated.rain(0.1, mm_per_h=1.0)
        spoilt.append(wrong)
        readings = [await rain.sample() for _ in range(2)]
        await rain.close()

    assert spoilt == []
    assert [(reading.values["rain"], reading.values["total"]) for reading in readings] == [(10, 1110), (0, 1110)]


async def test_sensor_that_restarts_while_it_is_asked_is_set_up_and_asked_again(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    before: list[bytes] = []
    with gauge(tmp_path, simulated, before=before) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()
        simulated.rain(3.0, mm_per_h=1.0)
        await rain.sample()

        before[:] = [simulated.restart()]
        simulated.rain(0.2, mm_per_h=1.0)
        reading = await rain.sample()

        assert reading.values == {"rain": 20, "event": 20, "total": 20, "intensity": 100}
        assert reading.raw["acc"] == 0  # the answer that was thrown away had it
        assert simulated.heard[-6:] == ["R", "P", "M", "H", "R", "R"]
        await rain.close()


async def test_sensor_that_says_that_its_lens_is_bad_has_no_rain_until_it_does_not(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    with gauge(tmp_path, simulated) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()
        line.send(b"LensBad\r\n")
        blind = await rain.sample()

        assert (blind.values["rain"], blind.raw["lens_bad"]) == (None, 1)
        assert (await rain.sample()).values["rain"] == 0
        await rain.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ANSWER_TIMEOUT_S", 0.1)


@pytest.mark.usefixtures("quick")
async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    before: list[bytes] = []
    with gauge(tmp_path, simulated, before=before) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await rain.open()

        simulated.mute = True
        with pytest.raises(BusTimeout):
            await rain.sample()
        simulated.mute = False

        simulated.rain(1.0, mm_per_h=2.0)
        before[:] = [b"Q"]  # the answer is spoilt and its rain with it; the next one has the total
        await_rain = await rain.sample()
        assert (await_rain.values["rain"], await_rain.raw["acc"]) == (100, 100)

        simulated.rain(1.0, mm_per_h=2.0)
        before[:] = [b"x\xffAcc  1.0Q mm, Even\r\n"]
        assert (await rain.sample()).values["rain"] == 100

        before[:] = [b"somebody@city.example "] * 3
        with pytest.raises(InvalidData):
            await rain.sample()
        assert rain.trips == {"email": 3}

        line.unplug()
        with pytest.raises(BusGone):
            await rain.sample()
        await rain.close()
        with pytest.raises(BusGone):
            await rain.open()
        await rain.close()

        line.replug()
        await rain.open()
        assert (await rain.sample()).values["rain"] == 0
        await rain.close()


@pytest.mark.usefixtures("quick")
async def test_sensor_that_hears_nothing_and_counts_in_inches_is_refused(tmp_path: Path) -> None:
    simulated = SimulatedRg15()
    spoken = simulated.speak()
    simulated.deaf = True
    line: SimulatedLine

    def talk(_: bytes) -> None:
        line.send(spoken)

    with SimulatedLine(tmp_path / "rain", on_receive=talk) as line:
        rain = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        with pytest.raises(InvalidData, match="inches"):
            await rain.open()
        await rain.close()
