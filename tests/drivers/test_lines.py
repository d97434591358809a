import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lines import LineParser
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut

LONGEST = 32


def take(line: bytes) -> tuple[int | None, bytes]:
    """Take ``=7`` at the end of a line; an ``ok`` says nothing."""
    if line == b"ok":
        return None, b""
    before, equals, digits = line.rpartition(b"=")
    return (int(digits), before) if equals and digits.isdigit() else (None, line)


def numbers(tally: Tally | None = None) -> LineParser[int]:
    return LineParser(take, end=b"\n", longest=LONGEST, shortest=3, tally=tally)


def test_parser_gives_a_rule_each_line_without_its_end_and_the_space_around_it() -> None:
    parser = numbers()

    assert parser.feed(b" =1\r\n\n\tok \r\n=2") == [1]
    assert parser.feed(b"3\n") == [23]
    assert parser.malformed == 0


def test_needed_is_what_the_shortest_line_lacks_and_never_nothing() -> None:
    parser = numbers()
    found = [parser.needed]
    for piece in (b"=", b"1", b"1", b"1\n"):
        parser.feed(piece)
        found.append(parser.needed)

    assert found == [3, 2, 1, 1, 3]


def test_item_that_came_with_something_odd_is_kept_and_the_line_counted() -> None:
    parser = numbers()

    assert parser.feed(b"noise=1\n=2\nnothing\n") == [1, 2]
    assert parser.malformed == 2


def test_item_that_came_with_somebodys_identifier_is_dropped() -> None:
    tally = Tally()

    assert numbers(tally).feed(b"x,somebody@city.example=1\n=2\n") == [2]
    assert tally.counts == {"email": 1}


def test_line_that_is_too_long_is_looked_at_once_at_its_beginning_and_its_end_is_kept() -> None:
    tally = Tally()
    parser = numbers(tally)
    long = b"somebody@city.example," + b"x" * 500

    assert parser.feed(long + b"=1\n=2\n" + b"y" * 500 + b"=3\n") == [2, 3]
    assert parser.malformed == 2
    assert tally.counts == {"email": 1}


def test_line_without_end_holds_no_memory() -> None:
    parser, chunk = numbers(), b"0" * 4096
    parser.feed(chunk)
    tracemalloc.start()
    for _ in range(300):
        parser.feed(chunk)
    grown_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown_bytes < 16_384
    assert parser.malformed == 1
    assert parser.feed(b"=7\n") == [7]


pieces = st.sampled_from([b"=1", b"ok", b"\n", b"x" * 40, b"somebody@city.example", b",", b"\r", b"\xff"])


@given(st.lists(pieces, max_size=30), st.lists(st.integers(0, 9999), max_size=8))
def test_parser_returns_and_counts_the_same_however_a_stream_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole_tally, cut_tally = Tally(), Tally()
    whole, cut = numbers(whole_tally), numbers(cut_tally)

    assert feed_cut(cut, stream, cuts) == whole.feed(stream)
    assert (cut.malformed, cut_tally.counts) == (whole.malformed, whole_tally.counts)


@pytest.mark.parametrize("separator", [b",", b";", b"\t", b"|"])
def test_odd_text_is_looked_at_field_by_field(separator: bytes) -> None:
    tally = Tally()
    numbers(tally).feed(b"1" + separator + b"AB12 XYZ\n")

    assert tally.counts == {"plate": 1}
