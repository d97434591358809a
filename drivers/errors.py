"""Everything that can go wrong between a wire and a reading.

    DriverError
    |-- BusError             the wire
    |   |-- BusGone          the adapter or port itself is not there (unplugged, no such node)
    |   |-- BusDenied        the node may not be opened (permissions, another process has it)
    |   |-- NoAcknowledge    nobody answered at that address
    |   |-- BusTimeout       an answer did not come in time
    |   `-- BusFault         arbitration lost, line stuck, short transfer, input/output error
    `-- ChipError            the chip at the other end
        |-- WrongChip        another chip answers at that address
        |-- ChecksumMismatch a checksum did not hold
        |-- InvalidData      a frame or register content that the datasheet rules out (all 0x00, all 0xFF, ...)
        `-- NotReady         the chip has no new sample yet

Every one of them may be retried by opening the sensor again. Evidence is kept in attributes; raw bytes never are:
they are unfiltered measurements.
"""


class DriverError(Exception):
    """Base of everything raised by this package."""


class BusError(DriverError):
    """The wire failed.

    Attributes:
        problem: what happened, without where.
        bus: path of the adapter or port.
        address: 7-bit I2C address, None on serial lines.
    """

    def __init__(self, problem: str, *, bus: str, address: int | None = None) -> None:
        where = bus if address is None else f"{bus} address 0x{address:02x}"
        super().__init__(f"{where}: {problem}")
        self.problem = problem
        self.bus = bus
        self.address = address


class BusGone(BusError):
    """The adapter or the port is not there."""


class BusDenied(BusError):
    """The adapter or the port may not be opened."""


class NoAcknowledge(BusError):
    """Nobody answered at that address."""


class BusTimeout(BusError):
    """An answer did not come in time."""


class BusFault(BusError):
    """The transfer broke off."""


class ChipError(DriverError):
    """The chip answered, but not as its datasheet says.

    Attributes:
        chip: the model's name.
    """

    def __init__(self, chip: str, problem: str) -> None:
        super().__init__(f"{chip}: {problem}")
        self.chip = chip


class WrongChip(ChipError):
    """Another chip answers at this address.

    Attributes:
        expected: identification values of the model.
        found: the value that was read.
    """

    def __init__(self, chip: str, *, expected: tuple[int, ...], found: int, hint: str = "") -> None:
        wanted = " or ".join(f"0x{value:02x}" for value in expected)
        problem = f"another chip answers: expected id {wanted}, found 0x{found:02x}"
        super().__init__(chip, f"{problem} ({hint})" if hint else problem)
        self.expected = expected
        self.found = found


class ChecksumMismatch(ChipError):
    """A checksum did not hold.

    Attributes:
        field: which word or frame.
    """

    def __init__(self, chip: str, field: str) -> None:
        super().__init__(chip, f"checksum of {field} does not hold: check wiring and cable, they pick up noise")
        self.field = field


class InvalidData(ChipError):
    """Content that the datasheet rules out."""


class NotReady(ChipError):
    """No new sample yet."""
