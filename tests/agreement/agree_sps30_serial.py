"""Sensirion's own driver, sensirion-uart-sps30, reads the simulated SPS30 over a real pseudo-terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.sim.line import SimulatedLine
from drivers.sim.sps30 import FIELDS
from drivers.sim.sps30_serial import SimulatedSps30Serial

pytestmark = pytest.mark.simulated("its line is a pseudo-terminal of its own")

_AIR = {
    "pm1_0": 5.25,
    "pm2_5": 9.5,
    "pm4_0": 12.625,
    "pm10": 13.3,
    "n0_5": 26.31,
    "n1_0": 37.0,
    "n2_5": 41.52,
    "n4_0": 42.41,
    "n10": 2999.5,
    "typical_size": 0.83,
}


def test_sensirions_driver_reads_what_the_simulated_sensor_shows(
    tmp_path: Path, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    now_ns = 10**12
    simulated = SimulatedSps30Serial(mono_ns=lambda: now_ns)
    simulated.set(**_AIR)
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with (
        SimulatedLine(tmp_path / "sps", on_receive=answer) as line,
        foreign("sensirion_shdlc_driver").ShdlcSerialPort(port=str(line.link), baudrate=115_200) as port,
    ):
        channel = foreign("sensirion_driver_adapters.shdlc_adapter.shdlc_channel").ShdlcChannel(port)
        sensor = foreign("sensirion_uart_sps30").Sps30Device(channel)
        assert sensor.read_product_type() == "00080000"
        assert sensor.read_version()[:2] == (2, 2)
        assert sensor.read_auto_cleaning_interval() == 604_800
        assert sensor.read_device_status_register(False)[0] == 0  # noqa: FBT003 - their signature
        sensor.start_measurement(foreign("sensirion_uart_sps30.commands").OutputFormat.OUTPUT_FORMAT_FLOAT)
        now_ns += 10**9
        values = sensor.read_measurement_values_float()
        sensor.stop_measurement()
    assert not simulated.measuring
    agree(
        "sps30_serial",
        "sensirion-uart-sps30",
        shown=_AIR,
        read=dict(zip(FIELDS, values, strict=True)),
        within=dict.fromkeys(FIELDS, 0.001),
    )
