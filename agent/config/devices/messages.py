"""The sections of a device file about serial lines: what is sent, lines, frames."""

from typing import Annotated, Literal

from msgspec import Meta

from agent.config.devices.layout import (
    ByteOrder,
    Bytes,
    Offset,
    Plain,
    Section,
    Sent,
    Wait,
)
from agent.config.devices.sections import Parameters, Require

_MARK = "one or more characters in double quotes; a tab is \\t, a carriage return \\r"
_NOT_EMPTY = r"^[\s\S]+$"
"""Not a smallest length: that counts without blank space, and a mark may be nothing else."""

Separator = Annotated[str, Meta(pattern=_NOT_EMPTY, max_length=8, extra={"is": _MARK})]
End = Annotated[str, Meta(pattern=_NOT_EMPTY, max_length=4, extra={"is": _MARK})]
Before = Annotated[str, Meta(pattern=_NOT_EMPTY, max_length=16, extra={"is": _MARK})]


class Send(Section, frozen=True, kw_only=True):
    """Something to send.

    Attributes:
        send: In hexadecimal.
        send_text: The same as a text.
        wait: How long to wait afterwards.
    """

    send: Sent | None = None
    send_text: Plain | None = None
    wait: Wait | None = None


class Serial(Section, frozen=True, kw_only=True):
    """The line.

    Attributes:
        baudrate: Bits a second; 8 data bits, no parity, 1 stop bit.
        open: What is sent when it is opened.
        close: What is sent when it is closed.
        quiet: Whether silence is normal, and would tell that nobody is there.
    """

    baudrate: Annotated[int, Meta(ge=50, le=4_000_000)]
    open: tuple[Send, ...] = ()
    close: tuple[Send, ...] = ()
    quiet: bool = False


class LineCheck(Parameters, frozen=True, kw_only=True):
    """A checksum in hexadecimal digits at the end of a line.

    Attributes:
        after: What comes before the text that it covers; the line's beginning when left out.
        before: What comes between that text and the digits.
    """

    after: Plain = ""
    before: Before


class LineRequire(Section, frozen=True, kw_only=True):
    """What must stand in a field for the line to be believed.

    Attributes:
        field: The field, as a channel names it.
        is: What may stand there.
    """

    field: Annotated[int, Meta(ge=1, le=100)] | Annotated[str, Meta(min_length=1, max_length=100)]
    is_: Annotated[tuple[str, ...], Meta(min_length=1)]


class Line(Section, frozen=True, kw_only=True):
    """What a line looks like.

    Attributes:
        form: "delimited", "pattern" or "json".
        separator: Between two fields of a delimited line; any spaces when left out.
        fields: How many fields a delimited line has.
        pattern: The whole line as a regular expression with named groups.
        end: What ends a line.
        longest: Bytes that a line may have.
        begins: What a line of interest begins with.
        checksum: Its checksum.
        require: What must stand in some fields for the line to be believed.
    """

    form: Literal["delimited", "pattern", "json"]
    separator: Separator | None = None
    fields: Annotated[int, Meta(ge=1, le=100)] | None = None
    pattern: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    end: End = "\n"
    longest: Annotated[int, Meta(ge=4, le=1024)] = 256
    begins: Plain = ""
    checksum: LineCheck | None = None
    require: tuple[LineRequire, ...] = ()


class Length(Section, frozen=True, kw_only=True):
    """How long a frame is, by one of its own numbers.

    Attributes:
        at: Offset of that number.
        type: How it is written.
        byte_order: Order of its bytes.
        plus: What is added to it for the length of the whole frame.
        shortest: The shortest frame that there is.
        longest: The longest frame that there is.
    """

    at: Offset
    type: Literal["u8", "u16"] = "u8"
    byte_order: ByteOrder = "big"
    plus: Annotated[int, Meta(ge=0, le=64)] = 0
    shortest: Annotated[int, Meta(ge=2, le=1024)]
    longest: Annotated[int, Meta(ge=2, le=1024)]


class FrameCheck(Parameters, frozen=True, kw_only=True):
    """The checksum of a frame.

    Attributes:
        from: Offset of the first byte that it covers; it covers everything from there to itself.
        at: Its own offset, from the frame's end when negative; the last bytes when left out.
        byte_order: Order of its bytes.
    """

    from_: Offset = 0
    at: Annotated[int, Meta(ge=-64, le=1023)] | None = None
    byte_order: ByteOrder = "big"


class Frame(Section, frozen=True, kw_only=True):
    """What a frame looks like.

    Attributes:
        header: Its first bytes.
        length: Its length in bytes, header and checksum included.
        length_from: The number in it that tells its length.
        footer: Its last bytes.
        checksum: Its checksum.
        require: What must hold for a frame to be the message that is wanted.
    """

    header: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{2}( ?[0-9A-Fa-f]{2})*$", extra={"is": "bytes in hexadecimal"})]
    length: Annotated[int, Meta(ge=2, le=1024)] | None = None
    length_from: Length | None = None
    footer: Bytes = ""
    checksum: FrameCheck | None = None
    require: tuple[Require, ...] = ()
