"""Sensors on a simulated adapter and a pseudo-terminal, examined as real ones are."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.bme280.driver import Bme280
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.line import SimulatedLine
from drivers.sim.sds011 import SimulatedSds011
from tests.hil.busfile import Listed, read_busfile
from tests.hil.examining import Unfit, examine, shown_by_ours
from tests.support.serial_sensors import RealClock
from tests.support.slept_clock import SleptClock

_WEATHER = (
    '[bus.one]\nkind = "i2c"\npath = "{node}"\n[sensor.weather]\nmodel = "bme280"\nbus = "one"\naddress = 0x77\n'
)
_DUST = '[bus.line]\nkind = "serial"\npath = "{node}"\n[sensor.dust]\nmodel = "sds011"\nbus = "line"\n'
_SCANNER = _DUST.replace("sds011", "mac_scanner")


class _Air(SleptClock):
    """A clock by which the air grows warmer: with each second that is slept, once `still_s` have passed."""

    def __init__(self, still_s: float = 0) -> None:
        super().__init__()
        self.chip = Bme280Chip(TYPICAL, mono_ns=self.mono_ns)
        self.chip.set(temperature_c=Decimal(20), humidity_pct=Decimal(50), pressure_pa=Decimal(100_000))
        self.still_s = still_s
        self.seconds = 0

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if seconds >= 1:
            self.seconds += 1
            self.chip.set(temperature_c=20 + Decimal(max(0.0, self.seconds - self.still_s)) / 10)


def listed(folder: Path, text: str) -> Listed:
    """Return the one sensor of a BUSFILE."""
    file = folder / "bus.toml"
    file.write_text(text.format(node=folder / "node"))
    return read_busfile(file).sensors[0]


@pytest.fixture
def air() -> _Air:
    """Air that grows warmer at once."""
    return _Air()


@pytest.fixture
def adapter(air: _Air, tmp_path: Path) -> Iterator[SimulatedAdapter]:
    """The adapter with a chip in that air."""
    with SimulatedAdapter({0x77: air.chip}).serve(tmp_path / "node") as adapter:
        yield adapter


@pytest.mark.usefixtures("adapter")
async def test_sensor_whose_values_move_is_opened_twice_and_well(air: _Air, tmp_path: Path) -> None:
    assert await examine(listed(tmp_path, _WEATHER), clock=air, samples=5) == 6
    assert air.seconds == 4


@pytest.mark.usefixtures("adapter")
async def test_sensor_that_moves_late_is_waited_for(air: _Air, tmp_path: Path) -> None:
    air.still_s = 20
    assert await examine(listed(tmp_path, _WEATHER), clock=air, samples=5) == 23


@pytest.mark.usefixtures("adapter")
async def test_sensor_that_shows_the_same_for_ever_is_stuck(air: _Air, tmp_path: Path) -> None:
    air.still_s = 1000
    with pytest.raises(Unfit, match=r"not one value has moved.*Warm it"):
        await examine(listed(tmp_path, _WEATHER), clock=air)


async def test_sensor_that_does_not_answer_when_it_is_opened_again_is_unfit(
    adapter: SimulatedAdapter, air: _Air, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, closed = listed(tmp_path, _WEATHER), Bme280.close

    async def close(driver: Bme280) -> None:
        await closed(driver)
        adapter.faults.nack(0x77)

    monkeypatch.setattr(Bme280, "close", close)
    with pytest.raises(Unfit, match="address 0x77"):
        await examine(one, clock=air)
    assert air.seconds == 4


@pytest.mark.usefixtures("adapter")
async def test_value_outside_the_range_is_told_without_the_value(air: _Air, tmp_path: Path) -> None:
    one = listed(tmp_path, _WEATHER)
    cold = tuple(replace(channel, maximum=1999) for channel in one.plan.model.channels[:1])
    narrow = replace(one, plan=replace(one.plan, model=replace(one.plan.model, channels=cold)))
    with pytest.raises(Unfit, match="temperature is outside") as unfit:
        await examine(narrow, clock=air)
    assert not any(letter.isdigit() for letter in str(unfit.value))


async def test_sensor_that_is_not_there_is_unfit(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="node"):
        await examine(listed(tmp_path, _WEATHER), clock=SleptClock())


@pytest.mark.usefixtures("adapter")
async def test_ours_gives_the_channels_that_are_asked_for(air: _Air, tmp_path: Path) -> None:
    assert await shown_by_ours(listed(tmp_path, _WEATHER), ["pressure", "temperature"], clock=air) == {
        "pressure": pytest.approx(1_000_000, abs=5),
        "temperature": pytest.approx(2000, abs=1),
    }


async def test_sensor_that_sends_by_itself_is_read_from_its_line(tmp_path: Path) -> None:
    dust = SimulatedSds011()
    with SimulatedLine(tmp_path / "node") as line:

        class Clock(RealClock):
            """Each look at it lets the sensor send once more."""

            def mono_ns(self) -> int:
                line.send(dust.frame())
                return super().mono_ns()

        assert await examine(listed(tmp_path, _DUST), clock=Clock(), samples=3) >= 4


async def test_sensor_of_people_is_opened_and_closed_without_a_sample(tmp_path: Path) -> None:
    with SimulatedLine(tmp_path / "node"):
        assert await examine(listed(tmp_path, _SCANNER), clock=SleptClock()) == 0
