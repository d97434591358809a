"""Transcripts: text to steps and back, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import Message, Read, Write
from drivers.bus.transcript import (
    Act,
    Failure,
    I2cStep,
    SerialStep,
    Transcript,
    TranscriptError,
    failure_of,
    parse_i2c,
    parse_serial,
)
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge

failures = st.sampled_from(Failure)


@st.composite
def i2c_steps(draw: st.DrawFn) -> I2cStep:
    address = draw(st.integers(0, 0x7F))
    failure = draw(st.none() | failures)
    parts = draw(st.lists(st.tuples(st.booleans(), st.binary(max_size=5)), min_size=1, max_size=4))
    messages: list[Message] = [Read(len(data)) if reads else Write(data) for reads, data in parts]
    answers = () if failure else tuple(data for reads, data in parts if reads)
    return I2cStep(address=address, messages=tuple(messages), answers=answers, failure=failure)


serial_steps = st.one_of(
    st.builds(
        SerialStep, act=st.just(Act.SENT), data=st.binary(min_size=1, max_size=9), failure=st.none() | failures
    ),
    st.builds(SerialStep, act=st.just(Act.ARRIVED), data=st.binary(min_size=1, max_size=9)),
    st.builds(SerialStep, act=st.just(Act.DISCARDED)),
    st.builds(SerialStep, act=st.just(Act.ASKED), failure=failures),
)


@given(steps=st.lists(i2c_steps(), max_size=5), rest=st.none() | failures)
def test_i2c_text_round_trip_is_the_same(steps: list[I2cStep], rest: Failure | None) -> None:
    """Whatever was recorded is read back as it was."""
    transcript = Transcript(tuple(steps), rest)
    assert parse_i2c(transcript.text()) == transcript


@given(steps=st.lists(serial_steps, max_size=5), rest=st.none() | failures)
def test_serial_text_round_trip_is_the_same(steps: list[SerialStep], rest: Failure | None) -> None:
    """Whatever was recorded is read back as it was."""
    transcript = Transcript(tuple(steps), rest)
    assert parse_serial(transcript.text()) == transcript


@given(st.text(max_size=60))
def test_parse_any_text_gives_steps_or_says_the_line(text: str) -> None:
    """Text is parsed or refused with its line number, never anything else."""
    for parse in (parse_i2c, parse_serial):
        try:
            parse(text)
        except TranscriptError as error:
            assert "line" in str(error)  # noqa: PT017 - either outcome is right


@given(
    st.lists(st.sampled_from(["0x76", "W", "R", "d0", "??", "NACK", "...", ">", "<", "DISCARD", "\n"]), max_size=12)
)
def test_parse_any_words_gives_what_writes_itself_back(words: list[str]) -> None:
    """What is accepted is accepted again from its own text, and means the same."""
    for parse in (parse_i2c, parse_serial):
        try:
            transcript = parse(" ".join(words))
        except TranscriptError:
            continue
        assert parse(transcript.text()) == transcript


def test_parse_i2c_comments_and_empty_lines_are_skipped() -> None:
    assert parse_i2c("# all\n\n0x76 W d0 R 60  # id\n").steps == (
        I2cStep(address=0x76, messages=(Write(b"\xd0"), Read(1)), answers=(b"\x60",)),
    )


def test_parse_i2c_bare_failure_stands_for_any_transaction() -> None:
    assert parse_i2c("0x76 NACK").steps == (I2cStep(address=0x76, messages=None, failure=Failure.NACK),)


@pytest.mark.parametrize(
    "line",
    [
        "0x76",
        "0x80 W 00",
        "W 00",
        "0x76 W 0",
        "0x76 W -1",
        "0x76 W zz",
        "0x76 R 60 NACK",
        "0x76 R ??",
        "0x76 60",
        "... LATE",
        "... ",
        "... NACK\n0x76 NACK",
        "0x76 W +f",
        "0x76 W -0",
        "0x76 W \uff11\uff12",
        "76 W 01",
        "0x0_6 W 01",
        "+0x6 W 01",
    ],
)
def test_parse_i2c_bad_line_is_refused(line: str) -> None:
    with pytest.raises(TranscriptError, match="line"):
        parse_i2c(line)


@pytest.mark.parametrize(
    "line", [">", "<", "< 01 NACK", "DISCARD 01", "DISCARD GONE", "ASKED", "ASKED 01", "01", "> 1", "> +f", "< -0"]
)
def test_parse_serial_bad_line_is_refused(line: str) -> None:
    with pytest.raises(TranscriptError, match="line 1"):
        parse_serial(line)


def test_cut_keeps_the_beginning_and_fails_then() -> None:
    cut = parse_i2c("0x76 W 01\n0x76 W 02\n").cut(1, Failure.NACK)
    assert cut.text() == "0x76 W 01\n... NACK\n"


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (NoAcknowledge, Failure.NACK),
        (BusTimeout, Failure.TIMEOUT),
        (BusFault, Failure.FAULT),
        (BusGone, Failure.GONE),
        (BusDenied, Failure.DENIED),
        (BusError, Failure.FAULT),
    ],
)
def test_failure_of_error_is_the_one_that_raises_it(error: type[BusError], failure: Failure) -> None:
    assert failure_of(error("x", bus="b")) is failure
    assert isinstance(failure.error(bus="b", address=1), BusError)
