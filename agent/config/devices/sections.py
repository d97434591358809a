"""The sections of a device file about registers and chips, and the parameters of checksums."""

from typing import Annotated

from msgspec import Meta

from agent.config.devices.layout import (
    Bits,
    ByteOrder,
    Bytes,
    CheckName,
    Offset,
    Section,
    TableName,
    Text,
    Wait,
)
from drivers.declared.fields import Kind

_REGISTER = {"is": "a number of at most 16 bits"}
Register = Annotated[int, Meta(ge=0, le=0xFFFF, extra=_REGISTER)]


class Parameters(Section, frozen=True, kw_only=True):
    """A checksum, and what makes its CRC another than the one of that name.

    Attributes:
        kind: Which checksum.
        polynomial: Of the CRC, without its highest term.
        start: What the CRC begins with.
        reflected: Whether the CRC takes bits lowest first.
        final: What the CRC is combined with at the end, by exclusive or.
    """

    kind: CheckName
    polynomial: Register | None = None
    start: Register | None = None
    reflected: bool | None = None
    final: Register | None = None


class Modbus(Section, frozen=True, kw_only=True):
    """How a Modbus device is read.

    Attributes:
        table: The table of the channels that name none: "holding" (function 3), "input" (4), "coil" (1), "discrete"
            (2).
        byte_order: Order of the two bytes of a register.
        word_order: Order of the registers of a number.
        gap: So many registers that nobody wants may be read along, to read two channels in one request.
        most: The most registers that the device gives in one answer.
        response: Time in which an answer must begin.
    """

    table: TableName = "holding"
    byte_order: ByteOrder = "big"
    word_order: ByteOrder = "big"
    gap: Annotated[int, Meta(ge=0, le=120)] = 0
    most: Annotated[int, Meta(ge=1, le=125)] = 125
    response: Wait | None = None


class Until(Section, frozen=True, kw_only=True):
    """What a transaction is repeated for.

    Attributes:
        at: Offset of the number in what was read.
        type: How the number is written.
        bits: Which of its bits count.
        is: What it must be.
        every: Time between two tries.
        tries: How many tries there are.
    """

    at: Offset = 0
    type: Kind = Kind.U8
    bits: Bits | None = None
    is_: int
    every: Wait
    tries: Annotated[int, Meta(ge=2, le=1000)]


class Transaction(Section, frozen=True, kw_only=True):
    """One transaction on the wire.

    Attributes:
        write: What is written; "" for the address alone. With `read`: joined by a repeated START.
        read: How many bytes are read, checksums included.
        wait: How long to wait afterwards.
        until: What to repeat it for.
    """

    write: Bytes | None = None
    read: Annotated[int, Meta(ge=1, le=256)] | None = None
    wait: Wait | None = None
    until: Until | None = None


class WordCheck(Parameters, frozen=True, kw_only=True):
    """A checksum behind each so many bytes of whatever is read.

    Attributes:
        every: So many bytes.
    """

    every: Annotated[int, Meta(ge=1, le=64)] = 2


class Identify(Section, frozen=True, kw_only=True):
    """How the chip shows that it is the right one.

    Attributes:
        write: What is written for it.
        read: How many bytes are read.
        at: Offset of the number in them.
        type: How the number is written.
        bits: Which of its bits count.
        byte_order: Order of its bytes.
        is: What it may be.
    """

    write: Bytes | None = None
    read: Annotated[int, Meta(ge=1, le=64)]
    at: Offset = 0
    type: Kind = Kind.U8
    bits: Bits | None = None
    byte_order: ByteOrder = "big"
    is_: Annotated[tuple[int, ...], Meta(min_length=1)]


class Require(Section, frozen=True, kw_only=True):
    """What must hold for a sample to be believed.

    Attributes:
        at: Offset of the number.
        type: How it is written.
        bits: Which of its bits count.
        byte_order: Order of its bytes.
        is: What it may be.
        otherwise: What it means when it is something else.
    """

    at: Offset
    type: Kind = Kind.U8
    bits: Bits | None = None
    byte_order: ByteOrder = "big"
    is_: Annotated[tuple[int, ...], Meta(min_length=1)]
    otherwise: Text


class I2c(Section, frozen=True, kw_only=True):
    """How a chip is read.

    Attributes:
        addresses: The addresses that it can have.
        identify: How it is told from others.
        open: Transactions when it is opened.
        measure: Transactions of a sample; what they read, joined and without checksums, is what channels look at.
        close: Transactions when it is closed.
        checksum: The checksums in what is read.
        may_be_zero: Whether zeros only are a measurement; else they mean that the line is stuck.
        require: What must hold for a sample to be believed.
    """

    addresses: Annotated[
        tuple[Annotated[int, Meta(ge=0x08, le=0x77, extra={"is": "an I2C address from 0x08 to 0x77"})], ...],
        Meta(min_length=1),
    ]
    identify: Identify | None = None
    open: tuple[Transaction, ...] = ()
    measure: Annotated[tuple[Transaction, ...], Meta(min_length=1)]
    close: tuple[Transaction, ...] = ()
    checksum: WordCheck | None = None
    may_be_zero: bool = False
    require: tuple[Require, ...] = ()
