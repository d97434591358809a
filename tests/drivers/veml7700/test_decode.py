"""The VEML7700's count as illuminance, and the search for a range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.veml7700 import decode, registers
from drivers.veml7700.registers import RANGES, Setting

_SETTINGS = [
    Setting(gain_eighths=gain, integration_ms=time)
    for gain in registers.GAINS.values()
    for time in registers.INTEGRATION_MS
]


def test_illuminance_of_vishays_example_is_theirs() -> None:
    """Document 84323, page 5: 1500 lx uncorrected are 1658 lx."""
    assert round(decode.corrected_centi_lux(1500 * 10_000) / 100) == 1658


@pytest.mark.parametrize(
    ("gain", "milliseconds", "lux_e4", "word"),
    [
        ("2", 800, 42, 0x08D0),
        ("2", 100, 336, 0x0810),
        ("1", 100, 672, 0x0010),
        ("1/4", 50, 5376, 0x1A10),
        ("1/8", 100, 5376, 0x1010),
        ("1/8", 25, 21_504, 0x1310),
    ],
)
def test_setting_has_the_resolution_of_the_makers_table(gain: str, milliseconds: int, lux_e4: int, word: int) -> None:
    setting = Setting(gain_eighths=registers.GAINS[gain], integration_ms=milliseconds)
    assert (setting.lux_e4, setting.word) == (lux_e4, word)


def test_setting_never_reads_as_a_silent_line() -> None:
    assert not {0x0000, 0xFFFF} & {setting.word for setting in _SETTINGS}
    assert len({setting.word for setting in _SETTINGS}) == len(_SETTINGS)


@pytest.mark.parametrize(
    ("count", "setting", "centi_lux"),
    [
        (0, RANGES[3], 0),
        (1, RANGES[3], 0),
        (2, RANGES[3], 1),
        (0xFFFF, RANGES[3], None),
        (465, RANGES[0], 99_994),
        (466, RANGES[0], 107_737),
        (0xFFFF, RANGES[0], None),
        (0xFFFE, RANGES[0], None),
    ],
)
def test_illuminance_at_the_ends_and_the_knee(count: int, setting: Setting, centi_lux: int | None) -> None:
    assert decode.illuminance_centi_lux(count, setting) == centi_lux


@given(count=st.integers(0, 0xFFFE), setting=st.sampled_from(_SETTINGS))
def test_illuminance_of_any_count_is_that_of_the_float_formula(count: int, setting: Setting) -> None:
    """For every count and setting the integers give what the application note's formula gives in floats."""
    x = count * 0.0042 * 16 / setting.gain_eighths * 800 / setting.integration_ms
    lux = (((6.0135e-13 * x - 9.3924e-9) * x + 8.1488e-5) * x + 1.0023) * x if x > 1000 + 1e-9 else x
    value = decode.illuminance_centi_lux(count, setting)
    if value is None:
        assert lux > 140_000
    else:
        assert value == pytest.approx(lux * 100, rel=1e-9, abs=0.5 + 1e-6)


@given(x=st.integers(0, 250_000_000))
def test_correction_never_falls(x: int) -> None:
    """More counts are never less light."""
    assert decode.corrected_centi_lux(x) <= decode.corrected_centi_lux(x + 10_000)


@pytest.mark.parametrize(
    ("index", "count", "following"),
    [
        (1, 100, 2),
        (1, 101, 1),
        (1, 10_000, 1),
        (1, 10_001, 0),
        (1, 0xFFFF, 0),
        (2, 100, 3),
        (2, 101, 2),
        (2, 60_000, 2),
        (2, 0xFFFF, 0),
        (3, 0, 3),
        (3, 0xFFFF, 0),
        (0, 0, 0),
        (0, 0xFFFF, 0),
    ],
)
def test_next_range_follows_the_light(index: int, count: int, following: int) -> None:
    assert decode.next_range(index, count) == following


@given(counts=st.lists(st.integers(0, 0xFFFF), min_size=4, max_size=4))
def test_search_ends_after_four_measurements_whatever_the_light_does(counts: list[int]) -> None:
    """No light, however it flickers, keeps the search going."""
    index = registers.START
    for count in counts:
        following = decode.next_range(index, count)
        if following == index:
            return
        index = following
    pytest.fail("still searching")
