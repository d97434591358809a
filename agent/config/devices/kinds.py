"""The kinds of device file, each made of its sections and its channels."""

from agent.config.devices.layout import (
    ByteChannel,
    ChannelName,
    Device,
    FrameChannel,
    LineChannel,
    RegisterChannel,
)
from agent.config.devices.messages import Frame, Line, Send, Serial
from agent.config.devices.sections import I2c, Modbus


class ModbusFile(Device, frozen=True, kw_only=True):
    """A Modbus device.

    Attributes:
        modbus: How it is read.
        channel: What it measures.
    """

    modbus: Modbus = Modbus()
    channel: dict[ChannelName, RegisterChannel]


class I2cFile(Device, frozen=True, kw_only=True):
    """A chip on I2C.

    Attributes:
        i2c: How it is read.
        channel: What it measures.
    """

    i2c: I2c
    channel: dict[ChannelName, ByteChannel]


class LineFile(Device, frozen=True, kw_only=True):
    """A device that sends lines.

    Attributes:
        serial: The line.
        line: What a line looks like.
        channel: What it measures.
    """

    serial: Serial
    line: Line
    channel: dict[ChannelName, LineChannel]


class FrameFile(Device, frozen=True, kw_only=True):
    """A device that sends frames.

    Attributes:
        serial: The line.
        frame: What a frame looks like.
        channel: What it measures.
    """

    serial: Serial
    frame: Frame
    channel: dict[ChannelName, FrameChannel]


class LineRequestFile(LineFile, frozen=True, kw_only=True):
    """A device that answers with a line.

    Attributes:
        request: What asks it.
    """

    request: Send


class FrameRequestFile(FrameFile, frozen=True, kw_only=True):
    """A device that answers with a frame.

    Attributes:
        request: What asks it.
    """

    request: Send
