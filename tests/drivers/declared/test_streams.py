"""Declared devices on serial lines: those that send, and those that answer."""

from dataclasses import replace

import pytest

from drivers.bus.playback import PlaybackSerial
from drivers.declared.checks import Check
from drivers.declared.fields import Field, Kind
from drivers.declared.frames import FrameCheck, FrameForm, LengthRule
from drivers.declared.lines import LineChannel, LineForm
from drivers.declared.samples import Number, Requirement
from drivers.declared.scaling import Scaling
from drivers.declared.splitters import Delimited, Patterned
from drivers.declared.streams import SerialForm, SerialMaker
from drivers.declared.wire import Send
from drivers.errors import BusTimeout, ChecksumMismatch, DriverError, InvalidData
from drivers.model import Driver, NoOptions, Tripwired
from tests.support.serial_sensors import FixedClock, PiecewiseLine
from tests.support.slept_clock import SleptClock

DUST = FrameForm(
    header=b"\x40",
    length=LengthRule(field=Field(at=1, kind=Kind.U8), plus=3),
    shortest=8,
    longest=16,
    check=FrameCheck(check=Check(name="negated8"), first=0, at=-1),
    channels=(Number(name="pm2_5", field=Field(at=3, kind=Kind.U16), scaling=Scaling()),),
)
ASKED = SerialForm(
    name="dust",
    message=DUST,
    setup=(Send(data=b"\x68\x01\x01\x96", wait_s=0.1),),
    request=Send(data=b"\x68\x01\x04\x93", wait_s=0.05),
    answer_s=2.0,
    goodbye=(Send(data=b"\x68\x01\x02\x95"),),
)
SAMPLE = """
DISCARD
> 68 01 04 93
< 40 05 04 00 30 00 31 56
"""
OPENING = """
DISCARD
> 68 01 01 96
DISCARD
"""
LEVEL = SerialForm(
    name="level",
    message=LineForm(longest=32, channels=(LineChannel(name="level", key="n", scaling=Scaling()),)),
    fields=Patterned(pattern=r"R(?P<n>\d{4})"),
    answer_s=5.0,
)


def made(
    form: SerialForm, line: PiecewiseLine | PlaybackSerial, clock: SleptClock | FixedClock | None = None
) -> Driver:
    return SerialMaker(form)(line, clock or FixedClock(7), NoOptions())


async def test_device_that_is_asked_is_sent_each_byte_that_the_file_says_and_no_other() -> None:
    line = PlaybackSerial(OPENING + SAMPLE + SAMPLE + "> 68 01 02 95\n")
    clock = SleptClock()
    driver = made(ASKED, line, clock)
    await driver.open()
    for _ in range(2):
        assert (await driver.sample()).values == {"pm2_5": 48}
    await driver.close()
    assert clock.slept_s == [0.1, 0.05, 0.05]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("TIMEOUT", BusTimeout),
        ("< 40 05 04 00 30 00 31 57\nTIMEOUT", ChecksumMismatch),
        ("< 96 96 96 96 96 96 96 96\nTIMEOUT", InvalidData),
    ],
)
async def test_answer_that_does_not_come_or_is_damaged_is_told_for_what_it_is(
    answer: str, error: type[DriverError]
) -> None:
    line = PlaybackSerial(OPENING + "DISCARD\n> 68 01 04 93\n" + answer + "\n> 68 01 02 95\n")
    driver = made(ASKED, line, SleptClock())
    await driver.open()
    with pytest.raises(error):
        await driver.sample()
    await driver.close()


async def test_device_that_sends_gives_each_message_once_with_its_time() -> None:
    line = PiecewiseLine([b"R0123\r\nR0", b"124\r\n"])
    driver = made(LEVEL, line)
    await driver.open()
    readings = [await driver.sample() for _ in range(2)]
    assert [reading.values for reading in readings] == [{"level": 123}, {"level": 124}]
    assert readings[0].mono_ns == 7
    assert line.written == []
    with pytest.raises(BusTimeout):
        await driver.sample()


async def test_device_that_sends_too_much_is_read_for_its_newest_message() -> None:
    driver = made(replace(LEVEL, newest=True), PiecewiseLine([b"R0001\nR0002\nR0003\n", b"R0004\n"]))
    await driver.open()
    assert (await driver.sample()).values == {"level": 3}
    assert (await driver.sample()).values == {"level": 4}


SPEED_CHANNELS = (LineChannel(name="speed", key=1, scaling=Scaling(factor=10)),)
SPEED = SerialForm(
    name="speed",
    message=LineForm(longest=32, channels=SPEED_CHANNELS),
    fields=Delimited(separator=b","),
    silence_s=0.05,
)


