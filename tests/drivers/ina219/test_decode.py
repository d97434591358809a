"""The INA219's arithmetic."""

import pytest

from drivers.errors import InvalidData
from drivers.ina219.decode import Ticks, ticks, values
from drivers.power_monitor import Words


def _words(*, shunt: int, bus: int, flags: int = 2) -> Words:
    return Words(mono_ns=0, flags=flags, shunt=shunt, bus=bus)


@pytest.mark.parametrize(
    ("shunt", "bus", "expected"),
    [
        (0x0000, 0x0002, Ticks(bus=0, shunt=0, overflow=False)),
        (0x7D00, 0xFA02, Ticks(bus=8000, shunt=32_000, overflow=False)),
        (0x8300, 0x1F43, Ticks(bus=1000, shunt=-32_000, overflow=True)),
        (0xFFFF, 0x0002, Ticks(bus=0, shunt=-1, overflow=False)),
    ],
)
def test_ticks_are_signed_and_shifted(shunt: int, bus: int, expected: Ticks) -> None:
    assert ticks(_words(shunt=shunt, bus=bus)) == expected


def test_ticks_with_the_overflow_seen_only_in_the_first_look_count_as_overflow() -> None:
    assert ticks(_words(shunt=0, bus=2, flags=3)).overflow


def test_ticks_beyond_32_volts_are_refused() -> None:
    with pytest.raises(InvalidData, match="32 V"):
        ticks(_words(shunt=0, bus=8001 << 3))


def test_values_of_a_discharge_are_negative() -> None:
    found = values(Ticks(bus=3000, shunt=-123, overflow=False), range_mv=320, shunt_uohm=10_000)
    assert found == {"bus_voltage": 12_000, "shunt_voltage": -123, "current": -123_000, "power": -1_476_000}


@pytest.mark.parametrize(("range_mv", "ends"), [(40, 4000), (80, 8000), (160, 16_000), (320, 32_000)])
def test_values_at_full_scale_are_not_available_and_one_step_below_are(range_mv: int, ends: int) -> None:
    for shunt in (ends, -ends):
        at = values(Ticks(bus=1, shunt=shunt, overflow=False), range_mv=range_mv, shunt_uohm=100_000)
        assert (at["shunt_voltage"], at["current"], at["power"], at["bus_voltage"]) == (None, None, None, 4)
    below = values(Ticks(bus=1, shunt=ends - 1, overflow=False), range_mv=range_mv, shunt_uohm=100_000)
    assert None not in below.values()
