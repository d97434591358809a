"""The SCD4x's commands as bytes."""

import pytest

from drivers.scd4x import commands
from drivers.sensirion import Command, request


@pytest.mark.parametrize(
    ("command", "arguments", "sent"),
    [
        (commands.STOP_PERIODIC_MEASUREMENT, (), "3f86"),
        (commands.GET_SERIAL_NUMBER, (), "3682"),
        (commands.START_PERIODIC_MEASUREMENT, (), "21b1"),
        (commands.GET_DATA_READY_STATUS, (), "e4b8"),
        (commands.READ_MEASUREMENT, (), "ec05"),
        (commands.SET_SENSOR_ALTITUDE, (1050,), "2427041a9a"),
        (commands.SET_AMBIENT_PRESSURE, (1013,), "e00003f5db"),
        (commands.SET_AUTOMATIC_SELF_CALIBRATION, (1,), "24160001b0"),
    ],
    ids=lambda value: value.name if isinstance(value, Command) else None,
)
def test_request_of_a_command_is_its_code_and_the_argument_with_checksum(
    command: Command, arguments: tuple[int, ...], sent: str
) -> None:
    assert request(command, *arguments).hex() == sent


def test_stop_takes_half_a_second() -> None:
    assert commands.STOP_PERIODIC_MEASUREMENT.delay_s == 0.5
