"""Lines: bounded, split in three ways, never text; the tripwire; an invariant over any bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.declared.checks import Check
from drivers.declared.lines import LONGEST_IDENTIFIER, LineChannel, LineCheck, LineForm, LineParser
from drivers.declared.scaling import Scaling
from drivers.declared.splitters import Delimited, Json, Patterned
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut, feed_each

TENTHS = Scaling(factor=10)
WIND = LineForm(
    longest=40,
    check=LineCheck(check=Check(name="xor8"), after=b"\x02", before=b"\x03"),
    requirements=((4, (b"M",)),),
    channels=(
        LineChannel(name="direction", key=2, scaling=Scaling()),
        LineChannel(name="speed", key=3, scaling=Scaling(factor=100)),
    ),
)
WIND_FIELDS = Delimited(separator=b",", count=6)
GILL = b"\x02Q,229,002.74,M,00,\x0316\r\n"
PLAIN = LineForm(
    longest=40,
    channels=(
        LineChannel(name="x", key=1, scaling=TENTHS, words=((b"OPEN", 1), (b"SHUT", 0)), unavailable=(b"NaN",)),
        LineChannel(name="who", key=2, scaling=None),
    ),
)


def plain(tally: Tally | None = None) -> LineParser:
    return LineParser(PLAIN, Delimited(separator=b",").splitter(), tally)


def values(line: bytes) -> list[object]:
    return [dict(sample.values) for sample in plain().feed(line)]


def test_line_with_a_checksum_is_read_whole_and_byte_by_byte() -> None:
    parser = LineParser(WIND, WIND_FIELDS.splitter())
    (sample,) = parser.feed(GILL)
    assert sample.values == {"direction": 229, "speed": 274}
    assert sample.raw == {"direction": 229}
    assert len(feed_each(LineParser(WIND, WIND_FIELDS.splitter()), GILL * 2)) == 2


@pytest.mark.parametrize(
    "line",
    [
        GILL.replace(b"229", b"228"),
        GILL.replace(b"\x0316", b"\x03"),
        GILL.replace(b"\x0316", b"\x03xy"),
        GILL.replace(b"\x02", b""),
        GILL.replace(b"\x03", b""),
    ],
)
def test_line_whose_checksum_does_not_hold_is_counted_and_dropped(line: bytes) -> None:
    parser = LineParser(WIND, WIND_FIELDS.splitter())
    assert parser.feed(line) == []
    assert parser.bad_checksums == 1


def test_line_that_is_not_as_required_is_another_message() -> None:
    parser = LineParser(LineForm(requirements=((2, (b"A", b"D")),), channels=PLAIN.channels[:1]), _split)
    assert parser.feed(b"1,V\n") == []
    assert (parser.others, parser.malformed) == (1, 0)
    assert len(parser.feed(b"1,D\n")) == 1


def _split(line: bytes) -> dict[int | str, bytes | None] | None:
    return dict(enumerate(line.split(b","), start=1))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1.5,AB12\n", {"x": 15, "who": b"AB12"}),
        (b"OPEN,\n", {"x": 10, "who": None}),
        (b"NaN,AB\n", {"x": None, "who": b"AB"}),
        (b" 2 , c \r\n", {"x": 20, "who": b"c"}),
        (b",AB\n", {"x": None, "who": b"AB"}),
    ],
)
def test_fields_are_numbers_words_or_nothing(line: bytes, expected: dict[str, object]) -> None:
    assert values(line) == [expected]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"jane.doe@example.com,1\n", "email"),
        (b"AA:BB:CC:DD:EE:FF,1\n", "mac"),
        (b"+1 212 555 0123,1\n", "phone"),
    ],
)
def test_text_where_a_number_belongs_stops_the_line_and_is_counted_by_kind(line: bytes, kind: str) -> None:
    tally = Tally()
    parser = plain(tally)
    assert parser.feed(line) == []
    assert tally.counts == {kind: 1}
    assert parser.malformed == 1
    assert b"doe" not in repr(vars(parser)).encode()


def test_line_that_is_too_long_is_dropped_up_to_its_end_and_kept_nowhere() -> None:
    parser = plain()
    for _ in range(100):
        assert parser.feed(b"7" * 50) == []
        assert len(parser._pending) <= PLAIN.longest + 1
    assert [sample.values["x"] for sample in parser.feed(b"9\n3,a\n")] == [30]
    assert parser.malformed == 1


def test_identifier_that_is_too_long_drops_the_line() -> None:
    form = LineForm(longest=200, channels=PLAIN.channels)
    assert LineParser(form, _split).feed(b"1," + b"a" * (LONGEST_IDENTIFIER + 1) + b"\n") == []


def test_line_of_another_beginning_is_passed_over() -> None:
    form = LineForm(begins=b"$X", channels=(LineChannel(name="x", key=2, scaling=TENTHS),))
    parser = LineParser(form, _split)
    assert [sample.values["x"] for sample in parser.feed(b"$Y,1\n$X,2\n")] == [20]
    assert (parser.others, parser.malformed) == (1, 0)


@given(st.lists(st.integers(-999, 999), max_size=5), st.lists(st.integers(0, 40), max_size=5))
def test_lines_cut_anywhere_are_each_found_once(numbers: list[int], cuts: list[int]) -> None:
    data = b"".join(b"%d,a\r\n" % number for number in numbers)
    assert [sample.raw["x"] for sample in feed_cut(plain(), data, cuts)] == numbers


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_give_no_text_and_no_growing_memory(pieces: list[bytes]) -> None:
    for form, fields in ((PLAIN, Delimited(separator=b",")), (WIND, WIND_FIELDS), (PLAIN, JSON), (PLAIN, PATTERN)):
        parser = LineParser(form, fields.splitter())
        for piece in pieces:
            for sample in parser.feed(piece):
                for channel in form.channels:
                    value = sample.values[channel.name]
                    assert value is None or isinstance(value, bytes if channel.scaling is None else int)
            assert len(parser._pending) <= form.longest + 1


PATTERN = Patterned(pattern="(?P<a>.*)")
JSON = Json(paths=(("wind.speed", ("wind", "speed")), ("v[1]", ("v", 1)), ("up", ("up",))))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            b'{"wind": {"speed": 1.50}, "v": [1, 2e3], "up": true}',
            {"wind.speed": b"1.50", "v[1]": b"2e3", "up": b"true"},
        ),
        (b'{"wind": 3, "v": [1]}', {}),
        (b'{"wind": {"speed": "4"}, "up": null, "v": {}}', {"wind.speed": b"4"}),
        (b'{"up": NaN}', {"up": b"NaN"}),
        (b"[1, 2]", None),
        (b"{", None),
        (b"\xff{}", None),
        (b"[" * 1000, None),
    ],
)
def test_json_gives_the_values_at_its_paths_as_text(line: bytes, expected: object) -> None:
    assert JSON.split(line) == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_gives_text_or_nothing(value: object) -> None:
    found = JSON.split(json.dumps({"wind": value, "v": value, "up": value}).encode())
    assert found is not None
    assert all(isinstance(text, bytes) for text in found.values())


def test_delimited_by_spaces_takes_any_number_of_them() -> None:
    assert Delimited(separator=None).split(b" a  b\tc ") == {1: b"a", 2: b"b", 3: b"c"}
    assert Delimited(separator=b";", count=2).split(b"a;b;c") is None


@pytest.mark.parametrize("returns", [1, 2, 7, 8, 9, 60])
def test_line_filled_up_with_carriage_returns_is_judged_alike_in_any_portions(returns: int) -> None:
    line = b"1.5,ab" + b"x" * 28 + b"\r" * returns + b"\n1,b\n"
    whole, single = plain(), plain()
    assert whole.feed(line) == feed_each(single, line)
    assert (whole.malformed, whole.others) == (single.malformed, single.others)
    assert whole.malformed == (returns > 7)


def test_overlong_line_is_looked_at_alike_in_any_portions() -> None:
    """The tripwire sees its first bytes and no more, whatever came with them."""
    line = b"x" * 60 + b",02:00:00:00:00:01\n"
    whole, single = Tally(), Tally()
    plain(whole).feed(line)
    feed_each(plain(single), line)
    assert whole.counts == single.counts
