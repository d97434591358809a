"""How a chip folder describes itself to the registry, and what a driver must do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, Self, runtime_checkable

from drivers.bus.api import AttributeTree, I2cDevice, SerialLine
from drivers.modbus.device import RESPONSE_S, ModbusDevice
from drivers.reading import Channel, Clock, Reading


class Delivery(StrEnum):
    """Who decides when a sample is taken."""

    POLLED = "polled"
    """We do: `sample` is called once an interval."""
    PUSHED = "pushed"
    """The sensor does: `sample` is called again as soon as it has returned."""


class Driver(Protocol):
    """The code for one sensor. Every method may raise `DriverError`; after one, `close` and `open` start afresh."""

    async def open(self) -> None:
        """Identify the chip and make it measure; from scratch, whatever state it was left in.

        Raises:
            WrongChip: something else answers.
        """
        ...

    async def sample(self) -> Reading:
        """Return the next reading: all channels of one burst.

        A pushed sensor's `sample` waits for the next frame; cancellation loses at most the frame being received.
        """
        ...

    async def close(self) -> None:
        """Leave the chip idle if it still answers. Safe after a failed `open`; never raises `DriverError`."""
        ...


@runtime_checkable
class Tripwired(Protocol):
    """What a driver of a sensor that sends text has besides: the tripwire's counts (`drivers.tripwire`)."""

    @property
    def trips(self) -> Mapping[str, int]:
        """Frames that this driver dropped because a field looked like somebody's identifier, by kind."""
        ...


@dataclass(frozen=True, slots=True)
class NoOptions:
    """A model without options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """Shared description.

    Attributes:
        name: the part number in lower case, as written in the configuration.
        title: maker and product.
        channels: everything it measures; of a model with `channels_of`, what it measures with the default options.
        channels_of: for a model whose channels follow from its options (a range from a resistor, a level from a
            current loop): returns the channels of a sensor with these options. None for all others.
        delivery: polled or pushed.
        interval_s: usual seconds between samples; the shortest sensible one for polled models is `fastest_s`.
        fastest_s: the shortest interval at which the sensor has something new.
        timeout_s: a sample that takes longer has failed.
        quiet: silence is normal, and would tell that nobody is there: the sensor is `ok` as soon as it is open.
        options: a frozen dataclass whose fields are the keys of `[sensor.NAME.options]`, with defaults.
        warm_up_s: seconds after power-up until the accuracy holds, by the maker; 0 where it holds at once.
        agreement: what agrees with this driver that was not written with it: an independent driver, a capture of a
            real sensor, an example of the maker.
    """

    name: str
    title: str
    channels: tuple[Channel, ...]
    agreement: tuple[str, ...] = ()
    warm_up_s: float = 0.0
    delivery: Delivery = Delivery.POLLED
    interval_s: float = 10.0
    fastest_s: float = 1.0
    timeout_s: float = 5.0
    quiet: bool = False
    options: type[Any] = NoOptions
    channels_of: Callable[[Any], tuple[Channel, ...]] | None = None

    def fitted(self, options: object) -> Self:
        """Return the model with the channels of a sensor that has these options: an instance of `options`."""
        return self if self.channels_of is None else replace(self, channels=self.channels_of(options))

    def channel(self, name: str) -> Channel | None:
        """Return the channel called `name`, or None."""
        return next((channel for channel in self.channels if channel.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class I2cModel(_Common):
    """A model on I2C.

    Attributes:
        addresses: the 7-bit addresses it can have.
        create: builds the driver from the device, the clock and an instance of `options`.
    """

    addresses: tuple[int, ...]
    create: Callable[[I2cDevice, Clock, Any], Driver]


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialModel(_Common):
    """A model on a serial line.

    Attributes:
        baudrate: bits a second; 8 data bits, no parity, 1 stop bit.
        create: builds the driver from the line, the clock and an instance of `options`.
    """

    baudrate: int
    create: Callable[[SerialLine, Clock, Any], Driver]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusModel(_Common):
    """A model on a Modbus line, which it shares with others. Speed and parity are the line's, not the model's.

    Attributes:
        response_s: seconds in which an answer must begin.
        create: builds the driver from the slave, the clock and an instance of `options`.
    """

    response_s: float = RESPONSE_S
    create: Callable[[ModbusDevice, Clock, Any], Driver]


@dataclass(frozen=True, slots=True, kw_only=True)
class SysfsModel(_Common):
    """What a class of the kernel's own drivers measures: a bridge, whose channels follow from its options.

    Attributes:
        create: builds the driver from the tree of attributes, the clock and an instance of `options`.
    """

    create: Callable[[AttributeTree, Clock, Any], Driver]


Model = I2cModel | SerialModel | ModbusModel | SysfsModel
