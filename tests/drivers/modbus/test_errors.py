"""What a technician is told of a slave that refuses."""

import pytest

from drivers.modbus.errors import SlaveRefused
from drivers.modbus.frames import EXCEPTIONS, REMEDIES


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "illegal function (exception 1); is it in the right table?"),
        (2, "illegal data address (exception 2); see the device's manual: on the wire registers are counted from 0"),
        (6, "server device busy (exception 6)"),
    ],
)
def test_slave_that_refuses_is_told_with_what_was_asked_and_what_to_do(code: int, told: str) -> None:
    error = SlaveRefused("read holding register 40001", slave=7, code=code, name=EXCEPTIONS[code])
    assert str(error).startswith(f"slave 7: it refuses to read holding register 40001: {told}")
    assert (error.slave, error.code) == (7, code)


def test_remedies_are_for_codes_that_there_are() -> None:
    assert set(REMEDIES) <= set(EXCEPTIONS)
