"""The sections and keys of a unit's configuration file: names, types, bounds, defaults, and what they are for.

The checker walks a file along these structs, the JSON Schema for editors and its texts are made from them. Each key
is explained in its struct's docstring; a test fails when one is not. Rules over several keys are in `check`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from agent.tomlfile.quantities import Distance, Duration, Size

_NAME = "a name: a lower-case letter, then lower-case letters, digits and -, at most 63 in all"
_CHANNEL = "a name: a lower-case letter, then lower-case letters, digits, - and _, at most 63 in all"
_WEB = r'^https?://[^\s/<>"{}|\\^`]+[^\s<>"{}|\\^`]*$'
_FILE = 'a path (relative ones count from this file), or "credential:NAME" for a systemd credential'

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,62}$", extra={"is": _NAME, "code": "bad-name"})]
ChannelName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", extra={"is": _CHANNEL, "code": "bad-name"})]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Mailbox = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        max_length=254,
        extra={"is": 'a mailbox of the office, such as "air@city.example"', "code": "bad-contact"},
    ),
]
Rights = Annotated[str, Meta(min_length=1, max_length=255)]
"""Project Open Data, which DCAT-US 1.1 is, allows 255 characters."""
WebAddress = Annotated[
    str,
    Meta(
        pattern=_WEB,
        max_length=500,
        extra={"is": "a web address that begins with https://", "code": "bad-url"},
    ),
]
Property = Annotated[
    str,
    Meta(
        pattern=_WEB,
        max_length=500,
        extra={
            "is": 'the address of a property, such as "http://qudt.org/vocab/quantitykind/Temperature"',
            "code": "bad-property",
        },
    ),
]
_FRACTION = 'a fraction in quotes or a whole number, above zero, such as "1/2" or 12'
Fraction = (
    Annotated[
        str, Meta(pattern="^[1-9][0-9]{0,8}(/[1-9][0-9]{0,8})?$", extra={"is": _FRACTION, "code": "bad-fraction"})
    ]
    | Annotated[int, Meta(ge=1, le=999_999_999, extra={"is": _FRACTION})]
)
DtprCodes = tuple[
    Annotated[
        str,
        Meta(
            min_length=1, max_length=100, extra={"is": 'a DTPR code, such as "purpose__ecology"', "choices": "dtpr"}
        ),
    ],
    ...,
]
Hours = Annotated[
    str,
    Meta(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        extra={"is": 'hours of a day, such as "22:00-06:00"', "code": "bad-hours"},
    ),
]
SecretFile = Annotated[str, Meta(min_length=1, extra={"is": _FILE})]
File = Annotated[str, Meta(min_length=1, extra={"is": "a path; relative ones count from this file"})]
Interval = Annotated[Duration, Meta(extra={"minimum": 100, "maximum": 86_400_000})]
Window = Annotated[Duration, Meta(extra={"minimum": 1000, "maximum": 86_400_000})]
Hold = Annotated[Duration, Meta(extra={"maximum": 86_400_000})]
Delay = Annotated[Duration, Meta(extra={"maximum": 2_592_000_000})]
Grid = Annotated[Distance, Meta(extra={"minimum": 100, "maximum": 100_000})]
Positive = Annotated[Decimal, Meta(extra={"is": "a number above zero"})]

DEFAULT_STATUS = Duration(300_000)
DEFAULT_LOCATION_GRID = Distance(1000)
RuleName = Literal[
    "mean",
    "min",
    "max",
    "sum",
    "count",
    "last",
    "count_distinct",
    "grid",
    "median",
    "p90",
    "stdev",
    "circular_mean",
    "dwell",
    "histogram",
]
AccessLevel = Literal["public", "restricted public", "non-public"]
OverflowPolicy = Literal["drop_oldest", "drop_newest", "thin"]


class Unit(Struct, frozen=True, kw_only=True):
    """Who and where the unit is.

    Attributes:
        id: The unit's name towards the broker and the city; it must be the one in the city's device registry.
        site: Where it stands, in words.
        publisher: The public body that publishes its data.
        office: The office that answers for it.
        contact: That office's mailbox; a role, not a person.
        key: The unit's private key: a file made by `lamppost keygen`, or "credential:NAME".
        location: Its latitude and longitude in decimal degrees; only the middle of its grid cell is ever told.
        location_grid: Edge of the grid that the location is snapped to.
        installed: The day on which it was installed.
        hardware: What it is: board and enclosure, in words.
        firmware: Its operating system or image, in words.
        legal_basis: The statute, ordinance or resolution that permits it.
        dtpr: Codes of Digital Trust for Places and Routines that hold for the whole unit.
        notice_url: A page about the unit, for the code on the printed notice; without it the code names the unit, its
            key and its declaration.
    """

    id: Name
    site: Text
    publisher: Text
    office: Text
    contact: Mailbox
    key: SecretFile
    location: (
        Annotated[
            tuple[Decimal, Decimal],
            Meta(extra={"is": "latitude and longitude in degrees, such as [40.71278, -74.00594]"}),
        ]
        | None
    ) = None
    location_grid: Grid | None = None
    installed: date | None = None
    hardware: Text | None = None
    firmware: Text | None = None
    legal_basis: Text | None = None
    dtpr: DtprCodes = ()
    notice_url: WebAddress | None = None


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

    kind: Literal["i2c", "serial", "modbus", "i2c-mux", "sysfs"]
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


class Channel(Struct, frozen=True, kw_only=True, rename={"source": "from"}):
    """One released channel of a stream.

    Attributes:
        from: The sensor and its channel, written "sensor.channel".
        rule: How the samples of one window become one number.
        unit: The unit of the released value, as SenML writes it: the sensor's own, "count", or "s" for a dwell.
        resolution: Values are rounded to multiples of this; the sensor's own resolution when left out.
        range: Smallest and largest value that may leave; what the sensor can measure when left out.
        grid: Edge of the location grid; only with rule "grid".
        bins: Edges of a histogram, ascending; a bin has its lower edge, not its upper; only with rule "histogram".
        property: The address of the property that is observed; the sensor's own when left out.
    """

    source: Annotated[str, Meta(min_length=1, extra={"is": 'a sensor and its channel, such as "air.temperature"'})]
    rule: RuleName
    unit: Annotated[str, Meta(min_length=1, extra={"is": 'a SenML unit, such as "Cel" or "%RH"'})]
    resolution: Positive | None = None
    range: tuple[Decimal, Decimal] | None = None
    grid: Distance | None = None
    bins: tuple[Decimal, ...] | None = None
    property: Property | None = None


class Noise(Struct, frozen=True, kw_only=True):
    """Differential privacy of a stream's counts: random noise of known strength.

    Attributes:
        epsilon: What one window spends; smaller means more noise. A fraction such as "1/2" or a whole number, 10 at
            most.
        daily: What one day may spend; once it is spent the counts are withheld until the next day.
        sensitivity: By how much one event can change the counts of a window, in sum; at least the number of counts.
    """

    epsilon: Fraction
    daily: Fraction
    sensitivity: Annotated[int, Meta(ge=1, le=1_000_000)]


class Fast(Struct, frozen=True, kw_only=True, rename={"duration": "for"}):
    """A faster cadence for a time, from an alarm on.

    Attributes:
        window: The time that one row sums up then; it divides the usual window without a rest.
        for: How long it lasts; an alarm that is raised again begins anew.
    """

    window: Window
    duration: Window


class Alarm(Struct, frozen=True, kw_only=True):
    """Something that is told at once when a released value crosses a threshold.

    Attributes:
        channel: The channel of this stream; never one that is derived from people or vehicles.
        above: It is raised by a value above this.
        below: It is raised by a value below this; either above or below.
        clear: It ends with a value that is this or lies behind; how far from the threshold is what keeps it calm.
        hold: It is raised only after windows beyond the threshold that last this long together, and unknown only
            after as long without a value.
        title: What it is, in words.
        fast: A faster cadence of the stream from then on.
    """

    channel: ChannelName
    above: Decimal | None = None
    below: Decimal | None = None
    clear: Decimal
    hold: Hold = Duration(0)
    title: Text | None = None
    fast: Fast | None = None


class Stream(Struct, frozen=True, kw_only=True):
    """One dataset that the city receives.

    Attributes:
        title: Its title in the catalogue.
        description: What it is, for somebody who has never seen the unit.
        keywords: Words to find it by.
        purpose: Why the city collects it.
        licence: The address of its licence.
        access: Who may see it: "public", "restricted public" or "non-public".
        rights: Why it is not public and how it can be had all the same; needed unless access is "public".
        contact: The mailbox for questions about it; the unit's when left out.
        window: The time that one row sums up; it divides a day without a rest.
        batch: The time whose rows are sealed and sent together; a multiple of the window.
        overflow: What is lost when the buffer is full: the oldest rows, "drop_oldest", the newest, "drop_newest", or
            resolution, "thin": older rows merge into windows twice as long, again and again. There is no default.
        delay: Rows leave no earlier than this after their window.
        suppress_below: Fewer people or vehicles than this in a window are not told; needed for what is derived from
            them, 5 to 50, usually 10.
        noise: Differential privacy of its counts.
        dtpr: Codes of Digital Trust for Places and Routines: its purposes, its technology, its processing.
        channel: What leaves; nothing else does.
        alarm: What is told at once.
    """

    title: Text
    description: Text
    keywords: tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...] = ()
    purpose: Text
    licence: Annotated[str, Meta(min_length=1, max_length=500, extra={"is": "the https:// address of a licence"})]
    access: AccessLevel
    rights: Rights | None = None
    contact: Mailbox | None = None
    window: Window
    batch: Window
    overflow: OverflowPolicy
    delay: Delay = Duration(0)
    suppress_below: Annotated[int, Meta(ge=5, le=50)] | None = None
    noise: Noise | None = None
    dtpr: DtprCodes = ()
    channel: dict[ChannelName, Channel]
    alarm: dict[Name, Alarm] = {}


class Tls(Struct, frozen=True, kw_only=True):
    """How the broker is verified and the unit shows itself.

    Attributes:
        ca: Certificates to trust; the system's when left out.
        client_cert: The unit's certificate, for brokers that ask for one.
        client_key: Its private key.
    """

    ca: File | None = None
    client_cert: File | None = None
    client_key: SecretFile | None = None


class Uplink(Struct, frozen=True, kw_only=True):
    """The city's broker.

    Attributes:
        host: Its name.
        port: Its TCP port; 8883 when left out, 1883 without TLS.
        tls: How it is verified. `false` is for a broker on this very machine only.
        username: Account at the broker.
        password_file: The file that holds the password and nothing else.
        topic_root: First part of every topic; the same on every unit of the city.
        delivery: What makes data delivered: "receipts" (the receiver's signed receipt) or "broker" (the broker's
            acknowledgement, for a broker without a Lamppost receiver; needs mqtt = "5").
        receiver_keys: Public keys of the receiver, as files or as text.
        keepalive: Silence after which the connection is tested.
        in_flight: Messages that may wait for the broker's acknowledgement at one time.
        status_interval: Time between two status messages.
        mqtt: Version of the protocol: "auto" (5, else 3.1.1), "5" or "3.1.1".
    """

    host: Annotated[str, Meta(min_length=1, max_length=253, extra={"is": "the name of the broker's machine"})]
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    tls: Tls | bool = True
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    password_file: SecretFile | None = None
    topic_root: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,63})*$",
            max_length=200,
            extra={"is": "letters, digits, _ . and -, in levels separated by /", "code": "bad-topic"},
        ),
    ] = "lamppost"
    delivery: Literal["receipts", "broker"] = "receipts"
    receiver_keys: tuple[
        Annotated[str, Meta(min_length=1, extra={"is": "a public key: its file, or its PEM text"})], ...
    ] = ()
    keepalive: Annotated[Duration, Meta(extra={"minimum": 5000, "maximum": 3_600_000})] = Duration(60_000)
    in_flight: Annotated[int, Meta(ge=1, le=64)] = 16
    status_interval: Annotated[Duration, Meta(extra={"minimum": 10_000, "maximum": 86_400_000})] = DEFAULT_STATUS
    mqtt: Literal["auto", "5", "3.1.1"] = "auto"


class Buffer(Struct, frozen=True, kw_only=True):
    """Where data waits for the network.

    Attributes:
        directory: The folder of the store.
        max_bytes: The store never grows past this.
        free_floor: The disk keeps at least this much free.
        loss_window: A power cut may lose this much of the newest data, in exchange for fewer writes to the flash.
        retain: Delivered data is kept this long; "0s" deletes it on delivery.
        log_bytes: The record of what was disclosed never grows past this; its oldest entries go first.
        log_days: Entries of that record are kept this many days.
        flash_daily: More bytes than this written in a day are reported: cards wear out; no bound when left out.
    """

    directory: File = "/var/lib/lamppost"
    max_bytes: Annotated[Size, Meta(extra={"minimum": 1_000_000, "maximum": 10**12})] = Size(256_000_000)
    free_floor: Annotated[Size, Meta(extra={"maximum": 10**12})] = Size(64_000_000)
    loss_window: Annotated[Duration, Meta(extra={"maximum": 600_000})] = Duration(5000)
    retain: Annotated[Duration, Meta(extra={"maximum": 31_622_400_000})] = Duration(0)
    log_bytes: Annotated[Size, Meta(extra={"minimum": 100_000, "maximum": 10**12})] = Size(16_000_000)
    log_days: Annotated[int, Meta(ge=1, le=3660)] = 400
    flash_daily: Annotated[Size, Meta(extra={"minimum": 1_000_000})] | None = None


class Budget(Struct, frozen=True, kw_only=True):
    """What may be sent. A cap that is left out is no cap.

    Attributes:
        messages_per_minute: Messages in a minute, sustained.
        bytes_per_minute: Bytes in a minute, sustained.
        daily: Bytes in a day on the wire, all overhead included.
        monthly: Bytes in a billing month on the wire, all overhead included.
        billing_day: Day of the month on which the contract's month begins.
    """

    messages_per_minute: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    bytes_per_minute: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    daily: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    monthly: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    billing_day: Annotated[int, Meta(ge=1, le=28)] = 1


class Clock(Struct, frozen=True, kw_only=True):
    """Where wall time comes from.

    Attributes:
        source: "kernel" (time from the network, as the kernel says), "gnss" (a receiver) or "system" (believed as
            it is, for machines whose host keeps it right).
        gnss: The name of the GNSS sensor; only with source "gnss".
        timezone: The time zone in which days and billing months begin.
        rtc: A clock with a battery that the system keeps set, by its name below /sys/class/rtc; only with source
            "kernel".
    """

    source: Literal["kernel", "gnss", "system"] = "kernel"
    gnss: Annotated[str, Meta(min_length=1, extra={"is": "the name of a [sensor.NAME] section"})] | None = None
    timezone: Annotated[str, Meta(min_length=1, extra={"is": 'a time zone, such as "America/New_York"'})] = "UTC"
    rtc: (
        Annotated[str, Meta(pattern="^rtc[0-9]{1,2}$", extra={"is": 'a clock below /sys/class/rtc: "rtc0"'})] | None
    ) = None


class ControlKey(Struct, frozen=True, kw_only=True):
    """One key of the city whose orders the unit obeys.

    Attributes:
        key: The public key: its file, or its PEM text.
        role: What it may order: "ops" (run, hold), "privacy" (also suspend and purge) or "root" (everything, and
            undo what the others have ordered).
    """

    key: Annotated[str, Meta(min_length=1, extra={"is": "a public key: its file, or its PEM text"})]
    role: Literal["ops", "privacy", "root"]


class Control(Struct, frozen=True, kw_only=True):
    """Who may order the unit to hold, suspend or purge a stream.

    Attributes:
        keys: The city's keys, each with its role. Without any the unit obeys no orders from afar.
    """

    keys: tuple[ControlKey, ...] = ()


class Configuration(Struct, frozen=True, kw_only=True):
    """The whole file.

    Attributes:
        unit: Who and where the unit is.
        bus: The I2C adapters and serial lines.
        sensor: The sensors.
        stream: The datasets that leave.
        uplink: The city's broker.
        buffer: Where data waits for the network.
        budget: What may be sent.
        clock: Where wall time comes from.
        control: Who may order the unit to hold, suspend or purge a stream.
    """

    unit: Unit
    bus: dict[Name, Bus] = {}
    sensor: dict[Name, Sensor]
    stream: dict[Name, Stream]
    uplink: Uplink
    buffer: Buffer = Buffer()
    budget: Budget = Budget()
    clock: Clock = Clock()
    control: Control = Control()
