"""The simulated SHT3x and SHT4x, by their commands and times."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.chip import NotAcknowledged
from drivers.sim.sensirion_chip import SensirionChip
from drivers.sim.sht import Sht3xChip, Sht4xChip
from tests.support.slept_clock import SleptClock

_CHIPS = [Sht3xChip, Sht4xChip]


@pytest.mark.parametrize(("kind", "code", "ms"), [(Sht3xChip, "2400", 15), (Sht4xChip, "fd", 8.3)], ids=["3x", "4x"])
def test_measurement_is_not_acknowledged_before_its_time_and_read_once(
    kind: type[SensirionChip], code: str, ms: float
) -> None:
    clock = SleptClock()
    chip = kind(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex(code))
    clock.jump(ms / 1000 - 0.0001)
    for refused in (lambda: chip.read(6), lambda: chip.write(bytes.fromhex(code))):
        with pytest.raises(NotAcknowledged):
            refused()
    clock.jump(0.0001)
    assert len(chip.read(6)) == 6
    with pytest.raises(NotAcknowledged):
        chip.read(6)


@pytest.mark.parametrize("kind", _CHIPS, ids=["3x", "4x"])
@given(temperature=st.decimals(-45, 130, places=2), humidity=st.decimals(0, 100, places=2))
def test_presented_for_any_air_within_the_scale_is_the_air_itself(
    kind: type[Sht3xChip] | type[Sht4xChip], temperature: Decimal, humidity: Decimal
) -> None:
    """A step of the converter is finer than the channels' units, so what is set to them comes back unchanged."""
    shown = kind().set(temperature_c=temperature, humidity_pct=humidity)
    assert shown == {"temperature": int(temperature * 100), "humidity": int(humidity * 100)}


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Sht3xChip, "dead"), (Sht3xChip, "24"), (Sht3xChip, "fd"), (Sht4xChip, "2400"), (Sht4xChip, "fd00")],
    ids=["unknown", "half", "of an SHT4x", "of an SHT3x", "one byte more"],
)
def test_command_that_is_unknown_or_malformed_is_refused(kind: type[SensirionChip], code: str) -> None:
    with pytest.raises(NotAcknowledged):
        kind().write(bytes.fromhex(code))


def test_heater_shows_in_the_status_until_a_reset() -> None:
    clock = SleptClock()
    chip = Sht3xChip(mono_ns=clock.mono_ns)
    statuses = []
    for code in ("306d", "30a2"):
        chip.write(bytes.fromhex(code))
        clock.jump(0.01)
        chip.write(bytes.fromhex("f32d"))
        statuses.append(chip.read(3)[0])
    assert statuses == [0xA0, 0x80]
