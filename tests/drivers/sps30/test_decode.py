"""The SPS30's words on I2C as quantities."""

import pytest

from drivers.errors import WrongChip
from drivers.sensirion import words
from drivers.sps30 import MODEL, commands, decode
from drivers.sps30_output import Options, check_product

_RECORDED = bytes.fromhex(
    "3e267e ce1bef 3e87b3 69386b 3eadee 9fb51f 3eb514 44304e 3f6342 e28165 3f9704 9a61a8 3fa5a3 a3b3bf 3fa8ef 7d7351"
    "3fa8ef e74e7b 3f38d6 6c7dd4"
)
"""Of a real sensor; recorded, with the values in a comment, in embvm-drivers/sensirion-sps-30,
test/recorded_sensor_data/sps30_recorded_data.c."""
_VALUES = [16, 26, 34, 35, 89, 118, 129, 132, 132, 720]


def _recorded() -> tuple[int, ...]:
    return words(commands.CHIP, commands.CYCLE.read, _RECORDED)


def test_values_of_a_real_sensors_bytes_are_those_that_were_recorded_with_them() -> None:
    found = decode.values(_recorded(), status=0)
    assert list(found) == [channel.name for channel in MODEL.channels]
    assert list(found.values()) == _VALUES
    assert next(iter(decode.ticks(_recorded()).values())) == 0x3E26CE1B


@pytest.mark.parametrize("status", [0x10, 0x20, 0x200030], ids=["fan", "laser", "all"])
def test_values_of_a_failed_sensor_are_not_available(status: int) -> None:
    assert set(decode.values(_recorded(), status=status).values()) == {None}


@pytest.mark.parametrize("status", [0x200000, 0xFFDFFFCF], ids=["speed warning", "reserved bits"])
def test_values_of_a_sensor_with_a_warning_are_available(status: int) -> None:
    assert list(decode.values(_recorded(), status=status).values()) == _VALUES


@pytest.mark.parametrize("text", ["", "00080001", "SEN55", "  "])
def test_check_product_of_another_product_is_the_wrong_chip(text: str) -> None:
    with pytest.raises(WrongChip, match="expected id 0x80000, found 0x"):
        check_product("sps30", text)


def test_check_product_of_an_sps30_passes() -> None:
    check_product("sps30", "00080000")


def test_options_with_a_negative_time_are_refused() -> None:
    with pytest.raises(ValueError, match="settle_s must be 0 or more seconds, found -1"):
        Options(settle_s=-1)
