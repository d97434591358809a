"""The DS3231's registers: signs, dials, and dates that there are not."""

from datetime import UTC, datetime

import pytest

from drivers.ds3231.decode import utc_ms, values
from drivers.errors import InvalidData


def _registers(time: str = "00 00 00 01 01 01 26", *, status: int = 0x08, temperature: str = "19 40") -> bytes:
    return bytes.fromhex(f"{time} {'00' * 7} 1c {status:02x} 00 {temperature}")


def _ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("temperature", "centi"),
    [("19 40", 2525), ("00 00", 0), ("ff c0", -25), ("e7 80", -2450), ("d8 00", -4000), ("55 00", 8500)],
)
def test_temperature_is_in_quarters_with_a_sign(temperature: str, centi: int) -> None:
    assert values(_registers(temperature=temperature))["temperature"] == centi


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("59 59 23 04 31 12 25", (2025, 12, 31, 23, 59, 59)),
        ("00 00 00 02 29 02 28", (2028, 2, 29, 0, 0, 0)),
        ("30 15 52 01 01 01 26", (2026, 1, 1, 0, 15, 30)),
        ("30 15 72 01 01 01 26", (2026, 1, 1, 12, 15, 30)),
        ("30 15 71 01 01 01 26", (2026, 1, 1, 23, 15, 30)),
        ("30 15 41 01 01 01 26", (2026, 1, 1, 1, 15, 30)),
        ("00 00 00 05 01 81 00", (2100, 1, 1, 0, 0, 0)),
    ],
)
def test_time_is_decimal_digits_on_either_dial(time: str, moment: tuple[int, ...]) -> None:
    assert utc_ms(_registers(time)) == _ms(*moment)


@pytest.mark.parametrize(
    "time",
    [
        "60 00 00 01 01 01 26",
        "0a 00 00 01 01 01 26",
        "00 00 24 01 01 01 26",
        "00 00 40 01 01 01 26",
        "00 00 53 01 01 01 26",
        "00 00 00 01 29 02 27",
        "00 00 00 01 00 01 26",
        "00 00 00 01 01 13 26",
    ],
)
def test_time_that_there_is_not_is_refused_and_not_shown(time: str) -> None:
    with pytest.raises(InvalidData, match="shows no date") as caught:
        values(_registers(time))
    assert caught.value.__cause__ is None


def test_time_that_there_is_not_does_not_matter_once_the_clock_has_stopped() -> None:
    found = values(_registers("00 00 00 01 00 00 00", status=0x88))
    assert found == {"temperature": 2525, "utc": None, "oscillator_stopped": 1}
