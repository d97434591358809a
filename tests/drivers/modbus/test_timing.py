"""Seconds on a Modbus line, by hand."""

import pytest

from drivers.bus.framing import LineFormat, Parity
from drivers.modbus.frames import Function, read
from drivers.modbus.timing import bytes_s, gap_s, limit_s

EIGHT_N_ONE = LineFormat(1000, Parity.NONE, 1)
"""A byte takes 10 ms."""
TWO_REGISTERS = read(Function.READ_INPUT, 7, address=0, count=2)
"""8 bytes, and 9 of the answer: slave, function, count, 4 of registers, CRC."""


@pytest.mark.parametrize(
    ("baudrate", "seconds"),
    [(1000, 0.035), (19200, 3.5 * 10 / 19200), (38400, 0.00175)],
    ids=["slow", "edge", "fast"],
)
def test_gap_is_three_and_a_half_characters_until_the_line_is_fast(baudrate: int, seconds: float) -> None:
    assert gap_s(LineFormat(baudrate), turnaround_s=0.0) == pytest.approx(seconds)


def test_turnaround_is_added_to_the_gap() -> None:
    assert gap_s(EIGHT_N_ONE, turnaround_s=0.02) == pytest.approx(0.055)


def test_bytes_of_an_exchange_are_those_of_request_and_answer() -> None:
    assert bytes_s(TWO_REGISTERS, EIGHT_N_ONE) == pytest.approx(0.17)


def test_limit_is_response_and_bytes_and_what_an_adapter_adds() -> None:
    assert limit_s(TWO_REGISTERS, EIGHT_N_ONE, response_s=1.0) == pytest.approx(1.22)
