"""Commands and words of Sensirion's I2C sensors, as bytes and over a bus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import sensirion
from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.errors import ChecksumMismatch, ChipError, InvalidData, NotReady
from drivers.sensirion import Command, CommandPort
from drivers.sim.sensirion_chip import checksum
from tests.support.slept_clock import SleptClock

_READ = Command(name="read", code=0xEC05, reply_words=3)
_READY = Command(name="ready", code=0xE4B8, reply_words=1)
_SAMPLE = bytes.fromhex("01f433 6667a2 5eb93c")
_WORD = st.integers(0, 0xFFFF)


def _reply(*words: int) -> bytes:
    return b"".join(bytes([w >> 8, w & 0xFF, checksum(w >> 8, w & 0xFF)]) for w in words)


def _port(script: str) -> tuple[CommandPort, PlaybackI2c, SleptClock]:
    clock, bus = SleptClock(), PlaybackI2c(script)
    return CommandPort("chip", I2cDevice(bus, 0x62), clock), bus, clock


def test_request_of_a_narrow_command_is_one_byte() -> None:
    assert sensirion.request(Command(name="measure", code=0xFD, width=1)) == b"\xfd"


@given(st.lists(_WORD, max_size=3))
def test_request_with_any_arguments_carries_the_checksums_of_the_data_sheet(arguments: list[int]) -> None:
    assert sensirion.request(_READ, *arguments) == b"\xec\x05" + _reply(*arguments)


@given(st.lists(_WORD, min_size=3, max_size=3))
def test_words_of_any_good_reply_come_back(words: list[int]) -> None:
    assert sensirion.words("chip", _READ, _reply(*words)) == tuple(words)


@given(bit=st.integers(0, 9 * 8 - 1))
def test_words_with_any_one_bit_flipped_are_refused_and_the_word_is_named(bit: int) -> None:
    """No single flipped bit of a reply goes unnoticed."""
    data = bytearray(_SAMPLE)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChecksumMismatch, match=f"word {bit // 24} of read") as caught:
        sensirion.words("chip", _READ, bytes(data))
    assert caught.value.field == f"word {bit // 24} of read"


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("command", [_READ, _READY], ids=lambda c: c.name)
def test_words_of_a_dead_line_are_refused(command: Command, value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        sensirion.words("chip", command, bytes([value]) * sensirion.reply_length(command))


def test_words_of_a_command_without_reply_are_none() -> None:
    assert sensirion.words("chip", Command(name="start", code=0x21B1), b"") == ()


@given(st.binary(max_size=12))
def test_words_of_any_bytes_are_refused_or_hold_their_checksums(data: bytes) -> None:
    """Whatever arrives, decoding raises a `ChipError` or returns three words whose checksums hold."""
    try:
        words = sensirion.words("chip", _READ, data)
    except ChipError:
        return
    assert _reply(*words) == data


@pytest.mark.parametrize(
    ("words", "expected"),
    [((0x5345, 0x4E35, 0x3500, 0x4141), "SEN55"), ((0x0000,), ""), ((0x41FF, 0x4200), "A?B"), ((), "")],
    ids=["to the zero", "nothing", "no ascii", "no words"],
)
def test_text_ends_at_its_zero(words: tuple[int, ...], expected: str) -> None:
    assert sensirion.text(words) == expected


def test_doubles_have_the_high_word_first() -> None:
    assert sensirion.doubles((0x43DB, 0x8C2E, 0x0000, 0x0001)) == (0x43DB8C2E, 1)


@pytest.mark.parametrize(
    ("word", "temperature", "humidity"), [(0, -4500, 0), (0x6667, 2500, 4000), (0xFFFF, 13000, 10000)], ids=hex
)
def test_conversions_are_exact_at_the_ends_and_at_the_example(word: int, temperature: int, humidity: int) -> None:
    assert sensirion.temperature_centi_c(word) == temperature
    assert sensirion.humidity_centi_pct(word) == humidity


async def test_burst_waits_in_between_and_notes_the_time_after_the_read() -> None:
    port, bus, clock = _port("0x62 W ec 05\n0x62 R 01 f4 33 66 67 a2 5e b9 3c\n")
    assert await port.burst(_READ) == (clock.now_ns, (0x01F4, 0x6667, 0x5EB9))
    assert clock.slept_s == [0.001]
    bus.assert_finished()


async def test_wait_until_ready_looks_until_a_bit_of_the_mask_is_set() -> None:
    port, bus, clock = _port("0x62 W e4 b8\n0x62 R 80 00 a2\n0x62 W e4 b8\n0x62 R 80 06 04\n")
    await port.wait_until_ready(_READY, mask=0x07FF, every_s=0.5, looks=3)
    assert clock.slept_s == [0.001, 0.5, 0.001]
    bus.assert_finished()


async def test_wait_until_ready_in_vain_says_how_long_it_waited() -> None:
    port, bus, _ = _port("0x62 W e4 b8\n0x62 R 80 00 a2\n" * 3)
    with pytest.raises(NotReady, match="no new sample for 2 s"):
        await port.wait_until_ready(_READY, mask=0x07FF, every_s=1, looks=3)
    bus.assert_finished()
