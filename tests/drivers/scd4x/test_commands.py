"""The SCD4x's commands as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scd4x import commands
from drivers.sim.scd4x import checksum


@pytest.mark.parametrize(
    ("command", "argument", "sent"),
    [
        (commands.STOP_PERIODIC_MEASUREMENT, None, "3f86"),
        (commands.GET_SERIAL_NUMBER, None, "3682"),
        (commands.START_PERIODIC_MEASUREMENT, None, "21b1"),
        (commands.GET_DATA_READY_STATUS, None, "e4b8"),
        (commands.READ_MEASUREMENT, None, "ec05"),
        (commands.SET_SENSOR_ALTITUDE, 1050, "2427041a9a"),
        (commands.SET_AMBIENT_PRESSURE, 1013, "e00003f5db"),
        (commands.SET_AUTOMATIC_SELF_CALIBRATION, 1, "24160001b0"),
    ],
    ids=lambda value: value.name if isinstance(value, commands.Command) else None,
)
def test_request_of_a_command_is_its_code_and_the_argument_with_checksum(
    command: commands.Command, argument: int | None, sent: str
) -> None:
    assert commands.request(command, argument).hex() == sent


@given(st.integers(0, 0xFFFF))
def test_request_with_any_argument_carries_the_checksum_of_the_data_sheet(argument: int) -> None:
    sent = commands.request(commands.SET_SENSOR_ALTITUDE, argument)
    assert sent[2:4] == argument.to_bytes(2, "big")
    assert sent[4] == checksum(sent[2], sent[3])


def test_stop_takes_half_a_second() -> None:
    assert commands.STOP_PERIODIC_MEASUREMENT.delay_s == 0.5
