"""Checksums against values that others published, and their error detection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.crc import crc8_sensirion, sum8, sum16, xor8


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\xbe\xef", 0x92, id="sensirion-example"),
        pytest.param(b"123456789", 0xF7, id="reveng-nrsc-5-check"),
        pytest.param(b"\x00\x00", 0x81, id="zero-word"),
        pytest.param(b"", 0xFF, id="nothing"),
    ],
)
def test_crc8_sensirion_known_input_gives_known_value(data: bytes, expected: int) -> None:
    assert crc8_sensirion(data) == expected


@given(word=st.binary(min_size=2, max_size=2), bit=st.integers(0, 23))
def test_crc8_sensirion_any_single_bit_error_is_seen(word: bytes, bit: int) -> None:
    """One flipped bit anywhere in word and checksum never passes."""
    frame = int.from_bytes(word + bytes([crc8_sensirion(word)]), "big") ^ (1 << bit)
    damaged = frame.to_bytes(3, "big")
    assert crc8_sensirion(damaged[:2]) != damaged[2]


@given(st.binary(max_size=40))
def test_crc8_sensirion_table_equals_bitwise_definition(data: bytes) -> None:
    """The table gives what shifting bit by bit gives."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    assert crc8_sensirion(data) == crc


def test_sums_overflow_keeps_the_low_bits() -> None:
    assert sum8(b"\xff\x02") == 0x01
    assert sum16(b"\xff" * 258) == (255 * 258) & 0xFFFF
    assert sum16(b"\xff\x02") == 0x101


def test_xor8_nmea_sentence_gives_its_printed_checksum() -> None:
    assert xor8(b"GPGLL,4916.45,N,12311.12,W,225444,A,") == 0x1D


def test_xor8_of_nothing_is_zero() -> None:
    assert xor8(b"") == 0
