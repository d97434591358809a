"""The comparison of the demonstration, on a log and rows that are written here."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cli.demo.compare import Comparison, Shown, compare, read_log
from agent.cli.demo.declared import Column, Stream
from agent.cli.demo.rows import Row, alter, read_export

T0 = 1_800_000_000_000
STEP = 5_000
K = 5
WEATHER = Stream(
    name="weather",
    sensor="weather",
    window_ms=STEP,
    columns=(Column(name="temperature", source="temperature", rule="mean", step=Decimal("0.1")),),
)
FOOTFALL = Stream(
    name="footfall",
    sensor="scanner",
    window_ms=STEP,
    columns=(Column(name="devices", source="mac", rule="count_distinct", step=Decimal(1)),),
    k=K,
)
STREAMS = (WEATHER, FOOTFALL)
CROWDS = (9, 9, 3, 7, 9)
"""Different devices in each of five windows."""
TEMPERATURES = ("17.31", "17.42", "17.20", "17.25", "17.55")


def log() -> dict[str, Shown]:
    """Five windows: the thermometer each second from 0.7 s on, all devices once, in the middle of a window."""
    times = [T0 + 700 + 1000 * second for second in range(25)]
    samples = [{"temperature": TEMPERATURES[second // 5]} for second in range(25)]
    seen = [
        (T0 + STEP * window + 2500, f"02:{window:02}:{one:02}")
        for window in range(5)
        for one in range(CROWDS[window])
    ]
    return {
        "weather": Shown([time * 1_000_000 for time in times], samples),
        "scanner": Shown([time * 1_000_000 for time, _ in seen], [{"mac": mac} for _, mac in seen]),
    }


def rows() -> list[Row]:
    """What a unit that ran from 0.6 s to 24.9 s must have released."""
    means = ("17.3", "17.4", "17.2", "17.2", "17.6")  # 17.25 and 17.55 lie between two steps: the even one is taken
    released = []
    for window in range(5):
        start, edge = T0 + STEP * window, window in {0, 4}
        weather = (Decimal(means[window]), "partial" if edge else "ok")
        count = CROWDS[window]
        footfall = (None, "partial") if edge else (None, "suppressed") if count < K else (Decimal(count), "ok")
        released.append(Row(stream="weather", start_ms=start, cells={"temperature": weather}))
        released.append(Row(stream="footfall", start_ms=start, cells={"devices": footfall}))
    return released


def compared(received: list[Row], shown: Mapping[str, Shown] | None = None) -> Comparison:
    return compare(STREAMS, log=shown or log(), received=received)


def changed(stream: str, window: int, value: Decimal | None, quality: str) -> list[Row]:
    """Return the right rows with one cell changed."""
    return [
        replace(row, cells=dict.fromkeys(row.cells, (value, quality)))
        if (row.stream, row.start_ms) == (stream, T0 + STEP * window)
        else row
        for row in rows()
    ]


def found(result: Comparison) -> list[tuple[str, int, str, str]]:
    return [(one.stream, (one.start_ms - T0) // STEP, one.expected, one.found) for one in result.differences]


def test_comparison_of_the_right_rows_is_equal_in_digests_and_counts() -> None:
    result = compared(rows())
    assert result.equal
    assert result.expected == result.received
    assert (result.windows, result.exact, result.values, result.suppressed) == (10, 6, 5, 1)


def test_comparison_takes_rows_in_any_order() -> None:
    assert compared(rows()[::-1]).expected == compared(rows()).received


@pytest.mark.parametrize(
    ("received", "difference"),
    [
        pytest.param(
            changed("weather", 1, Decimal("17.5"), "ok"),
            ("weather", 1, "temperature 17.4", "temperature 17.5"),
            id="value",
        ),
        pytest.param(
            changed("footfall", 3, Decimal(8), "ok"), ("footfall", 3, "devices 7", "devices 8"), id="count too high"
        ),
        pytest.param(
            changed("footfall", 2, Decimal(3), "ok"),
            ("footfall", 2, "devices (suppressed)", "devices 3"),
            id="k leak",
        ),
        pytest.param(
            changed("footfall", 2, None, "no_data"),
            ("footfall", 2, "devices (suppressed)", "devices (no_data)"),
            id="code",
        ),
        pytest.param(
            changed("weather", 2, Decimal("17.2"), "partial"),
            ("weather", 2, "temperature 17.2", "temperature 17.2 (partial)"),
            id="partial in the middle",
        ),
        pytest.param(
            changed("weather", 0, Decimal("17.3"), "ok"),
            ("weather", 0, "partial", "temperature 17.3"),
            id="whole at the edge",
        ),
        pytest.param(
            changed("footfall", 4, Decimal(9), "partial"),
            ("footfall", 4, "partial", "devices 9 (partial)"),
            id="people in a partial window",
        ),
        pytest.param(
            [row for row in rows() if (row.stream, row.start_ms) != ("weather", T0 + 3 * STEP)],
            ("weather", 3, "temperature 17.2", "nothing"),
            id="missing",
        ),
        pytest.param(
            [row for row in rows() if (row.stream, row.start_ms) != ("footfall", T0)],
            ("footfall", 0, "partial", "nothing"),
            id="missing at the edge",
        ),
        pytest.param(
            [*rows(), rows()[2]],
            ("weather", 1, "temperature 17.4", "temperature 17.4, and once more temperature 17.4"),
            id="doubled",
        ),
        pytest.param(
            [*rows(), replace(rows()[2], start_ms=T0 + 100 * STEP)],
            ("weather", 100, "nothing", "temperature 17.4"),
            id="from nowhere",
        ),
        pytest.param(
            [*rows(), replace(rows()[2], stream="gossip")],
            ("gossip", 1, "nothing", "temperature 17.4"),
            id="undeclared stream",
        ),
        pytest.param(
            [*rows(), replace(rows()[2], undated=True, start_ms=T0 - 400 * STEP)],
            ("weather", -400, "nothing", "temperature 17.4  undated"),
            id="without a date",
        ),
    ],
)
def test_comparison_finds_one_difference_and_two_digests(
    received: list[Row], difference: tuple[str, int, str, str]
) -> None:
    result = compared(received)
    assert found(result) == [difference]
    assert result.expected != result.received
    assert not result.equal


def test_comparison_of_a_sensor_that_delivered_nothing_wants_no_data() -> None:
    shown = log()
    weather = shown["weather"]
    shown["weather"] = Shown(
        [*weather.times_ns[:5], *weather.times_ns[10:]], [*weather.samples[:5], *weather.samples[10:]]
    )
    assert compared(changed("weather", 1, None, "no_data"), shown).equal
    assert found(compared(rows(), shown)) == [("weather", 1, "temperature (no_data)", "temperature 17.4")]


def test_comparison_sees_that_a_unit_lost_its_last_windows() -> None:
    """The chips' log bounds the run from the sensors' side."""
    short = [row for row in rows() if row.start_ms < T0 + 3 * STEP]
    lost = {("weather", 3), ("weather", 4), ("footfall", 3), ("footfall", 4)}
    assert {(stream, window) for stream, window, _, _ in found(compared(short))} == lost


def test_comparison_without_a_chip_that_was_read_says_so() -> None:
    with pytest.raises(ValueError, match="no chip was ever read"):
        compare(STREAMS, log={}, received=rows())


def near_the_border(offset_ms: int) -> dict[str, Shown]:
    """A sample of 27 degrees, `offset_ms` after the border of the second and the third window by the log's clock."""
    shown = log()
    entries = [*zip(shown["weather"].times_ns, shown["weather"].samples, strict=True)]
    entries.append(((T0 + 2 * STEP + offset_ms) * 1_000_000, {"temperature": "27.00"}))
    entries.sort(key=lambda entry: entry[0])
    shown["weather"] = Shown([time for time, _ in entries], [sample for _, sample in entries])
    return shown