async def test_line_that_had_begun_before_the_port_was_opened_is_no_shorter_number() -> None:
    line = PiecewiseLine([b"1", b"2.5\n", b"12.6\n"])
    driver = made(SPEED, line)
    await driver.open()
    assert (await driver.sample()).values == {"speed": 126}
    assert line.timeouts_s[0] == SPEED.silence_s


async def test_first_line_after_silence_is_whole_and_not_lost() -> None:
    driver = made(SPEED, PiecewiseLine([b"", b"12.5\n", b"12.6\n"]))
    await driver.open()
    assert [(await driver.sample()).values["speed"] for _ in range(2)] == [125, 126]


async def test_transcript_of_a_line_that_was_silent_when_it_was_opened_replays() -> None:
    line = PlaybackSerial("DISCARD\nTIMEOUT\n< 31 32 2e 35 0a\n")
    driver = made(SPEED, line)
    await driver.open()
    assert (await driver.sample()).values == {"speed": 125}
    line.assert_finished()


async def test_line_that_is_opened_again_begins_afresh_whatever_was_before() -> None:
    driver = made(SPEED, PiecewiseLine([b"1", b"2.5\n12.6\n", b"", b"12.7\n"]))
    await driver.open()
    await driver.sample()
    await driver.close()
    await driver.open()
    assert (await driver.sample()).values == {"speed": 127}


async def test_newest_message_of_a_line_that_has_dropped_some_is_not_an_old_one_nor_two_halves_of_two() -> None:
    overfull = b"12.5\n" * 14_000 + b"1"
    driver = made(replace(SPEED, newest=True), PiecewiseLine([b"", overfull, b"7.5\n13.5\n", b"13.6\n"]))
    await driver.open()
    assert [(await driver.sample()).values["speed"] for _ in range(2)] == [135, 136]


async def test_line_that_trips_is_counted_and_its_text_is_nowhere() -> None:
    driver = made(LEVEL, PiecewiseLine([b"somebody@example.com\n", b"R0001\n"]))
    assert isinstance(driver, Tripwired)
    await driver.open()
    assert (await driver.sample()).values == {"level": 1}
    assert driver.trips == {"email": 1}


async def test_other_lines_only_are_told_as_another_device() -> None:
    driver = made(LEVEL, PiecewiseLine([b"hello\n"]))
    await driver.open()
    with pytest.raises(InvalidData, match="check model and baud rate"):
        await driver.sample()


async def test_messages_that_say_that_the_device_is_ill_are_told_in_the_words_of_its_file() -> None:
    ill = Requirement(field=Field(at=2, kind=Kind.U8), allowed=(4,), otherwise="its fan is stuck")
    line = PiecewiseLine([bytes.fromhex("40 05 05 00 30 00 31 55")])
    driver = made(SerialForm(name="dust", message=replace(DUST, requirements=(ill,)), answer_s=2.0), line)
    await driver.open()
    with pytest.raises(InvalidData, match="none that its file asks for; the newest: its fan is stuck"):
        await driver.sample()


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (LineForm(begins=b"$", channels=SPEED_CHANNELS), "begins otherwise"),
        (LineForm(requirements=((2, (b"00",)),), channels=SPEED_CHANNELS), "field 2 is not as require says"),
        (LineForm(channels=(LineChannel(name="speed", key=7, scaling=Scaling()),)), "without any of the fields"),
    ],
)
async def test_lines_of_no_interest_are_told_by_kind_and_not_by_text(form: LineForm, why: str) -> None:
    driver = made(replace(SPEED, message=form, silence_s=0.0), PiecewiseLine([b"12.5,77\n"]))
    await driver.open()
    with pytest.raises(InvalidData, match=why) as caught:
        await driver.sample()
    assert "77" not in str(caught.value)


async def test_values_are_withheld_while_the_device_settles() -> None:
    clock = SleptClock()
    driver = made(replace(LEVEL, settle_s=30), PiecewiseLine([b"R0001\n", b"R0002\n"]), clock)
    await driver.open()
    reading = await driver.sample()
    assert (reading.values, reading.raw) == ({"level": None}, {})
    clock.jump(30)
    assert (await driver.sample()).values == {"level": 2}


async def test_close_after_a_failed_open_sends_nothing_and_a_mute_line_does_not_matter() -> None:
    line = PiecewiseLine()
    driver = made(ASKED, line)
    await driver.close()
    assert line.written == []


def test_line_without_fields_is_no_form() -> None:
    form = SerialForm(name="x", message=LEVEL.message)
    with pytest.raises(AssertionError):
        made(form, PiecewiseLine())
    assert isinstance(made(replace(form, fields=Delimited(separator=b",")), PiecewiseLine()), Tripwired)
