"""Modbus RTU frames: requests of a master and answers of slaves, as bytes and as numbers.

In: slave, function, addresses, values; bytes from a line. Out: bytes for a line, lengths, values. Never: input,
output, a clock.

A frame is slave, function, content and CRC-16, low byte first ("MODBUS over Serial Line", V1.02, section 2.5.1);
numbers in the content are high byte first ("MODBUS Application Protocol", V1.1b3, section 4.2). Addresses here are
those of the protocol, from 0: what manuals call holding register 40001 is address 0.

Where an answer ends follows from its function and its byte count alone, never from silence: an operating system and a
USB adapter deliver bytes with pauses that the line did not have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from drivers.crc import crc16_modbus

FIRST_SLAVE: Final = 1
LAST_SLAVE: Final = 247
"""0 is the broadcast address, 248 to 255 are reserved (section 2.2)."""
MOST_BITS: Final = 2000
MOST_REGISTERS: Final = 125
MOST_WRITTEN: Final = 123
LAST_ADDRESS: Final = 0xFFFF
LONGEST: Final = 256
SHORTEST: Final = 5
"""An exception answer: slave, function, code, CRC."""
EXCEPTION: Final = 0x80
CRC_BYTES: Final = 2
WRITTEN_BYTES: Final = 8
_ON: Final = 0xFF00
_MOST_DATA_BYTES: Final = 250

EXCEPTIONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "illegal function",
        2: "illegal data address",
        3: "illegal data value",
        4: "server device failure",
        5: "acknowledge, the answer takes longer",
        6: "server device busy",
        8: "memory parity error",
        10: "gateway path unavailable",
        11: "gateway target device failed to respond",
    }
)
"""By code (V1.1b3, section 7)."""


REMEDIES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "is it in the right table?",
        2: "see the device's manual: on the wire registers are counted from 0, and some devices refuse gaps",
        3: "does the device give fewer at once?",
        4: "switch its power off and on",
    }
)
"""What to do about those that are mostly a matter of the configuration, by code."""


class Function(IntEnum):
    """What a request asks for. The writing ones are for the configuration of devices and nothing else."""

    READ_COILS = 1
    READ_DISCRETE_INPUTS = 2
    READ_HOLDING = 3
    READ_INPUT = 4
    WRITE_COIL = 5
    WRITE_REGISTER = 6
    WRITE_REGISTERS = 16

    @property
    def reads(self) -> bool:
        """Whether it changes nothing in the slave."""
        return self <= Function.READ_INPUT


_BITS: Final = (Function.READ_COILS, Function.READ_DISCRETE_INPUTS)
_REPEATED: Final = (Function.WRITE_COIL, Function.WRITE_REGISTER)
_WORDS: Final = MappingProxyType(
    {
        Function.READ_COILS: "read coils",
        Function.READ_DISCRETE_INPUTS: "read discrete inputs",
        Function.READ_HOLDING: "read holding registers",
        Function.READ_INPUT: "read input registers",
        Function.WRITE_COIL: "write coil",
        Function.WRITE_REGISTER: "write holding register",
        Function.WRITE_REGISTERS: "write holding registers",
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        slave: 1 to 247.
        function: what is asked for.
        address: of the first bit or register.
        count: how many.
        data: what is written, as it goes over the wire; empty for reads.
    """

    slave: int
    function: Function
    address: int
    count: int = 1
    data: bytes = b""

    @property
    def wire(self) -> bytes:
        """The frame."""
        content = bytes([self.slave, self.function]) + self.address.to_bytes(2, "big")
        if self.function not in _REPEATED:
            content += self.count.to_bytes(2, "big")
        if self.function is Function.WRITE_REGISTERS:
            content += bytes([len(self.data)])
        return sealed(content + self.data)

    @property
    def answer_bytes(self) -> int:
        """Length of the answer's frame, unless it is an exception."""
        return SHORTEST + self.data_bytes if self.function.reads else WRITTEN_BYTES

    @property
    def data_bytes(self) -> int:
        """The byte count that the answer to a read must have."""
        return -(-self.count // 8) if self.function in _BITS else 2 * self.count

    @property
    def repeated(self) -> bool:
        """Whether the answer is the request again, so that an echo of the line looks like an answer."""
        return self.function in _REPEATED

    def words(self) -> str:
        """Return what it asks for, in words."""
        last = "" if self.count == 1 else f" to {self.address + self.count - 1}"
        return f"{_WORDS[self.function]} {self.address}{last}"


def read(function: Function, slave: int, *, address: int, count: int) -> Request:
    """Return a request to read `count` bits or registers.

    Raises:
        ValueError: beyond what one request can do.
    """
    if not function.reads:
        raise ValueError(f"{function.name} does not read")
    return _checked(Request(slave, function, address, count), most=MOST_BITS if function in _BITS else MOST_REGISTERS)


def write_coil(slave: int, *, address: int, on: bool) -> Request:
    """Return a request to switch a coil. Raises `ValueError` as `read` does."""
    return _checked(Request(slave, Function.WRITE_COIL, address, 1, (_ON if on else 0).to_bytes(2, "big")), most=1)


def write_register(slave: int, *, address: int, value: int) -> Request:
    """Return a request to write one register. Raises `ValueError` as `read` does."""
    return _checked(Request(slave, Function.WRITE_REGISTER, address, 1, _packed([value])), most=1)


def write_registers(slave: int, *, address: int, values: Sequence[int]) -> Request:
    """Return a request to write registers. Raises `ValueError` as `read` does."""
    request = Request(slave, Function.WRITE_REGISTERS, address, len(values), _packed(values))
    return _checked(request, most=MOST_WRITTEN)


def sealed(content: bytes) -> bytes:
    """Return `content` with its CRC."""
    return content + crc16_modbus(content).to_bytes(CRC_BYTES, "little")


def valid(frame: bytes) -> bool:
    """Return whether the CRC of a frame holds."""
    return crc16_modbus(frame[:-CRC_BYTES]) == int.from_bytes(frame[-CRC_BYTES:], "little")


def answer_length(head: bytes) -> int | None:
    """Return how long the answer that begins with `head` is, None if no answer begins so.

    With one or two bytes it is the length of the shortest that may follow.
    """
    if not FIRST_SLAVE <= head[0] <= LAST_SLAVE:
        return None
    if len(head) == 1:
        return SHORTEST
    function = head[1]
    if function & EXCEPTION:
        known = function & ~EXCEPTION in _FUNCTIONS and (len(head) == 2 or head[2])  # noqa: PLR2004 - slave and function
        return SHORTEST if known else None
    if function in _WRITING:
        return WRITTEN_BYTES
    if function not in _FUNCTIONS:
        return None
    if len(head) == 2:  # noqa: PLR2004 - slave and function
        return SHORTEST + 1
    return SHORTEST + head[2] if 0 < head[2] <= _MOST_DATA_BYTES else None


def exception_name(code: int) -> str:
    """Return what an exception code means; makers have codes of their own."""
    return EXCEPTIONS.get(code, "a code of its maker")


def bits(data: bytes, count: int) -> list[int]:
    """Return `count` bits as 0 and 1; the first one is the lowest of the first byte."""
    return [data[at // 8] >> at % 8 & 1 for at in range(count)]


def registers(data: bytes) -> list[int]:
    """Return registers as numbers from 0 to 65535."""
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


_WRITING: Final = frozenset({5, 6, 15, 16})
_FUNCTIONS: Final = frozenset(range(1, 7)) | _WRITING
"""Of any answer that may be on a line, also of functions that are not asked for here."""


def _packed(values: Sequence[int]) -> bytes:
    if any(not 0 <= value <= LAST_ADDRESS for value in values):
        raise ValueError("a register holds 0 to 65535")
    return b"".join(value.to_bytes(2, "big") for value in values)


def _checked(request: Request, *, most: int) -> Request:
    if not FIRST_SLAVE <= request.slave <= LAST_SLAVE:
        raise ValueError(f"a slave is {FIRST_SLAVE} to {LAST_SLAVE}, not {request.slave}")
    if not 1 <= request.count <= most:
        raise ValueError(f"one request can {_WORDS[request.function]} 1 to {most} times, not {request.count}")
    if not 0 <= request.address <= request.address + request.count - 1 <= LAST_ADDRESS:
        raise ValueError(f"addresses are 0 to {LAST_ADDRESS}")
    return request
