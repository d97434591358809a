"""What the tripwire takes for an identifier, in all its spellings; and what it must never take for one."""

import random
import string
import timeit
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.gnss.sentences import SentenceParser
from drivers.tripwire import LONGEST_LOOK, Kind, Tally, kind_of
from tests.support.identities import MAKERS, Maker
from tests.support.serial_sensors import GNSS_LOGS, capture

_SPELLINGS = [
    pytest.param(kind, make, id=f"{kind}-{name}".replace(" ", "-"))
    for kind, makers in MAKERS.items()
    for name, make in makers.items()
]


@pytest.mark.parametrize(("kind", "make"), _SPELLINGS)
def test_identifier_in_any_usual_spelling_is_recognised(kind: Kind, make: Maker) -> None:
    chance = random.Random(str(kind))
    missed = [text for text in (make(chance) for _ in range(200)) if kind_of(text) is not kind]
    assert missed == []


@pytest.mark.parametrize(("kind", "make"), _SPELLINGS)
@pytest.mark.parametrize(("before", "after"), [(" ", "\r"), ('"', '"'), ("\t'", "'")])
def test_identifier_in_quotes_or_as_bytes_is_recognised(kind: Kind, make: Maker, before: str, after: str) -> None:
    text = make(random.Random(1))
    assert kind_of(before + text + after) is kind
    assert kind_of((before + text + after).encode()) is kind


@pytest.mark.parametrize(("kind", "make"), [one for one in _SPELLINGS if one.values[0] is not Kind.PLATE])
@pytest.mark.parametrize(("before", "after"), [("id=", ";"), ("who: ", " here"), ("(", ")")])
def test_identifier_inside_a_text_is_recognised(kind: Kind, make: Maker, before: str, after: str) -> None:
    assert kind_of(before + make(random.Random(2)) + after) is kind


def test_plate_with_an_umlaut_is_recognised_in_both_types() -> None:
    assert kind_of("MÜ-AB 123") is Kind.PLATE
    assert kind_of("MÜ-AB 123".encode()) is Kind.PLATE


# -- what is none


@given(st.integers())
def test_integer_of_fewer_digits_than_a_card_has_is_none(number: int) -> None:
    assert kind_of(str(number % 10**12)) is None
    assert kind_of(str(-abs(number))) is None


@given(st.integers(10**12, 10**19 - 1))
@example(4111111111111111)
@example(1111111111111111)
@example(20240229235958)
def test_long_integer_is_a_card_number_or_none_and_one_with_another_check_digit_is_none(number: int) -> None:
    text = str(number)
    assert kind_of(text) in {None, Kind.CARD}
    both = [kind_of(text[:-1] + digit) for digit in string.digits]
    assert both.count(Kind.CARD) <= 1


@given(st.floats(allow_nan=False), st.integers(0, 12))
def test_number_with_a_point_or_an_exponent_is_none(number: float, places: int) -> None:
    for text in (
        repr(number),
        f"{number:.{places}e}",
        f"{number:+.{places + 1}f}",
        f"{number:0{places + 3}.{places + 1}f}",
    ):
        assert kind_of(text) is None


@given(st.floats(-180, 180), st.integers(2, 13))
def test_coordinate_is_none(degrees: float, places: int) -> None:
    whole, minutes = int(abs(degrees)), abs(degrees) % 1 * 60
    for text in (
        f"{degrees:+.{places}f}",
        f"{whole:03}{minutes:0{places + 3}.{places}f}",
        f"{whole:03}{minutes:0{places + 3}.{places}f},N",
        f"{whole}°{minutes:.{places}f}'W",
        f"{degrees / 2:+0{places + 4}.{places}f}{degrees:+0{places + 5}.{places}f}/",
        f"+{whole % 90:02}{int(minutes):02}00-{whole:03}{int(minutes):02}59/",
    ):
        assert kind_of(text) is None


