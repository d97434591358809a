import binascii
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.crc import crc8_sensirion, crc16_modbus
from drivers.declared.checks import CRCS, NAMES, SUMS, Check, Crc, negated8

# The check values of the catalogue of parametrised CRC algorithms, for b"123456789".
LISTED = {
    "crc8": 0xF4,
    "crc8-sensirion": 0xF7,
    "crc8-maxim": 0xA1,
    "crc16-modbus": 0x4B37,
    "crc16-ccitt": 0x29B1,
    "crc16-xmodem": 0x31C3,
    "crc16-kermit": 0x2189,
}


@pytest.mark.parametrize("name", sorted(CRCS))
def test_crc_gives_the_listed_check_value(name: str) -> None:
    assert CRCS[name].of(b"123456789") == LISTED[name]


@given(st.binary(max_size=40))
def test_crcs_agree_with_the_standard_library_and_with_the_drivers(data: bytes) -> None:
    assert CRCS["crc16-xmodem"].of(data) == binascii.crc_hqx(data, 0)
    assert CRCS["crc16-ccitt"].of(data) == binascii.crc_hqx(data, 0xFFFF)
    assert CRCS["crc16-modbus"].of(data) == crc16_modbus(data)
    assert CRCS["crc8-sensirion"].of(data) == crc8_sensirion(data)


@given(st.binary(max_size=20), st.integers(0, 0xFFFF))
def test_final_is_combined_with_the_result(data: bytes, final: int) -> None:
    plain = CRCS["crc16-modbus"]
    assert replace(plain, final=final).of(data) == plain.of(data) ^ final


@given(st.binary(max_size=40))
def test_negated_sum_makes_the_sum_a_multiple_of_256(data: bytes) -> None:
    assert sum([*data, negated8(data)]) % 256 == 0


@given(st.sampled_from(NAMES), st.binary(min_size=1, max_size=20), st.data())
def test_every_check_fits_its_length_and_sees_a_changed_bit(name: str, data: bytes, draw: st.DataObject) -> None:
    check = Check(name=name, crc=CRCS.get(name))
    assert check.of(data) >> (8 * check.length) == 0
    place, bit = draw.draw(st.integers(0, len(data) - 1)), draw.draw(st.integers(0, 7))
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    assert check.of(bytes(changed)) != check.of(data)


def test_lengths_are_those_of_their_names() -> None:
    assert {name: Check(name=name, crc=CRCS.get(name)).length for name in (*SUMS, "crc8", "crc16-modbus")} == {
        "sum8": 1,
        "sum16": 2,
        "xor8": 1,
        "negated8": 1,
        "crc8": 1,
        "crc16-modbus": 2,
    }


def test_crc_with_parameters_of_its_own_is_another_one() -> None:
    assert Crc(bits=8, polynomial=0x31).of(b"\xbe\xef") != CRCS["crc8-sensirion"].of(b"\xbe\xef") == 0x92
