import pytest
from lamppost_driver_si7021 import decode

from drivers.errors import ChecksumMismatch, InvalidData


@pytest.mark.parametrize(("data", "crc"), [("683a", 0x7C), ("4e85", 0x6B)])
def test_crc8_of_worked_examples_of_the_htu21d_which_has_the_same_sum(data: str, crc: int) -> None:
    assert decode.crc8(bytes.fromhex(data)) == crc


@pytest.mark.parametrize(
    ("code", "centi_c"), [(0, -4685), (0xFFFC, 12886), (17473, 0), (0x6390, 2149), (26797, 2500)]
)
def test_temperature_follows_the_formula(code: int, centi_c: int) -> None:
    assert decode.temperature_centi_c(code) == pytest.approx(centi_c, abs=1)
    assert decode.temperature_centi_c(code) == round(17572 * code / 65536 - 4685)


@pytest.mark.parametrize(("code", "centi_pct"), [(0, 0), (3145, 0), (3151, 1), (29360, 5000), (0xFFFC, 10000)])
def test_humidity_follows_the_formula_and_stays_between_0_and_100(code: int, centi_pct: int) -> None:
    assert decode.humidity_centi_pct(code) == centi_pct


def test_word_with_a_broken_checksum_is_refused() -> None:
    with pytest.raises(ChecksumMismatch, match="checksum of humidity"):
        decode.word(bytes.fromhex("683a7d"), "humidity")


@pytest.mark.parametrize("data", [bytes(3), b"\xff" * 3])
def test_word_of_a_dead_line_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidData):
        decode.word(data, "humidity")
