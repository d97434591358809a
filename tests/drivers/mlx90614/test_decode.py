"""The MLX90614's replies, against Melexis' example and the ends of its scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ChecksumMismatch, ChipError, InvalidData
from drivers.mlx90614 import commands, decode
from drivers.sim.mlx90614 import Mlx90614Chip

_EXAMPLE = bytes([0xD2, 0x3A, 0x30])


def test_word_of_the_data_sheets_example_is_28_01_degrees() -> None:
    """Read word, slave address 0x5A, RAM 0x07: result 0x3AD2, packet error code 0x30."""
    raw = decode.word(commands.OBJECT, _EXAMPLE, address=0x5A)
    assert raw == 0x3AD2
    assert decode.centi_c(raw) == 2801


@pytest.mark.parametrize("bit", range(24))
def test_word_with_any_bit_disturbed_is_refused(bit: int) -> None:
    damaged = (int.from_bytes(_EXAMPLE, "big") ^ 1 << bit).to_bytes(3, "big")
    with pytest.raises(ChecksumMismatch, match="the object temperature"):
        decode.word(commands.OBJECT, damaged, address=0x5A)


def test_word_of_another_command_or_another_sensor_is_refused() -> None:
    with pytest.raises(ChecksumMismatch):
        decode.word(commands.AMBIENT, _EXAMPLE, address=0x5A)
    with pytest.raises(ChecksumMismatch):
        decode.word(commands.OBJECT, _EXAMPLE, address=0x5B)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_word_of_a_dead_line_is_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.word(commands.OBJECT, bytes([value]) * 3, address=0x5A)


@pytest.mark.parametrize(
    ("raw", "centi_c"),
    [
        (0x27AD, -7001),
        (0x7FFF, 38_219),
        (0x3AF7, 2875),
        (0x27AC, None),
        (0x0000, None),
        (0x8000 | 0x3AD2, None),
        (0xFFFF, None),
    ],
    ids=["coldest", "hottest", "example", "below the scale", "zero", "error flag", "all ones"],
)
def test_temperature_of_a_word_is_exact_or_not_available(raw: int, centi_c: int | None) -> None:
    assert decode.centi_c(raw) == centi_c


@given(reply=st.binary(min_size=3, max_size=3), address=st.sampled_from(commands.ADDRESSES))
def test_decode_of_any_reply_refuses_it_or_gives_a_temperature_on_the_scale(reply: bytes, address: int) -> None:
    """Whatever the sensor answers, decoding raises a ChipError or returns a temperature on its scale, or None."""
    try:
        found = decode.centi_c(decode.word(commands.OBJECT, reply, address=address))
    except ChipError:
        return
    assert found is None or -7001 <= found <= 38_219


@given(celsius=st.floats(-70, 380), address=st.sampled_from(commands.ADDRESSES))
def test_reply_of_the_simulated_sensor_passes_for_its_own_address_only(celsius: float, address: int) -> None:
    chip = Mlx90614Chip(address=address)
    shown = chip.set(object_c=celsius)
    chip.write(b"\x07")
    reply = chip.read(3)
    assert decode.centi_c(decode.word(commands.OBJECT, reply, address=address)) == shown["object_temperature"]
    with pytest.raises(ChecksumMismatch):
        decode.word(commands.OBJECT, reply, address=address ^ 0x08)
