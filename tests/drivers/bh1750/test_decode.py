"""The BH1750's count as illuminance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bh1750 import commands, decode
from drivers.bh1750.commands import Setting


def test_illuminance_of_rohms_example_is_theirs() -> None:
    """Technical note 2009.04 B, page 10: 1000_0011 1001_0000 is about 28067 lx."""
    counted = decode.count(bytes([0b1000_0011, 0b1001_0000]))
    assert decode.illuminance_centi_lux(counted, Setting(time=69)) == 2_806_667


@pytest.mark.parametrize(
    ("counted", "setting", "centi_lux"),
    [
        (0, commands.BRIGHT, 0),
        (1, commands.BRIGHT, 185),
        (0xFFFE, commands.BRIGHT, 12_155_500),
        (1, commands.DARK, 11),
        (0xFFFE, commands.DARK, 741_773),
        (0xFFFF, commands.BRIGHT, None),
        (0xFFFF, commands.DARK, None),
    ],
)
def test_illuminance_at_the_ends_of_the_settings(counted: int, setting: Setting, centi_lux: int | None) -> None:
    assert decode.illuminance_centi_lux(counted, setting) == centi_lux


@given(counted=st.integers(0, 0xFFFE), time=st.integers(31, 254), double=st.booleans())
def test_illuminance_of_any_count_is_half_a_unit_from_the_float_formula(
    counted: int, time: int, *, double: bool
) -> None:
    """For every count and setting the result is 57.5 lx by the measurement time, rounded."""
    value = decode.illuminance_centi_lux(counted, Setting(time=time, double=double))
    assert value is not None
    assert abs(value - 100 * counted * 57.5 / time / (2 if double else 1)) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("setting", "codes", "milliseconds"),
    [(Setting(time=69), "426520", 180), (commands.BRIGHT, "407f20", 81), (commands.DARK, "477e21", 663)],
)
def test_setting_is_sent_in_three_commands_and_takes_its_time(
    setting: Setting, codes: str, milliseconds: int
) -> None:
    assert bytes(setting.codes).hex() == codes
    assert round(setting.duration_s * 1000) == milliseconds


def test_dark_setting_has_room_for_what_the_bright_one_calls_dark() -> None:
    brightest = decode.illuminance_centi_lux(commands.DARK_BELOW, commands.BRIGHT)
    end = decode.illuminance_centi_lux(0xFFFE, commands.DARK)
    assert brightest is not None
    assert end is not None
    assert brightest * 3 // 2 < end
