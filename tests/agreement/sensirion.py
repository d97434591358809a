"""Sensirion's own Python drivers on the simulated adapter: what their `LinuxI2cTransceiver` does, through smbus2.

Theirs writes to the device node with write(2) and read(2), which the simulated boundary does not see; this one makes
the same transactions of it: one write, the command's delay, one read.
"""

import importlib
import time
from typing import Any

import smbus2


class Transceiver:
    """What sensirion_i2c_driver calls a transceiver of API version 1 with a single channel."""

    API_VERSION = 1
    channel_count = None

    def __init__(self, bus: Any) -> None:
        self._bus = bus

    def transceive(
        self, slave_address: int, tx_data: bytes | None, rx_length: int | None, read_delay: float, timeout: float
    ) -> tuple[int, Any, bytes]:
        """Return status, error and what was read; a failure of the bus is left to be raised as it is."""
        del timeout
        if tx_data is not None:
            self._bus.i2c_rdwr(smbus2.i2c_msg.write(slave_address, tx_data))
        time.sleep(read_delay)
        if not rx_length:
            return 0, None, b""
        answer = smbus2.i2c_msg.read(slave_address, rx_length)
        self._bus.i2c_rdwr(answer)
        return 0, None, bytes(answer)


def connection(bus: Any) -> Any:
    """Return a connection, which the drivers of Sensirion that are written by hand take."""
    return importlib.import_module("sensirion_i2c_driver").I2cConnection(Transceiver(bus))


def channel(bus: Any, address: int) -> Any:
    """Return a channel to one chip, which the drivers that Sensirion generates take."""
    crc = importlib.import_module("sensirion_i2c_driver").CrcCalculator(8, 0x31, 0xFF, 0x00)
    adapters = importlib.import_module("sensirion_driver_adapters.i2c_adapter.i2c_channel")
    return adapters.I2cChannel(connection(bus), slave_address=address, crc=crc)
