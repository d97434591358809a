"""A serial port as pyserial opens, sets, writes to, flushes and closes it.

In: a path, a format, bytes to send. Out: a descriptor that does not block, `BusError`. Never: the event loop.
Everything here may block and runs in the worker's thread, but `SerialPort.release`.
"""

import fcntl
import termios
from contextlib import suppress

import serial

from drivers.bus.framing import LineFormat, Parity
from drivers.bus.nodes import Node, opening_error
from drivers.bus.places import SERIAL, node_at
from drivers.errors import BusFault, BusGone, BusTimeout

WRITE_S = 5.0
"""Seconds after which a line that takes nothing is given up."""
_PTY_FORMAT = LineFormat(9600)
"""For pseudo-terminals, which have neither speed nor parity: to set parity or an odd speed there is EINVAL."""
_PARITIES = {
    Parity.NONE: serial.PARITY_NONE,
    Parity.EVEN: serial.PARITY_EVEN,
    Parity.ODD: serial.PARITY_ODD,
}


class SerialPort:
    """The port as pyserial has it.

    Args:
        path: of the node, or its place: see `drivers.bus.places`.
        form: how bytes are put on the line; ignored by a pseudo-terminal.

    Attributes:
        simulated: whether no hardware is behind it, known once it is open.
    """

    def __init__(self, path: str, form: LineFormat) -> None:
        self.path = path
        self.simulated = False
        self._at = path
        self._format = form
        self._serial: serial.Serial | None = None

    def open(self) -> int:
        """Open and set the port and return its descriptor; what had arrived before is forgotten."""
        self._at = node_at(self.path, SERIAL)
        node = Node.at(self._at)
        self.simulated = node is not None and node.simulated
        self._serial = self._configured(_PTY_FORMAT if self.simulated else self._format)
        return self._serial.fileno()

    def close(self) -> None:
        """Close the port; harmless when it is closed."""
        port, self._serial = self._serial, None
        if port is not None:
            with suppress(OSError, termios.error):  # the descriptor is gone in any case
                port.close()

    def release(self) -> None:
        """Give back the lock that keeps others from the port; the one method for another thread: it cannot block."""
        port = self._serial
        if port is not None and port.is_open:
            with suppress(OSError, serial.SerialException):  # its thread has come back and closed it meanwhile
                fcntl.flock(port.fileno(), fcntl.LOCK_UN)

    def write(self, data: bytes) -> None:
        """Send `data`."""
        port = self._opened()
        try:
            port.write(data)
        except serial.SerialTimeoutException as error:
            problem = f"the line did not take what was sent within {WRITE_S:g} s"
            raise BusTimeout(problem, bus=self.path) from error
        except (OSError, termios.error) as error:
            raise BusGone("the port was unplugged", bus=self.path) from error

    def discard(self) -> None:
        """Forget what has arrived."""
        try:
            self._opened().reset_input_buffer()
        except (OSError, termios.error) as error:  # pyserial lets termios.error through, which is no OSError
            raise BusGone("the port was unplugged", bus=self.path) from error

    def _configured(self, form: LineFormat) -> serial.Serial:
        """Return the opened port; every setting is given here, as setting one later applies all of them anew."""
        try:
            return serial.Serial(
                self._at,
                form.baudrate,
                parity=_PARITIES[form.parity],
                stopbits=form.stop_bits,
                exclusive=True,
                write_timeout=WRITE_S,
            )
        except ValueError as error:
            raise BusFault(f"the port cannot do {form.words()}", bus=self.path) from error
        except termios.error as error:
            raise opening_error(
                OSError(*error.args), path=self.path, kind="a serial port", group="dialout"
            ) from error
        except OSError as error:
            raise opening_error(error, path=self.path, kind="a serial port", group="dialout") from error

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            raise BusGone("the port is not open", bus=self.path)
        return self._serial
