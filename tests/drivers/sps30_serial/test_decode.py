"""The SPS30's serial replies as quantities, against a capture of a real sensor."""

from fractions import Fraction

import pytest

from drivers import sps30_output
from drivers.errors import InvalidData
from drivers.shdlc import ReplyParser
from drivers.sim.captures import read_hexdump
from drivers.sps30_serial import MODEL, decode
from tests.support.serial_sensors import CAPTURES, capture_rows

_COLUMNS = ("pm01", "pm25", "pm04", "pm10", "n0_5", "n1_0", "n2_5", "n4_0", "n10_0", "diam")


def test_values_of_the_capture_are_the_csv_to_its_last_digit() -> None:
    replies = ReplyParser().feed(b"".join(read_hexdump(CAPTURES / "sps30.hexdump")))
    rows = capture_rows("sps30.csv")
    assert len(replies) == len(rows) == 10
    for reply, row in zip(replies, rows, strict=True):
        values = sps30_output.values(decode.bits(reply.data))
        assert list(values) == [channel.name for channel in MODEL.channels]
        for (name, value), column in zip(values.items(), _COLUMNS, strict=True):
            channel = MODEL.channel(name)
            assert channel is not None
            assert value is not None
            shown = Fraction(row[column].strip())
            last_digit = Fraction(1, 10 ** len(row[column].strip().partition(".")[2]))
            scale = Fraction(1, 1000) if name == "typical_size" else Fraction(10) ** channel.exponent
            assert abs(value * scale - shown) <= last_digit / 2 + scale / 2, (name, row)


@pytest.mark.parametrize("length", [0, 20, 39, 41])
def test_bits_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(InvalidData, match="another length"):
        decode.bits(bytes(length))


@pytest.mark.parametrize(
    ("data", "expected"), [(b"00080000\0", "00080000"), (b"", ""), (b"\xff8\0x", "?8"), (b"12", "12")]
)
def test_text_ends_at_its_zero(data: bytes, expected: str) -> None:
    assert decode.text(data) == expected
