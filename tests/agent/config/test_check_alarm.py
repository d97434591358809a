import pytest

from agent import declaration
from agent.wire import payload
from agent.wire.declared import DeclaredAlarm
from tests.support.config_files import Finding, edited, errors, only, resolved

_NEXT = "[stream.place]"
ALARM = """\
[stream.weather.alarm.heat]
channel = "temperature"
above = 35
clear = 33.5
hold = "3min"
title = "Heat at the kerb"
fast = { window = "30s", for = "30min" }

"""
PLACE = "stream.weather.alarm.heat"


def _with(alarm: str, *more: tuple[str, str]) -> str:
    return edited((_NEXT, alarm + _NEXT), *more)


def _changed(old: str, new: str) -> str:
    assert old in ALARM
    return _with(ALARM.replace(old, new))


def test_alarm_becomes_whole_numbers_of_its_channel() -> None:
    (weather, *others) = resolved(_with(ALARM)).streams
    assert weather.alarms == (
        DeclaredAlarm(
            name="heat",
            channel=0,
            above=True,
            threshold=350,
            clear=335,
            hold_ms=180_000,
            title="Heat at the kerb",
            fast=(30_000, 1_800_000),
        ),
    )
    assert not any(plan.alarms for plan in others)


def test_alarm_with_nothing_but_its_levels_has_defaults() -> None:
    text = _with('[stream.weather.alarm.stale]\nchannel = "co2"\nbelow = 350\nclear = 380\n\n')
    assert resolved(text).streams[0].alarms == (
        DeclaredAlarm(name="stale", channel=1, above=False, threshold=350, clear=380),
    )


def test_alarms_are_declared() -> None:
    settings = resolved(_with(ALARM))
    content = declaration.content(settings, thumbprint=bytes(32), simulated=False)
    assert payload.decode_content(payload.content_bytes(content)).streams[0].alarms == settings.streams[0].alarms


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        pytest.param('"temperature"', '"temprature"', ("unknown-channel", f"{PLACE}.channel"), id="no-channel"),
        pytest.param('channel = "temperature"\n', "", ("missing-key", f"{PLACE}.channel"), id="channel-missing"),
        pytest.param("above = 35\n", "", ("alarm-side", PLACE), id="no-side"),
        pytest.param("above = 35\n", "above = 35\nbelow = 3\n", ("alarm-side", f"{PLACE}.below"), id="both-sides"),
        pytest.param("above = 35", 'above = "35"', ("wrong-type", f"{PLACE}.above"), id="side-is-text"),
        pytest.param("clear = 33.5\n", "", ("missing-key", f"{PLACE}.clear"), id="no-end"),
        pytest.param("clear = 33.5", "clear = 35", ("no-hysteresis", f"{PLACE}.clear"), id="no-hysteresis"),
        pytest.param("clear = 33.5", "clear = 36", ("no-hysteresis", f"{PLACE}.clear"), id="ends-beyond"),
        pytest.param("above = 35", "below = 30", None, id="other-side"),
        pytest.param("above = 35", "below = 35", ("no-hysteresis", f"{PLACE}.clear"), id="other-side-ends-beyond"),
        pytest.param("above = 35", "above = 35.05", ("bad-level", f"{PLACE}.above"), id="too-fine"),
        pytest.param("above = 35", "above = 60", ("bad-level", f"{PLACE}.above"), id="out-of-range"),
        pytest.param("clear = 33.5", "clear = -31", ("bad-level", f"{PLACE}.clear"), id="end-out-of-range"),
        pytest.param("above = 35", "above = 50.5", ("unreachable", f"{PLACE}.above"), id="never-above"),
        pytest.param('hold = "3min"', 'hold = "2d"', ("out-of-range", f"{PLACE}.hold"), id="hold-of-days"),
        pytest.param('title = "Heat at', 'titel = "Heat at', ("unknown-key", f"{PLACE}.titel"), id="misspelt"),
        pytest.param('"30s"', '"45s"', ("bad-window", f"{PLACE}.fast.window"), id="fast-askew"),
        pytest.param('"30s"', '"1min"', ("bad-window", f"{PLACE}.fast.window"), id="fast-is-none"),
        pytest.param('"30s"', '"10s"', ("window-too-short", f"{PLACE}.fast.window"), id="faster-than-the-sensor"),
        pytest.param('"30min"', '"30s"', ("bad-duration", f"{PLACE}.fast.for"), id="fast-for-less-than-a-window"),
        pytest.param(', for = "30min"', "", ("missing-key", f"{PLACE}.fast.for"), id="fast-without-end"),
        pytest.param(
            "weather.alarm.heat", "weather.alarm.Heat", ("bad-name", "stream.weather.alarm.Heat"), id="name"
        ),
    ],
)
def test_check_of_a_wrong_alarm_reports_exactly_that(old: str, new: str, finding: Finding | None) -> None:
    assert errors(_changed(old, new)) == ([] if finding is None else [finding])


@pytest.mark.parametrize(
    ("source", "rule", "unit", "more"),
    [
        pytest.param("scan.mac", "count_distinct", "count", "range = [0, 500]\n", id="people"),
        pytest.param("scan.rssi", "mean", "dBm", "", id="a-measurement-derived-from-people"),
        pytest.param("sky.latitude", "grid", "lat", 'grid = "500m"\n', id="place"),
    ],
)
def test_check_of_an_alarm_on_what_tells_of_somebody_reports_it(source: str, rule: str, unit: str, more: str) -> None:
    channel = f'[stream.x.channel.y]\nfrom = "{source}"\nrule = "{rule}"\nunit = "{unit}"\n{more}'
    stream = f"""\
[stream.x]
title = "X"
description = "X"
purpose = "X"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "15min"
batch = "15min"
overflow = "drop_oldest"
{"suppress_below = 10" if source.startswith("scan") else ""}

{channel}
[stream.x.alarm.z]
channel = "y"
above = 4
clear = 2

"""
    found = errors(edited(("[stream.footfall]", stream + "[stream.footfall]")))
    assert ("privacy-alarm", "stream.x.alarm.z.channel") in found


def test_check_of_a_faster_cadence_beside_a_channel_about_a_place_reports_it() -> None:
    place = '[stream.weather.channel.lat]\nfrom = "sky.latitude"\nrule = "grid"\nunit = "lat"\ngrid = "500m"\n\n'
    assert errors(_with(place + ALARM)) == [("privacy-alarm", f"{PLACE}.fast.window")]


def test_check_of_an_alarm_in_a_delayed_stream_reports_the_delay() -> None:
    text = _with(ALARM, ('overflow = "drop_newest"', 'overflow = "drop_newest"\ndelay = "15min"'))
    problem = only(text)
    assert (problem.code, problem.key) == ("alarm-delay", "stream.weather.delay")


def test_check_of_two_faster_windows_in_a_stream_reports_the_second() -> None:
    second = ALARM.replace("alarm.heat", "alarm.more").replace("above = 35", "above = 40").replace('"30s"', '"20s"')
    slower = ('interval = "20s"', 'interval = "2s"')
    gas = ('model = "gas"\nbus = "pole"', 'model = "gas"\nbus = "pole"\ninterval = "5s"')
    assert errors(_with(ALARM + second, slower, gas)) == [("bad-window", "stream.weather.alarm.more.fast.window")]


def test_check_of_more_alarms_than_a_stream_can_have_reports_it() -> None:
    many = "".join(ALARM.replace("alarm.heat", f"alarm.heat-{number}") for number in range(65))
    assert errors(_with(many)) == [("too-many-alarms", "stream.weather.alarm")]
