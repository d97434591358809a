import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.maxbotix.lines import LONGEST_LINE, parser
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut, feed_each


def test_line_of_the_makers_worked_example_is_480_mm() -> None:
    """HRUSB-MaxSonar-EZ datasheet PD12141h, page 3: a target at 480 mm is "R0480", a space and a carriage return."""
    assert parser().feed(b"R0480 \r") == [480]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"R1234\r", 1234),
        (b"R4999\r", 4999),
        (b"R9998\r", 9998),
        (b"R765\r", 765),
        (b"R020 P1\r", 20),
        (b"\nR0300\r\n", 300),
        (b"R12R1234\r", 1234),
    ],
)
def test_parser_takes_what_the_models_send(line: bytes, number: int) -> None:
    assert feed_each(parser(), line) == parser().feed(line) == [number]


@pytest.mark.parametrize(
    "line", [b"R12", b"R12345", b"R12.4", b"1234", b"r1234", b"R1234mm", b"\x001\xff", b"PN:MB7389"]
)
def test_parser_counts_and_drops_a_line_of_another_form(line: bytes) -> None:
    found = parser()

    assert found.feed(line + b"\rR1000\r") == [1000]
    assert found.malformed == 1


def test_parser_passes_over_empty_lines_without_counting_them() -> None:
    found = parser()

    assert found.feed(b"\r\n\r \rR1000\r") == [1000]
    assert found.malformed == 0


def test_parser_fed_byte_by_byte_returns_nothing_until_the_carriage_return() -> None:
    found = parser()

    assert feed_each(found, b"R1234") == []
    assert found.feed(b"\r") == [1234]


@pytest.mark.parametrize(
    ("line", "trips"),
    [
        (b"02:AB:cd:00:00:01,-67", {"mac": 1}),
        (b"somebody@city.example R1234", {"email": 1}),
        (b"AB12 XYZ\tR1234", {"plate": 1}),
        (b"x" * 200 + b"R1234", {}),
        (b"somebody@city.example" + b"," * 200 + b"R1234", {"email": 1}),
    ],
)
def test_line_with_somebodys_identifier_is_counted_and_its_range_is_dropped(
    line: bytes, trips: dict[str, int]
) -> None:
    whole, cut = Tally(), Tally()
    expected = [1000] if trips else [1234, 1000]

    assert parser(whole).feed(line + b"\rR1000\r") == expected
    assert feed_each(parser(cut), line + b"\rR1000\r") == expected
    assert whole.counts == cut.counts == trips


@pytest.mark.parametrize("size", [LONGEST_LINE + 1, 10_000])
def test_range_behind_a_noise_without_end_is_found_and_the_noise_counted_once(size: int) -> None:
    data = b"\x80" * size + b"R1234\rR1000\r"
    whole, cut = parser(), parser()

    assert whole.feed(data) == feed_cut(cut, data, range(0, len(data), 100)) == [1234, 1000]
    assert whole.malformed == cut.malformed == 1
    assert len(cut._pending) <= LONGEST_LINE


noise = st.binary(max_size=30).filter(lambda data: b"R" not in data and b"\r" not in data)


@given(
    st.lists(st.tuples(noise, st.integers(0, 9999)), max_size=8),
    st.lists(st.integers(0, 999), max_size=6),
)
def test_parser_returns_every_range_behind_noise_without_r_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, int]], cuts: list[int]
) -> None:
    data = b"".join(before + b"R%04d\r" % number for before, number in parts)

    assert feed_cut(parser(), data, cuts) == [number for _, number in parts]


@given(
    st.lists(st.one_of(st.binary(max_size=90), st.just(b"R1234\r"), st.just(b"\r"))), st.lists(st.integers(0, 9999))
)
def test_parser_returns_and_counts_the_same_however_a_stream_is_cut(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    whole, cut = parser(), parser()

    assert feed_cut(cut, stream, cuts) == whole.feed(stream)
    assert cut.malformed == whole.malformed
    assert cut.needed >= 1
