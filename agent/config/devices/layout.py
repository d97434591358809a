"""The keys of a device file, kind by kind: names, types, bounds, defaults, and what they are for.

The checker walks a file along these structs; `docs/adding-a-sensor.md` explains them with whole devices. Rules over
several keys are in the modules beside this one.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from agent.config.model_values import Property
from agent.tomlfile.quantities import Duration
from drivers.declared.fields import Kind

_FRACTION = 'a number, or a fraction in quotes such as "165/16383"'
_BYTES = 'bytes in hexadecimal, such as "FF 01 86"'
_BITS = 'the highest and the lowest bit that count, such as "15..2"'
_ACCURACY = (
    'what the maker says, with its source in brackets at the end: "±3 % (manual 1.2, page 4)"; or "unverified"'
)

ChannelName = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_]{0,62}$",
        extra={"is": "a name: a lower-case letter, then lower-case letters, digits and _", "code": "bad-name"},
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Bytes = Annotated[
    str, Meta(pattern="^([0-9A-Fa-f]{2}( ?[0-9A-Fa-f]{2})*)?$", extra={"is": _BYTES, "code": "bad-bytes"})
]
Sent = Annotated[Bytes, Meta(extra={"is": f"{_BYTES}; a text goes into send_text"})]
Plain = Annotated[str, Meta(max_length=1024, extra={"is": "a text in double quotes"})]
Fraction = Annotated[Any, Meta(extra={"is": _FRACTION})]
"""Read by `values.fraction`: msgspec has no type for a number or a text."""
Bits = Annotated[str, Meta(pattern=r"^[0-9]{1,2}(\.\.[0-9]{1,2})?$", extra={"is": _BITS, "code": "bad-bits"})]
Wait = Annotated[Duration, Meta(extra={"maximum": 60_000})]
Long = Annotated[Duration, Meta(extra={"maximum": 86_400_000})]
Interval = Annotated[Duration, Meta(extra={"minimum": 100, "maximum": 86_400_000})]
FrameTypeName = Literal[
    "u8", "i8", "u16", "i16", "s16", "u24", "i24", "u32", "i32", "u64", "i64", "f32", "f64", "bytes"
]
CheckName = Literal[
    "sum8",
    "sum16",
    "xor8",
    "negated8",
    "crc8",
    "crc8-sensirion",
    "crc8-maxim",
    "crc16-modbus",
    "crc16-ccitt",
    "crc16-xmodem",
    "crc16-kermit",
]
ByteOrder = Literal["big", "little"]
TableName = Literal["holding", "input", "coil", "discrete"]
Offset = Annotated[int, Meta(ge=0, le=1023)]


class Section(Struct, frozen=True, kw_only=True, rename={"class_": "class", "is_": "is", "from_": "from"}):
    """A table of a device file: keys that are words of Python have a _ behind them here."""


class Channel(Section, frozen=True, kw_only=True):
    """What every channel says.

    Attributes:
        title: What it is, in words a technician uses.
        class: What it may reveal: "measurement", "count" (of people or vehicles), "identifier" (of one of them) or
            "location".
        group: The name of what its people or vehicles are, for everything that is derived from them.
        unit: Its unit, as SenML writes it.
        exponent: Values are whole numbers of 10 to this power of the unit: -1 for tenths.
        range: Smallest and largest plausible value, in the unit.
        accuracy: What the maker says, with its source in brackets, or "unverified".
        property: The address of the property that is observed.
        scale: What the device's number is multiplied by to be in the unit.
        offset: What is added after that, in the unit.
    """

    title: Text
    class_: Literal["measurement", "count", "identifier", "location"]
    group: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$", extra={"is": "a name in lower case"})] | None = None
    unit: Annotated[str, Meta(max_length=16, extra={"is": 'a unit of SenML, such as "Cel"'})] | None = None
    exponent: Annotated[int, Meta(ge=-9, le=9)] | None = None
    range: (
        Annotated[tuple[Decimal, Decimal], Meta(extra={"is": "the smallest and the largest value: [-40, 85]"})] | None
    ) = None
    accuracy: Annotated[str, Meta(min_length=1, max_length=300, extra={"is": _ACCURACY})] | None = None
    property: Property | None = None
    scale: Fraction | None = None
    offset: Fraction | None = None


class RegisterChannel(Channel, frozen=True, kw_only=True):
    """A channel in a Modbus register.

    Attributes:
        register: Address of its first register, or of its bit, as it is on the wire: from 0.
        table: Which of the four tables it is in; the one of [modbus] when left out.
        type: How the number is written; a table of bits has none.
        bits: Which bits of the number count.
        byte_order: Order of the two bytes of a register.
        word_order: Order of the registers of a number.
        not_available: Numbers of the device that mean "no value".
    """

    register: Annotated[int, Meta(ge=0, le=65535)]
    table: TableName | None = None
    type: Kind | None = None
    bits: Bits | None = None
    byte_order: ByteOrder | None = None
    word_order: ByteOrder | None = None
    not_available: tuple[int, ...] = ()


class ByteChannel(Channel, frozen=True, kw_only=True):
    """A channel in what was read from a chip.

    Attributes:
        at: Offset of its first byte, from 0.
        type: How the number is written.
        bits: Which bits of the number count.
        byte_order: Order of its bytes.
        not_available: Numbers of the device that mean "no value".
    """

    at: Offset
    type: Kind
    bits: Bits | None = None
    byte_order: ByteOrder = "big"
    not_available: tuple[int, ...] = ()


class FrameChannel(Channel, frozen=True, kw_only=True):
    """A channel in a frame.

    Attributes:
        at: Offset of its first byte, from 0.
        type: How the number is written; "bytes" for an identifier.
        length: How many bytes an identifier has.
        bits: Which bits of the number count.
        byte_order: Order of its bytes.
        not_available: Numbers of the device that mean "no value".
    """

    at: Offset
    type: FrameTypeName
    length: Annotated[int, Meta(ge=1, le=64)] | None = None
    bits: Bits | None = None
    byte_order: ByteOrder = "big"
    not_available: tuple[int, ...] = ()


class LineChannel(Channel, frozen=True, kw_only=True):
    """A channel in a line.

    Attributes:
        field: Its field: a number from 1, the name of a group of the pattern, or a path in JSON.
        words: What words in the field stand for, such as { OPEN = 1, CLOSED = 0 }.
        not_available: Words in the field that mean "no value"; an empty field always does.
    """

    field: (
        Annotated[int, Meta(ge=1, le=100, extra={"is": "the number of a field, or a name in quotes"})]
        | Annotated[str, Meta(min_length=1, max_length=100)]
    )
    words: dict[str, int] = {}
    not_available: tuple[Annotated[str, Meta(min_length=1, max_length=30)], ...] = ()


class Exchange(Section, frozen=True, kw_only=True):
    """What went over the wire at one time.

    Attributes:
        sent: What we sent, in hexadecimal.
        sent_text: The same as a text.
        received: What the device sent, in hexadecimal.
        received_text: The same as a text.
    """

    sent: Bytes | None = None
    sent_text: Plain | None = None
    received: Bytes | None = None
    received_text: Plain | None = None


class Example(Section, frozen=True, kw_only=True):
    """An exchange that is known to be right.

    Attributes:
        source: Where it is from.
        exchange: What went over the wire for one sample, in order.
        values: What must come of it, by channel, in the unit.
        not_available: Channels that have no value in it.
    """

    source: Text
    exchange: Annotated[tuple[Exchange, ...], Meta(min_length=1)]
    values: dict[str, Any] = {}
    not_available: tuple[str, ...] = ()


class Device(Section, frozen=True, kw_only=True):
    """What every device says.

    Attributes:
        kind: "modbus", "i2c", "line", "frame" or "request".
        title: Maker and product.
        sources: What this file was written from.
        agreement: What agrees with it that was not written with it.
        interval: Usual time between two samples; for a device that sends by itself: take the newest so often.
        fastest: The shortest time after which there is something new.
        timeout: Time in which a sample must come.
        warm_up: Time after power-up until the accuracy holds, by the maker.
        settle: Time after opening in which there are no values.
        example: Exchanges that are known to be right; at least one.
    """

    kind: Literal["modbus", "i2c", "line", "frame", "request"]
    title: Text
    sources: Annotated[tuple[Text, ...], Meta(min_length=1)]
    agreement: Annotated[tuple[Text, ...], Meta(min_length=1)]
    interval: Interval | None = None
    fastest: Interval | None = None
    timeout: Interval | None = None
    warm_up: Long | None = None
    settle: Long | None = None
    example: Annotated[
        tuple[Example, ...],
        Meta(min_length=1, extra={"is": "at least one [[example]] with source, exchange, values"}),
    ]
