"""The SEN5x's words as quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sen5x import MODEL, decode

_WORDS = (52, 95, 126, 133, 4817, 4269, 1040, 10)
_VALUES = {
    "pm1_0": 52,
    "pm2_5": 95,
    "pm4_0": 126,
    "pm10": 133,
    "humidity": 4817,
    "temperature": 21_345,
    "voc_index": 1040,
    "nox_index": 10,
}


def test_values_of_known_words() -> None:
    assert decode.values(_WORDS, status=0, settled=True) == _VALUES
    assert list(_VALUES) == [channel.name for channel in MODEL.channels]


def test_values_below_zero_are_temperatures_only() -> None:
    cold = (0, 0, 0, 0, 0xFFFF, 0xF830, 0xFFFF, 0xFFFF)
    values = decode.values(cold, status=0, settled=True)
    assert values == {**dict.fromkeys(_VALUES), "pm1_0": 0, "pm2_5": 0, "pm4_0": 0, "pm10": 0, "temperature": -10_000}


def test_values_marked_as_unknown_are_not_available() -> None:
    unknown = (0xFFFF,) * 4 + (0x7FFF,) * 4
    assert set(decode.values(unknown, status=0, settled=True).values()) == {None}


def test_values_of_gases_before_the_algorithm_has_begun_are_not_available() -> None:
    values = decode.values((*_WORDS[:6], 0, 0), status=0, settled=True)
    assert (values["voc_index"], values["nox_index"]) == (None, None)


@pytest.mark.parametrize(
    ("status", "settled", "lost"),
    [
        (1 << 4, True, decode.PARTICLES),
        (1 << 5, True, decode.PARTICLES),
        (1 << 6, True, decode.AIR),
        (1 << 7, True, decode.GASES),
        (1 << 19 | 1 << 21 | 0xFF00, True, ()),
        (0xF0, True, decode.NAMES),
        (0, False, decode.PARTICLES + decode.GASES),
    ],
    ids=["fan", "laser", "rht", "gas", "cleaning, speed, reserved", "everything", "not settled"],
)
def test_values_of_what_has_failed_are_not_available(status: int, settled: bool, lost: tuple[str, ...]) -> None:  # noqa: FBT001  (a parameter of the test)
    assert decode.values(_WORDS, status=status, settled=settled) == _VALUES | dict.fromkeys(lost)


@given(st.lists(st.integers(0, 0xFFFF), min_size=8, max_size=8))
def test_values_of_any_words_are_never_negative_but_for_the_temperature(words: list[int]) -> None:
    values = decode.values(words, status=0, settled=True)
    assert all(value is None or value >= 0 for name, value in values.items() if name != "temperature")


@pytest.mark.parametrize(
    ("name", "digits"), [("SEN55", 0x55), ("SEN54", 0x54), ("SEN5x", 0), ("", 0), ("SPS30", 0), ("SEN", 0)]
)
def test_product_is_the_digits_of_the_name(name: str, digits: int) -> None:
    assert decode.product(name) == digits
