import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.rg15.lines import Notice, Rain, parser
from drivers.tripwire import Tally
from tests.support.serial_sensors import feed_cut, feed_each

LINE = b"Acc  0.12 mm, EventAcc  3.40 mm, TotalAcc 105.67 mm, RInt  8.90 mmph\r\n"


def rain(acc: int, event: int, total: int, intensity: int, *words: bytes, metric: bool = True) -> Rain:
    return Rain(acc=acc, event=event, total=total, intensity=intensity, metric=metric, words=frozenset(words))


RAIN = rain(12, 340, 10567, 890)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"Acc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.23 mm, RInt  0.00 mmph\n", rain(0, 0, 123, 0)),
        (b"Acc  0.00 mm, EventAcc  0.58 mm, TotalAcc  0.58 mm, RInt  0.00 mmph\n", rain(0, 58, 58, 0)),
        (b"Acc 0.000 in, EventAcc 0.000 in, TotalAcc 0.000 in, RInt 0.000 iph\n", rain(0, 0, 0, 0, metric=False)),
    ],
    ids=["plugin_raingauge_metric", "tinyweather_metric", "plugin_raingauge_imperial"],
)
def test_parser_reads_what_other_projects_quote_as_they_do(line: bytes, found: Rain) -> None:
    """waggle-sensor/plugin-raingauge, test_parse.py `test_valid` and parse.py; tinyweather's README."""
    assert parser().feed(line) == [found]


@pytest.mark.parametrize(
    "line",
    [
        b"AcQ  0.00 mm, EventAcc  0.x0 mm, TotalAcc  1.23 mm, RInt0.00 mmph\n",
        b"cc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.23 mm, RInt  0.00 mmph\n",
        b"0.00 mm, RInt 1.23 mmph\n",
        b"Acc  1.23 in\n",
    ],
)
def test_parser_takes_nothing_from_the_lines_of_which_plugin_raingauge_takes_a_part(line: bytes) -> None:
    """The same test_parse.py: a line that is damaged in one place may be damaged in another."""
    found = parser()

    assert found.feed(line + LINE) == [RAIN]
    assert found.malformed == 1


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"Reset N", Notice.RESTARTED),
        (b"PwrDays 12", Notice.RESTARTED),
        (b"LensBad", Notice.LENS_BAD),
        (b"EmSat", Notice.EMITTERS_SATURATED),
        (b"\xff\x80LensBad", Notice.LENS_BAD),
    ],
)
def test_parser_returns_what_the_sensor_says_by_itself(line: bytes, found: Notice) -> None:
    assert parser().feed(line + b"\r\n" + LINE) == [found, RAIN]


@pytest.mark.parametrize(
    "line",
    [b"p", b"m", b"h", b"; HYDREON MODEL RG-15 RAIN GAUGE", b"SW 1.000 2020.07.30", b"DIP 0000", b"Event", b""],
)
def test_parser_passes_over_what_says_nothing_without_counting_it(line: bytes) -> None:
    found = parser()

    assert feed_each(found, line + b"\r\n" + LINE) == [RAIN]
    assert found.malformed == 0


@pytest.mark.parametrize("end", [b", TooCold", b" TooCold", b", TooCold, LensBad"])
def test_parser_keeps_the_words_behind_the_numbers(end: bytes) -> None:
    (found,) = parser().feed(LINE[:-2] + end + b"\r\n")

    assert isinstance(found, Rain)
    assert b"TooCold" in found.words


@pytest.mark.parametrize(
    ("line", "trips"),
    [
        (b"02-AB-cd-00-00-01,-67\n", {"mac": 1}),
        (b"somebody@city.example " + LINE, {"email": 1}),
        (b"Acc 1 mm,somebody@city.example\n", {"email": 1}),
        (b"AB12 XYZ\n", {"plate": 1}),
        (b"\x80\xff" + LINE, {}),
    ],
)
def test_line_with_somebodys_identifier_is_counted_and_dropped(line: bytes, trips: dict[str, int]) -> None:
    tally = Tally()

    assert parser(tally).feed(line + LINE) == ([RAIN] if trips else [RAIN, RAIN])
    assert tally.counts == trips


noise = st.binary(max_size=40).filter(lambda data: b"Acc" not in data and b"\n" not in data and data[-1:] > b"\x7e")
number = st.integers(0, 99_999)
answers = st.tuples(number, number, number, number)


@given(st.lists(st.tuples(st.just(b"") | noise, answers), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_parser_returns_every_answer_behind_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, tuple[int, int, int, int]]], cuts: list[int]
) -> None:
    data = b""
    for before, numbers in parts:
        shown = [f"{number // 100:2}.{number % 100:02}" for number in numbers]
        text = "Acc {} mm, EventAcc {} mm, TotalAcc {} mm, RInt {} mmph\r\n".format(*shown)
        data += before + text.encode()

    assert feed_cut(parser(), data, cuts) == [rain(*numbers) for _, numbers in parts]
