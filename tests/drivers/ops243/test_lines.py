import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ops243.lines import LONGEST_LINE, SET_UP, Report, parser
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut, feed_each

LINE = b'{"speed":12.30, "direction":"inbound", "time":105, "tick":135}\r\n'
REPORT = Report(1230)


@pytest.mark.parametrize(
    ("line", "report"),
    [
        (b'{"speed":0.58, "direction":"inbound", "time":105, "tick":135}\n', Report(58)),
        (b"137.429,3.6\n", Report(360)),
        (b"10.35\n", Report(1035)),
    ],
    ids=["ops_um_001_c_page_8", "um_003_a_page_12", "um_003_a_page_8"],
)
def test_parser_reads_the_examples_of_the_makers_manuals(line: bytes, report: Report) -> None:
    """The JSON example; "137 seconds and 429 milliseconds with a speed of 3.6 m/s"; two decimal places."""
    assert parser().feed(line) == [report]


def test_parser_never_waits_for_more_than_the_shortest_report() -> None:
    """A sensor that has lost its settings sends whole numbers: one digit and the line's end."""
    assert parser().needed == len(b"1\n")
    assert parser().feed(b"1\n") == [Report(100)]


@pytest.mark.parametrize(
    ("line", "report"),
    [
        (b"-12.3\r\n", Report(-1230)),
        (b"+12\r\n", Report(1200)),
        (b"0.0\r\n", Report(0)),
        (b"105,137,-12.34\r\n", Report(-1234)),
        (b'"mps",4.5\r\n', Report(450)),
        (b'"kmph",-36\r\n', Report(-1000)),
        (b'"mph",10\r\n', Report(447)),
        (b'{"speed":12.3,"direction":"outbound"}\r\n', Report(-1230)),
        (b'{"speed":-12.3}\r\n', Report(-1230)),
        (b'{"unit":"kmph","magnitude":77,"speed":"50.4","direction":"-"}\r\n', Report(-1400)),
        (b'{"DetectedObjectVelocity":"-13.37"}\r\n', Report(-1337, confirmed=True)),
        (b'{"DetectedObjectVelocity" : 13}\r\n', Report(1300, confirmed=True)),
    ],
)
def test_parser_takes_every_form_of_a_report(line: bytes, report: Report) -> None:
    assert feed_each(parser(), line) == parser().feed(line) == [report]


@pytest.mark.parametrize(
    "line",
    [
        b'{"Units":"m-per-sec"}',
        b'{"Version":"1.3.1"}',
        b'{"speed":12.3,"lane":2}',
        b'{"speed":[12.3,4.5]}',
        b'{"speed":1e9}',
        b'{"speed":true}',
        b'{"speed":null}',
        b'{"speed":NaN}',
        b'{"speed":12.3,"direction":"left"}',
        b'{"speed":12.3,"direction":1}',
        b'{"speed":12.3,"unit":"knots"}',
        b'{"speed":12.3,"unit":[]}',
        b'{"speed":12.3,"DetectedObjectVelocity":12.3}',
        b'{"direction":"inbound"}',
        b'{"speed":12.3',
        b"[12.3]",
        b"12345.6",
        b"12.3.4",
        b"1,2,3,4.5",
        b'"knots",3',
        b"OPS243 12.3",
    ],
)
def test_parser_counts_and_drops_a_line_of_another_form(line: bytes) -> None:
    found = parser()

    assert found.feed(line + b"\r\n" + LINE) == [REPORT]
    assert found.malformed == 1


@pytest.mark.parametrize(
    ("line", "trips"),
    [
        (b'{"speed":12.3,"plate":"AB12 XYZ"}', {"plate": 1}),
        (b'{"speed":12.3,"mac":"02:AB:cd:00:00:01"}', {"mac": 1}),
        (b'{"speed":"somebody@city.example"}', {"email": 1}),
        (b"12.3,AB12 XYZ", {"plate": 1}),
        (b"02-AB-cd-00-00-01,-67", {"mac": 1}),
        (b'{"UID":"b2000040b7a12400d5188041"}', {}),
    ],
)
def test_line_with_somebodys_identifier_is_counted_and_its_speed_is_dropped(
    line: bytes, trips: dict[str, int]
) -> None:
    whole, cut = Tally(), Tally()

    assert parser(whole).feed(line + b"\r\n" + LINE) == [REPORT]
    assert feed_each(parser(cut), line + b"\r\n" + LINE) == [REPORT]
    assert whole.counts == cut.counts == trips


def test_report_behind_a_noise_without_end_is_found() -> None:
    assert feed_cut(parser(), b"\x80" * 5000 + LINE, range(0, 5000, 100)) == [REPORT]
    assert len(LINE) < LONGEST_LINE


def test_commands_set_metres_a_second_and_json_and_store_nothing() -> None:
    assert SET_UP == (b"UM\r\n", b"F2\r\n", b"OJ\r\n")


noise = st.binary(max_size=30).filter(lambda data: not set(data) & set(b"{}\n") and data[-1:] > b"\x7e")
forms = st.sampled_from(['{{"speed":{0}.{1:02},"direction":"inbound"}}', "{0}.{1:02}", '{{"speed":{0}.{1:02}}}'])


@given(
    st.lists(st.tuples(st.just(b"") | noise, forms, st.integers(0, 9999)), max_size=8),
    st.lists(st.integers(0, 999), max_size=6),
)
def test_parser_returns_every_report_behind_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, str, int]], cuts: list[int]
) -> None:
    data = b"".join(before + form.format(cm_s // 100, cm_s % 100).encode() + b"\r\n" for before, form, cm_s in parts)

    assert feed_cut(parser(), data, cuts) == [Report(cm_s) for _, _, cm_s in parts]


@given(st.lists(st.one_of(st.binary(max_size=300), st.just(LINE), st.just(b"\n"))), st.lists(st.integers(0, 9999)))
def test_parser_returns_and_counts_the_same_however_a_stream_is_cut(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    whole, cut = parser(), parser()

    assert feed_cut(cut, stream, cuts) == whole.feed(stream)
    assert cut.malformed == whole.malformed