@given(st.datetimes(datetime(1980, 1, 1), datetime(2079, 12, 31)))  # noqa: DTZ001 - the strategy wants naive bounds
def test_time_is_none(moment: datetime) -> None:
    for form in (
        *("%H%M%S", "%H%M%S.%f", "%d%m%y", "%Y-%m-%d", "%Y%m%d", "%H:%M:%S", "%H:%M", "%Y-%m-%d %H:%M:%S"),
        *("%Y%m%dT%H%M%SZ", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
        *("%d-%b-%Y", "%d-%b-%y", "%d.%m.%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%Y-W%W-%u", "%Y-%j"),
    ):
        assert kind_of(moment.strftime(form)) is None
    assert kind_of(moment.replace(tzinfo=UTC).isoformat()) is None


@given(st.sampled_from([1, 2, 3, 4, 8, 10, 16, 20, 32]), st.data())
def test_checksum_is_none(size: int, data: st.DataObject) -> None:
    raw = data.draw(st.binary(min_size=size, max_size=size))
    for text in (
        raw.hex(),
        raw.hex().upper(),
        f"0x{raw.hex()}",
        f"*{raw.hex()}",
        f"{int.from_bytes(raw[:3], 'big'):x}",
    ):
        assert kind_of(text) is None


@given(st.uuids())
def test_uuid_is_none(uuid: object) -> None:
    assert kind_of(str(uuid)) is None


def _tokens() -> list[bytes]:
    bodies = [body for name in GNSS_LOGS for body in SentenceParser().feed(capture(name))]
    return sorted({field for body in bodies for field in body.split(b",")})


def test_no_field_of_any_sentence_of_real_receivers_is_one() -> None:
    tokens = _tokens()
    assert len(tokens) > 700
    assert [token for token in tokens if kind_of(token) is not None] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "A", "N", "AD", "NNNN", "GNRMC", "W84", "P90", "999", "WGS84", "WGS-84", "3D", "12R", "0133", "1E"),
        *("GPS-012", "PRN 123", "SVN 1234", "UBX-M8030-KT", "BME280", "PMS5003", "SCD41", "ERR-404", "ERR 123"),
        *("1013 hPa", "9600 bps", "1200 rpm", "-67 dBm", "21.5 Cel", "45 %RH", "120 ppm", "1234 ppm", "OK 1234"),
        *("1 234 567 890 123", "1,234,567", "12::30", "::", "1.2.3", "v1.2.3.4", "10:20:30:40:50", "ff:ff"),
        *("deadbeef", "0xDEADBEEF", "1e22", "123456789e10", "12345678e100", "u-blox AG - www.u-blox.com"),
        *("HW UBX-M8030 00080000", "ROM CORE 3.01 (107888)", "FWVER=SPG 3.01", "PROTVER=18.00", "GPS;GLO;GAL;BDS"),
        *("a@b", "@", "x @ y.z", "user@", "33TWN1234567890", "JN88DG", "8FWR3V4X+22", "nan", "inf", "true", "none"),
        *(
            "4111111111111112",
            "4111 1111 1111 1112",
            "0000000000000000",
            "00-00-00",
            "12-34-56",
            "2024-01-02 03-04-05",
        ),
    ],
)
def test_token_of_a_device_is_none(text: str) -> None:
    assert kind_of(text) is None


# -- what it costs, and that nothing breaks it


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400), st.text("0123456789abcdef:.-+@ ()", max_size=300)))
def test_any_field_gives_a_kind_or_none(field: bytes | str) -> None:
    assert kind_of(field) in {*Kind, None}


@given(st.text("0123456789abcdefABCDEF:.-+@/%() ", max_size=60))
def test_text_and_its_bytes_are_the_same(text: str) -> None:
    assert kind_of(text) is kind_of(text.encode())


@pytest.mark.parametrize(
    "piece", ["a", "0:", "1 ", "a.b@", "(0", "00-", "+1(", "1.", "ab-", "0" * 5 + ".", "@", "%40"]
)
def test_longest_field_costs_little_whatever_it_holds(piece: str) -> None:
    for size in (LONGEST_LOOK, 1_000_000):
        field = (piece * (size // len(piece) + 1))[:size]
        assert min(timeit.repeat(lambda field=field: kind_of(field), number=1, repeat=5)) < 0.05  # type: ignore[misc]


def test_identifier_beyond_what_is_looked_at_is_not_looked_for() -> None:
    assert kind_of("x" * LONGEST_LOOK + " somebody@city.example") is None


# -- counting


def test_tally_counts_a_frame_once_as_the_first_field_that_trips() -> None:
    tally = Tally()
    assert tally.stops([b"12.5", b"somebody@city.example", b"02:00:00:00:00:01"])
    assert tally.stops(["192.0.2.1"])
    assert tally.stops(["somebody@city.example"])
    assert tally.counts == {"email": 2, "ip": 1}


def test_tally_of_frames_that_are_usual_counts_nothing() -> None:
    tally = Tally()
    assert not tally.stops([])
    assert not tally.stops([b"12.5", b"A", b""])
    assert tally.counts == {}


def test_tally_keeps_kinds_and_numbers_and_nothing_else() -> None:
    tally = Tally()
    tally.stops([b"somebody@city.example"])
    assert tally._counts == {Kind.EMAIL: 1}
    assert not hasattr(tally, "__dict__")
    assert "somebody" not in repr(tally)
