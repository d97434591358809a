"""Checksums against values that others published, and their error detection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.crc import crc4_prom, crc8_sensirion, crc8_smbus, crc16_modbus, sum8, sum16, xor8


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


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\x02\x07", 0x1241, id="serial-line-example"),
        pytest.param(b"123456789", 0x4B37, id="reveng-modbus-check"),
        pytest.param(bytes.fromhex("11 03 00 6b 00 03"), 0x8776, id="published-request"),
        pytest.param(b"", 0xFFFF, id="nothing"),
    ],
)
def test_crc16_modbus_published_values_match(data: bytes, expected: int) -> None:
    assert crc16_modbus(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"123456789", 0xF4, id="reveng-smbus-check"),
        pytest.param(b"\xb4\x07\xb5\xd2\x3a", 0x30, id="melexis-read-word-example"),
        pytest.param(b"\xb4\x22\x07\xc8", 0x48, id="melexis-write-word-example"),
        pytest.param(b"", 0x00, id="nothing"),
    ],
)
def test_crc8_smbus_known_input_gives_known_value(data: bytes, expected: int) -> None:
    assert crc8_smbus(data) == expected


@given(data=st.binary(min_size=5, max_size=5), bit=st.integers(0, 47))
def test_crc8_smbus_any_single_bit_error_is_seen(data: bytes, bit: int) -> None:
    """One flipped bit anywhere in transaction and code never passes."""
    frame = int.from_bytes(data + bytes([crc8_smbus(data)]), "big") ^ (1 << bit)
    damaged = frame.to_bytes(6, "big")
    assert crc8_smbus(damaged[:5]) != damaged[5]


@given(words=st.lists(st.integers(0, 0xFFFF), min_size=7, max_size=7), bit=st.integers(0, 111))
def test_crc4_prom_any_single_bit_error_is_seen(words: list[int], bit: int) -> None:
    """One flipped bit anywhere in the seven words, sum included, never passes."""
    words[0] = words[0] & 0x0FFF | crc4_prom(words) << 12
    words[bit // 16] ^= 1 << bit % 16
    assert crc4_prom(words) != words[0] >> 12


def test_crc4_prom_does_not_count_the_sum_itself_nor_what_follows_the_seven_words() -> None:
    words = [0x0340, 34982, 36352, 20328, 22354, 26646, 26146]
    assert crc4_prom([words[0] | 0xF000, *words[1:], 0xABCD]) == crc4_prom(words) == 9
