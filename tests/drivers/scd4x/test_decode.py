"""The SCD4x's replies as quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ChecksumMismatch, ChipError, InvalidData
from drivers.scd4x import commands, decode
from drivers.scd4x.decode import Values
from drivers.sim.scd4x import Ticks, checksum, presented_by

_SAMPLE = bytes.fromhex("01f433 6667a2 5eb93c")
_WORD = st.integers(0, 0xFFFF)


def _reply(*words: int) -> bytes:
    return b"".join(bytes([w >> 8, w & 0xFF, checksum(w >> 8, w & 0xFF)]) for w in words)


def test_values_of_the_example_are_500_ppm_25_degrees_37_percent() -> None:
    ticks = decode.words(commands.READ_MEASUREMENT, _SAMPLE)
    assert ticks == (0x01F4, 0x6667, 0x5EB9)
    assert decode.values(ticks) == Values(co2_ppm=500, temperature_centi_c=2500, humidity_centi_pct=3700)


def test_values_at_the_ends_of_the_scale_are_exact() -> None:
    assert decode.values((1, 0, 0)) == Values(co2_ppm=1, temperature_centi_c=-4500, humidity_centi_pct=0)
    full = Values(co2_ppm=0xFFFF, temperature_centi_c=13000, humidity_centi_pct=10000)
    assert decode.values((0xFFFF, 0xFFFF, 0xFFFF)) == full


def test_values_with_zero_co2_are_not_available() -> None:
    assert decode.values((0, 0x6667, 0x5EB9)).co2_ppm is None


@given(_WORD, _WORD, _WORD)
def test_values_of_any_words_agree_with_the_simulator_and_with_floats(
    co2: int, temperature: int, humidity: int
) -> None:
    """For every word the driver's and the simulator's conversions agree, and are half a unit from the float one."""
    values = decode.values((co2, temperature, humidity))
    assert presented_by(Ticks(co2=co2, temperature=temperature, humidity=humidity)) == {
        "co2": values.co2_ppm,
        "temperature": values.temperature_centi_c,
        "humidity": values.humidity_centi_pct,
    }
    assert abs(values.temperature_centi_c - 100 * (-45 + 175 * temperature / 65535)) <= 0.5 + 1e-9
    assert abs(values.humidity_centi_pct - 100 * (100 * humidity / 65535)) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("status", "ready"),
    [(0x0000, False), (0x8000, False), (0xF800, False), (0x0001, True), (0x0400, True), (0x8006, True)],
)
def test_data_ready_counts_only_the_eleven_low_bits(status: int, ready: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    assert decode.data_ready(status) is ready


@given(st.lists(_WORD, min_size=3, max_size=3))
def test_words_of_any_good_reply_come_back(words: list[int]) -> None:
    assert decode.words(commands.READ_MEASUREMENT, _reply(*words)) == tuple(words)


@given(bit=st.integers(0, 9 * 8 - 1))
def test_words_with_any_one_bit_flipped_are_refused_and_the_word_is_named(bit: int) -> None:
    """No single flipped bit of a reply goes unnoticed."""
    data = bytearray(_SAMPLE)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChecksumMismatch, match=f"word {bit // 24} of read_measurement") as caught:
        decode.words(commands.READ_MEASUREMENT, bytes(data))
    assert caught.value.field == f"word {bit // 24} of read_measurement"


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("command", [commands.READ_MEASUREMENT, commands.GET_DATA_READY_STATUS], ids=lambda c: c.name)
def test_words_of_a_dead_line_are_refused(command: commands.Command, value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.words(command, bytes([value]) * commands.reply_length(command))


def test_words_of_a_command_without_reply_are_none() -> None:
    assert decode.words(commands.START_PERIODIC_MEASUREMENT, b"") == ()


@given(st.binary(max_size=12))
def test_words_of_any_bytes_are_refused_or_hold_their_checksums(data: bytes) -> None:
    """Whatever arrives, decoding raises a `ChipError` or returns three words whose checksums hold."""
    try:
        words = decode.words(commands.READ_MEASUREMENT, data)
    except ChipError:
        return
    assert _reply(*words) == data
