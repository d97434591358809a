import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss.decode import WANTED
from drivers.gnss.forms import odd_fields
from drivers.gnss.sentences import SentenceParser
from drivers.tripwire import kind_of
from tests.support.serial_sensors import GNSS_LOGS, capture

GGA = b"GNGGA,000941.00,4404.13387,N,12118.85628,W,1,12,1.01,1144.8,M,-21.4,M,,"


@pytest.mark.parametrize("name", GNSS_LOGS)
def test_sentence_of_a_real_receiver_has_no_odd_field(name: str) -> None:
    bodies = SentenceParser(WANTED).feed(capture(name))
    assert bodies
    assert [body for body in bodies if odd_fields(body)] == []


@pytest.mark.parametrize(
    "body", [b"GPRMC,,V,,,,,,,,,,N", b"GPGGA,,,,,,0,00,99.99,,,,,,", b"GNGNS,1.5,,,,,ANNN,,,,,,", b"GPRMC"]
)
def test_sentence_of_a_receiver_that_knows_nothing_has_no_odd_field(body: bytes) -> None:
    assert odd_fields(body) == []


@pytest.mark.parametrize(
    "odd",
    [b"somebody@city.example", b"02:00:00:00:00:01", b"1234567890", b"1.2.3.4", b"a", b"A1", b"+1", b" ", b"--1"],
)
@pytest.mark.parametrize("place", [1, 5, 14])
def test_field_that_is_neither_a_number_nor_a_code_is_odd(odd: bytes, place: int) -> None:
    fields = GGA.split(b",")
    fields[place] = odd
    assert odd_fields(b",".join(fields)) == [odd]


@given(st.from_regex(rb"(-?[0-9]{1,9}(\.[0-9]{0,12})?|[A-Z]{1,8})?", fullmatch=True))
def test_field_of_a_usual_form_never_looks_like_an_identifier(field: bytes) -> None:
    assert odd_fields(b"GPGGA," + field) == []
    assert kind_of(field) is None


@given(st.binary(max_size=40).filter(lambda field: b"," not in field))
def test_field_that_trips_is_always_odd(field: bytes) -> None:
    assert kind_of(field) is None or odd_fields(b"GPGGA," + field) == [field]


@pytest.mark.parametrize(
    "body", [b"GPGGA" + b"," * 125, b"GPGGA," + b"1" * 120 + b"a", b"GPGGA" + b",1.1" * 30 + b",a"]
)
def test_odd_sentence_of_the_longest_kind_costs_little(body: bytes) -> None:
    assert min(timeit.repeat(lambda: odd_fields(body), number=10, repeat=5)) < 0.05