# With the sample of 27.00 among six: (5 * 17.42 + 27) / 6 and (5 * 17.20 + 27) / 6.
BEFORE = changed("weather", 1, Decimal("19.0"), "ok")
AFTER = changed("weather", 2, Decimal("18.8"), "ok")


@pytest.mark.parametrize("offset_ms", [-99, -1, 0, 1, 99])
@pytest.mark.parametrize("received", [pytest.param(BEFORE, id="before"), pytest.param(AFTER, id="after")])
def test_comparison_takes_a_sample_near_a_border_to_the_side_that_fits(received: list[Row], offset_ms: int) -> None:
    result = compared(received, near_the_border(offset_ms))
    assert result.equal
    assert result.unsure == 1


@pytest.mark.parametrize(
    ("received", "offset_ms"), [pytest.param(BEFORE, 101, id="before"), pytest.param(AFTER, -101, id="after")]
)
def test_comparison_takes_a_sample_far_from_a_border_to_its_own_side_only(
    received: list[Row], offset_ms: int
) -> None:
    assert not compared(received, near_the_border(offset_ms)).equal


def test_comparison_does_not_count_one_sample_in_two_windows_or_in_none() -> None:
    both = [one if one.start_ms != T0 + 2 * STEP else two for one, two in zip(BEFORE, AFTER, strict=True)]
    assert not compared(both, near_the_border(0)).equal
    assert not compared(rows(), near_the_border(0)).equal


def test_altered_value_is_one_step_away_and_is_found() -> None:
    altered, original = alter(rows(), stream="weather", step=Decimal("0.1"))
    assert original == rows()[4]
    assert [(stream, window) for stream, window, _, _ in found(compared(altered))] == [("weather", 2)]


def test_alter_without_a_complete_row_alters_nothing() -> None:
    assert alter(rows()[:1], stream="weather", step=Decimal(1)) == (rows()[:1], None)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_comparison_finds_whatever_is_changed_in_a_complete_row(data: st.DataObject) -> None:
    """Every row with another value or code than the log says makes the comparison fail."""
    right = rows()
    index = data.draw(st.integers(2, 7))
    value = data.draw(st.one_of(st.none(), st.integers(-500, 500).map(lambda tenths: Decimal(tenths) / 10)))
    quality = data.draw(st.sampled_from(["ok", "partial", "suppressed", "no_data", "saturated"]))
    wrong = replace(right[index], cells=dict.fromkeys(right[index].cells, (value, quality)))
    expected_equal = wrong.text == right[index].text
    assert compared([*right[:index], wrong, *right[index + 1 :]]).equal is expected_equal


def test_log_and_export_are_read_as_they_are_written() -> None:
    shown = read_log(['{"sensor": "dust", "utc_ns": 12, "values": {"pm2_5": "8", "pm10": null}}'])
    assert shown == {"dust": Shown([12], [{"pm2_5": "8", "pm10": None}])}
    exported = (
        '{"unit":"u","stream":"dust","epoch":"00","seq":0,"start_ms":5000,"step_ms":5000,"boot":null,"clock":0,'
        '"values":{"pm2_5":{"value":"8.0E+1","unit":"ug/m3","quality":"ok"},'
        '"pm10":{"value":null,"unit":"ug/m3","quality":"no_data"}}}'
    )
    (row,) = read_export([exported, ""])
    assert row.text == "pm2_5 80  pm10 (no_data)"
    assert not row.undated
