from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss import fields

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "hemisphere", "expected"),
    [
        (b"4404.13387", b"N", 440_688_978),
        (b"3747.0873", b"S", -377_847_883),
        (b"4134.49821229", b"N", 415_749_702),
        (b"0000.0000", b"N", 0),
        (b"0000.0000", b"S", 0),
        (b"0000.00001", b"S", -2),  # 1.67e-7 degree
        (b"0000.000001", b"N", 0),
        (b"0059.99999999", b"N", 10_000_000),  # rolls over into the next degree
        (b"8959.99999999", b"S", -900_000_000),
        (b"9000", b"N", 900_000_000),
        (b"4530.", b"N", 455_000_000),
        (b"0000.000003", b"N", 1),  # exactly half a unit goes away from zero
        (b"0000.000003", b"S", -1),
        (b"0000.000002999999", b"N", 0),
    ],
)
def test_latitude_is_exact(field: bytes, hemisphere: bytes, expected: int) -> None:
    assert fields.latitude_e7(field, hemisphere) == expected


@pytest.mark.parametrize(
    ("field", "hemisphere", "expected"),
    [
        (b"12118.85628", b"W", -1_213_142_713),
        (b"17518.8938", b"E", 1_753_148_967),
        (b"09345.03351845", b"W", -937_505_586),
        (b"00000.00006", b"W", -10),
        (b"17959.99999999", b"E", 1_800_000_000),
        (b"18000.000", b"W", -1_800_000_000),
    ],
)
def test_longitude_is_exact(field: bytes, hemisphere: bytes, expected: int) -> None:
    assert fields.longitude_e7(field, hemisphere) == expected


@pytest.mark.parametrize(
    ("field", "hemisphere"),
    [
        (b"", b""),
        (b"", b"N"),
        (b"4404.1", b""),
        (b"4404.1", b"E"),
        (b"4404.1", b"n"),
        (b"404.1", b"N"),
        (b"04404.1", b"N"),
        (b"4460.0", b"N"),
        (b"9000.00001", b"N"),
        (b"9100.0", b"N"),
        (b"-404.1", b"N"),
        (b"4404,1", b"N"),
        (b"44 4.1", b"N"),
        (b"4404.1e1", b"N"),
        (b"4404.1234567890123", b"N"),
    ],
)
def test_latitude_that_is_no_latitude_is_none(field: bytes, hemisphere: bytes) -> None:
    assert fields.latitude_e7(field, hemisphere) is None


@given(st.integers(0, 179), st.integers(0, 59), st.text("0123456789", max_size=12), st.sampled_from(["E", "W"]))
def test_longitude_is_the_nearest_ten_millionth_of_a_degree_for_any_number_of_digits(
    degrees: int, minutes: int, fraction: str, hemisphere: str
) -> None:
    exact = (degrees + Fraction(f"{minutes}.{fraction or 0}") / 60) * 10**7

    found = fields.longitude_e7(f"{degrees:03}{minutes:02}.{fraction}".encode(), hemisphere.encode())

    assert found is not None
    assert abs(abs(found) - exact) <= Fraction(1, 2)
    assert found == 0 or (found < 0) == (hemisphere == "W")


@pytest.mark.parametrize(
    ("field", "places", "expected"),
    [
        (b"278.020", 1, 2780),
        (b"1144.8", 1, 11448),
        (b"-31.442", 1, -314),
        (b"-0.05", 1, -1),
        (b"0.05", 1, 1),
        (b"0.049999", 1, 0),
        (b"7", 2, 700),
        (b"7.", 2, 700),
        (b"99.99", 2, 9999),
        (b"", 1, None),
        (b".5", 1, None),
        (b"+5", 1, None),
        (b"1e3", 1, None),
        (b"--1", 1, None),
        (b"1234567890", 1, None),
    ],
)
def test_decimal_is_exact(field: bytes, places: int, expected: int | None) -> None:
    assert fields.decimal(field, places=places) == expected


@given(st.decimals(min_value=-99999, max_value=99999, allow_nan=False, places=6), st.integers(0, 3))
def test_decimal_rounds_halves_away_from_zero(number: Decimal, places: int) -> None:
    expected = int((number * 10**places).to_integral_value(ROUND_HALF_UP))

    assert fields.decimal(f"{number:f}".encode(), places=places) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"000000", 0),
        (b"000941.00", 581_000),
        (b"132820.6", 48_500_600),
        (b"132820.60", 48_500_600),
        (b"132820.600", 48_500_600),
        (b"132820.6009999", 48_500_600),
        (b"235959.999", 86_399_999),
        (b"235959.", 86_399_000),
        (b"235960.00", 86_400_000),
        (b"235960.5", 86_400_500),
        (b"", None),
        (b"240000", None),
        (b"126000", None),
        (b"125960", None),
        (b"235961", None),
        (b"12595", None),
        (b"1259599", None),
        (b"12:59:59", None),
        (b"-10000", None),
    ],
)
def test_time_of_day_is_exact(field: bytes, expected: int | None) -> None:
    assert fields.time_of_day_ms(field) == expected


@pytest.mark.parametrize(
    ("field", "year"),
    [(b"010180", 1980), (b"010199", 1999), (b"010100", 2000), (b"010117", 2017), (b"010179", 2079)],
)
def test_two_digits_of_a_year_are_1980_to_2079(field: bytes, year: int) -> None:
    assert fields.days_since_1970(field) == (datetime(year, 1, 1, tzinfo=UTC) - EPOCH).days


@pytest.mark.parametrize("field", [b"", b"000117", b"320117", b"290217", b"011317", b"1017", b"0101170", b"01-117"])
def test_date_that_is_none_is_none(field: bytes) -> None:
    assert fields.days_since_1970(field) is None


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2079, 12, 31)))  # noqa: DTZ001 - UTC is added
def test_utc_is_that_of_the_calendar(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    day, time = (
        fields.days_since_1970(f"{moment:%d%m%y}".encode()),
        fields.time_of_day_ms(f"{moment:%H%M%S.%f}".encode()),
    )

    assert fields.utc_ms(day, time) == (moment - EPOCH) // timedelta(milliseconds=1)


def test_utc_within_a_leap_second_is_none_and_goes_on_after_it() -> None:
    day = fields.days_since_1970(b"311216")
    assert day is not None

    last = fields.utc_ms(day, fields.time_of_day_ms(b"235959.9"))
    assert last is not None
    assert fields.utc_ms(day, fields.time_of_day_ms(b"235960.0")) is None
    assert fields.utc_ms(day, fields.time_of_day_ms(b"235960.9")) is None
    assert fields.utc_ms(day + 1, fields.time_of_day_ms(b"000000.0")) == last + 100
    assert fields.utc_ms(None, 0) is fields.utc_ms(day, None) is None
