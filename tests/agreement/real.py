"""Real chips in place of simulated ones: how other people's drivers reach them, and how far two readings may differ.

In: a sensor of a BUSFILE. Out: a bus that leads to this sensor and to no other, the bytes that it sends, tolerances.
Never: a transfer to another address, so that no test disturbs a chip that it was not given.
"""

import time
from typing import Any, Final

import serial
import smbus2

from drivers.bus.mux import Hop
from tests.hil.busfile import Listed

TOLERANCES: Final = {
    "Cel": (0.5, 0.0),
    "%RH": (3.0, 0.0),
    "Pa": (30.0, 0.0),
    "ppm": (50.0, 0.05),
    "ug/m3": (5.0, 0.25),
    "count": (20.0, 0.3),
    "lx": (5.0, 0.2),
    "V": (0.01, 0.02),
    "A": (0.02, 0.1),
    "W": (0.1, 0.1),
    "m/s2": (0.5, 0.03),
    "cm": (5.0, 0.05),
    "s": (2.0, 0.0),
}
"""By unit of the channel, what noise and drift between two readings some seconds apart may make: so much, and such a
part of the value. What has another unit is not compared: it has no scale (indices, signal strengths), or follows from
how each driver heats its chip (resistance of a gas sensor)."""
_LISTEN_S: Final = 10.0
_SELECT_NONE: Final = 0


def alike(unit: str, one: float, other: float) -> bool:
    """Return whether noise and drift explain how two readings differ."""
    least, part = TOLERANCES[unit]
    return abs(one - other) <= least + part * abs(other)


def difference(unit: str) -> str:
    """Return in words that they do not, without a value."""
    least, part = TOLERANCES[unit]
    share = f" and {part:.0%}" if part else ""
    return f"the other driver and ours differ by more than {least:g} {unit}{share}: try again in still air"


class RealSmbus(smbus2.SMBus):
    """An adapter on which a driver reaches one chip only, and by the address that it believes the chip has."""

    def __init__(self, listed: Listed, believed: int) -> None:
        super().__init__(listed.node)
        self._believed = believed
        self._address = listed.plan.address

    def i2c_rdwr(self, *messages: Any) -> Any:
        for message in messages:
            message.addr = self._real(message.addr)
        return super().i2c_rdwr(*messages)

    def _set_address(self, address: int, force: bool | None = None) -> None:  # noqa: FBT001 - smbus2's signature
        super()._set_address(self._real(address), force)  # type: ignore[misc]  # the stubs leave it out

    def _real(self, address: int) -> Any:
        if address not in {self._believed, self._address}:
            raise AssertionError(f"a transfer to 0x{address:02x}, where the chip is not")
        return self._address


def select(listed: Listed) -> None:
    """Open the way to a sensor that is behind multiplexers."""
    _write(listed, [(hop, hop.selection) for hop in listed.hops])


def deselect(listed: Listed) -> None:
    """Close the way again, from its far end."""
    _write(listed, [(hop, _SELECT_NONE) for hop in reversed(listed.hops)])


def _write(listed: Listed, selections: list[tuple[Hop, int]]) -> None:
    if selections:
        with smbus2.SMBus(listed.node) as bus:
            for hop, selection in selections:
                bus.write_byte(hop.address, selection)


class RealLine:
    """A serial line with a real sensor; the port is open only while something is wanted of it."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed

    def heard(self, like: bytes) -> bytes:
        """Return the next frame that begins as `like` does and is as long."""
        with self._port() as port:
            data, until = b"", time.monotonic() + _LISTEN_S
            while time.monotonic() < until:
                data += port.read(port.in_waiting or 1)
                at = data.find(like[:2])
                if at >= 0 and len(data) - at >= len(like):
                    return data[at : at + len(like)]
        raise AssertionError(f"no frame within {_LISTEN_S:g} s: check power, wiring and model")

    def answered(self, command: bytes, like: bytes) -> bytes:
        """Return what the sensor answers to a command, as many bytes as `like` has."""
        with self._port() as port:
            port.write(command)
            return bytes(port.read(len(like)))

    def _port(self) -> serial.Serial:
        plan = self._listed.buses[self._listed.plan.bus]
        port = serial.Serial(plan.path, plan.baudrate or 9600, timeout=2, exclusive=True)
        port.reset_input_buffer()
        return port
