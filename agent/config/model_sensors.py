"""The tables of the sensors and of the wires that they are on: `[bus.NAME]` and `[sensor.NAME]`.

In: nothing. Out: structs, whose docstrings explain each key. Never: rules over several keys; the checkers have those.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from agent.config.model_values import Delay, Hours, Interval
from agent.tomlfile.quantities import Duration

_LINE = ("path", "baudrate", "parity", "stop_bits")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "i2c": ("path",),
    "serial": _LINE,
    "modbus": (*_LINE, "turnaround"),
    "i2c-mux": ("bus", "address", "channel"),
    "sysfs": ("path",),
}
"""The keys of a bus of each kind besides `kind`."""


class Bus(Struct, frozen=True, kw_only=True):
    """One I2C adapter, one serial line, or one channel of an I2C multiplexer.

    Attributes:
        kind: "i2c", "serial" (a line with one sensor), "modbus" (a line with several Modbus RTU devices),
            "i2c-mux" (one channel of a TCA9548A or PCA9548A) or "sysfs" (what the kernel's own drivers read).
        path: The device node: /dev/i2c-1, or a name under /dev/serial/by-id for serial lines; or its place,
            /sys/bus/usb/devices/1-1.3, where its number changes. /sys for "sysfs"; a multiplexer has none.
        baudrate: Bits a second; when left out a serial line has the sensor's own speed, a Modbus line 19200.
        parity: The parity bit of a line: "none", "even" or "odd"; when left out "none", on a Modbus line "even".
        stop_bits: 1 or 2; when left out 1, on a Modbus line without parity 2.
        turnaround: Quiet after each answer on a Modbus line, besides the 3.5 characters of the specification, for
            converters and devices that are slow to let go of the line.
        bus: The bus that the multiplexer is on, by name.
        address: The multiplexer's own I2C address, 0x70 to 0x77, by its pins A0 to A2.
        channel: Which of its eight channels, 0 to 7.
    """

    kind: Annotated[Literal["i2c", "serial", "modbus", "i2c-mux", "sysfs"], Meta(extra={"keys": KEYS})]
    path: Annotated[str, Meta(min_length=1, extra={"is": 'a device node, such as "/dev/i2c-1"'})] | None = None
    baudrate: Annotated[int, Meta(ge=50, le=4_000_000)] | None = None
    parity: Literal["none", "even", "odd"] | None = None
    stop_bits: Annotated[int, Meta(ge=1, le=2)] | None = None
    turnaround: Annotated[Duration, Meta(extra={"maximum": 1000})] | None = None
    bus: Annotated[str, Meta(min_length=1, extra={"is": "the name of another [bus.NAME] section"})] | None = None
    address: (
        Annotated[int, Meta(ge=0x70, le=0x77, extra={"is": "the I2C address of a multiplexer, 0x70 to 0x77"})] | None
    ) = None
    channel: Annotated[int, Meta(ge=0, le=7)] | None = None


class Sensor(Struct, frozen=True, kw_only=True):
    """One sensor.

    Attributes:
        model: The sensor's model.
        bus: The name of its bus; the models "iio" and "hwmon" need none.
        address: Its I2C address, written 0x76; needed where the model can have several.
        slave: Its number on a Modbus line, 1 to 247, as set on the device; manuals also call it device address,
            station number or unit id.
        interval: Time between two samples; the model's usual one when left out.
        timeout: A sample that takes longer has failed; the model's usual one when left out.
        start: What to do when it does not answer at the start: "retry", "required" (the agent stops) or "ignore".
        calibrated: The day of its last calibration.
        quiet_hours: Hours in which it is not sampled, in the clock's time zone, written "22:00-06:00".
        stuck_after: Without a change for so long, a value is reported as suspicious; "0s" for never. When left out
            24h, for temperature, humidity, pressure and gases only, which never rest.
        options: Settings of the model.
    """

    model: Annotated[str, Meta(min_length=1, extra={"is": "a sensor model", "choices": "models"})]
    bus: Annotated[str, Meta(min_length=1, extra={"is": "the name of a [bus.NAME] section"})] | None = None
    address: Annotated[int, Meta(ge=0x08, le=0x77, extra={"is": "an I2C address from 0x08 to 0x77"})] | None = None
    slave: Annotated[int, Meta(ge=1, le=247, extra={"is": "a Modbus slave number from 1 to 247"})] | None = None
    interval: Interval | None = None
    timeout: Interval | None = None
    start: Literal["retry", "required", "ignore"] = "retry"
    calibrated: date | None = None
    quiet_hours: tuple[Hours, ...] = ()
    stuck_after: Delay | None = None
    options: dict[str, Any] = {}
