"""The SCD30's words as quantities."""

import struct

import pytest

from drivers.scd30 import MODEL, commands, decode
from drivers.sensirion import words

_EXAMPLE = bytes.fromhex("43db cb 8c2e 8f  41d9 70 e7ff f5  4243 bf 3a1b 74")
"""Sensirion's Interface Description SCD30, as the tests of many drivers quote it: 439 ppm, 27.2 degrees, 48.8 %RH."""


def _bits(value: float) -> int:
    return int.from_bytes(struct.pack(">f", value), "big")


def test_values_of_the_makers_example_are_439_ppm_27_degrees_49_percent() -> None:
    ticks = decode.ticks(words(commands.CHIP, commands.READ_MEASUREMENT, _EXAMPLE))
    assert ticks == {"co2": 0x43DB8C2E, "temperature": 0x41D9E7FF, "humidity": 0x42433A1B}
    assert decode.values(ticks) == {"co2": 439, "temperature": 2724, "humidity": 4881}


@pytest.mark.parametrize(
    ("co2", "expected"),
    [(0.0, None), (-3.0, None), (0.49, None), (float("nan"), None), (float("inf"), None), (0.5, 1), (40000.0, 40000)],
)
def test_values_without_a_concentration_are_not_available(co2: float, expected: int | None) -> None:
    bits = {"co2": _bits(co2), "temperature": _bits(-7.5), "humidity": _bits(float("nan"))}
    assert decode.values(bits) == {"co2": expected, "temperature": -750, "humidity": None}


def test_values_has_each_channel_of_the_model() -> None:
    assert [channel.name for channel in MODEL.channels] == list(decode.CHANNELS)
