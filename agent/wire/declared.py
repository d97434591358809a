"""A declaration as values: what a unit says about itself, its streams and its channels.

In: nothing. Out: value types. Never: what a configuration may say; `agent.config` decides that.
"""

from dataclasses import dataclass
from typing import Final

DECLARATIONS: Final = "_declaration"
"""The reserved stream of declarations. Names of data streams begin with a letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredChannel:
    """One released channel, as declared.

    Attributes:
        name: what the city calls it.
        unit: SenML unit.
        ucum: the same unit in UCUM, empty where UCUM has none.
        property: URI of the observed property, empty where none is known.
        exponent: values are integers in units of ``10 ** exponent``.
        resolution: rounding step, in those units.
        minimum, maximum: range that may leave, in those units.
        rule: how a window becomes one number.
        sensitivity: class of what leaves.
        source: sensor and its channel.
        model: the sensor's model.
        accuracy: the maker's statement with its source, or ``unverified``.
        calibrated: day of the sensor's last calibration, ``YYYY-MM-DD``, None when unknown.
        grid_m: edge of the location grid in metres.
        quiet: hours of the day in which its sensor is closed, as minutes: start included, end not; over midnight
            where the end is before the start. In the time zone of the declaration.
        bins: edges of a histogram's bin, lower included and upper not, in units of the source; None for no bin.
    """

    name: str
    unit: str
    ucum: str = ""
    property: str = ""
    exponent: int
    resolution: int
    minimum: int
    maximum: int
    rule: str
    sensitivity: str
    source: str
    model: str
    accuracy: str = "unverified"
    calibrated: str | None = None
    grid_m: int | None = None
    bins: tuple[int, int] | None = None
    quiet: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNoise:
    """Differential privacy of a stream's counts: exact discrete Laplace noise, event-level.

    Attributes:
        epsilon: numerator and denominator of what one window spends.
        daily: numerator and denominator of what one UTC day may spend.
        sensitivity: by how much one event can change the counts of a window, in sum.
    """

    epsilon: tuple[int, int]
    daily: tuple[int, int]
    sensitivity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAlarm:
    """An alarm of a stream: told at once when a released value crosses a threshold.

    Attributes:
        name: its identifier.
        channel: index of the channel in its stream; one of class measurement.
        above: it is raised by values above the threshold; otherwise by values below.
        threshold: in the units of the channel; it is raised by a value beyond.
        clear: in the same units; it ends with a value that is there or behind. Never beyond the threshold.
        hold_ms: only after windows beyond the threshold that last this long in sum it is raised.
        title: what it is, in words.
        fast: window of the stream from then on, in ms, and for how long, in ms; None for no change.
    """

    name: str
    channel: int
    above: bool
    threshold: int
    clear: int
    hold_ms: int = 0
    title: str = ""
    fast: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredStream:
    """One stream, as declared.

    Attributes:
        name: its identifier.
        title, description, purpose, keywords: what it is, in words.
        licence: URL of the licence.
        contact: mailbox for questions.
        access: ``public``, ``restricted public`` or ``non-public``.
        rights: why access is restricted, in words; empty when it is not.
        window_ms: temporal resolution.
        batch_rows: rows that are sent together: the accrual period is that many windows.
        retention_ms: how long the unit keeps rows after the city has them.
        delay_ms: rows are released no earlier than this after their window.
        suppress_below: k, None when nothing tells about people or vehicles.
        noise: differential privacy, None for none.
        dtpr: codes of Digital Trust for Places and Routines: purposes and processing.
        channels: in the order of the columns.
        alarms: what is told at once.
    """

    name: str
    title: str
    description: str
    licence: str
    contact: str
    access: str
    rights: str = ""
    purpose: str
    window_ms: int
    batch_rows: int
    retention_ms: int = 0
    delay_ms: int = 0
    suppress_below: int | None
    noise: DeclaredNoise | None = None
    channels: tuple[DeclaredChannel, ...]
    keywords: tuple[str, ...] = ()
    dtpr: tuple[str, ...] = ()
    alarms: tuple[DeclaredAlarm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationContent:
    """What the unit measures, how it filters, under which licence and authority. Its SHA-256 is what batches cite.

    Attributes:
        unit: its id.
        publisher: the public body that publishes its data.
        office: the accountable office.
        contact: that office's mailbox.
        site: where it stands, in words.
        location: latitude and longitude of the middle of its grid cell in 1e-5 degrees, and the grid's edge in
            metres; None when it is not told.
        installed: day of installation, ``YYYY-MM-DD``, None when it is not told.
        hardware: what it is, empty when it is not told.
        firmware: operating system or image, empty when it is not told.
        software: agent version.
        thumbprint: of its key.
        legal_basis: statute or resolution that permits it, empty when it is not told.
        dtpr: codes of Digital Trust for Places and Routines that hold for the whole unit.
        timezone: in which quiet hours are meant, empty when there are none.
        simulated: a simulated bus is behind any sensor.
        streams: what leaves.
    """

    unit: str
    publisher: str
    office: str
    contact: str
    site: str
    location: tuple[int, int, int] | None = None
    installed: str | None = None
    hardware: str = ""
    firmware: str = ""
    software: str
    thumbprint: bytes
    legal_basis: str = ""
    dtpr: tuple[str, ...] = ()
    timezone: str = ""
    simulated: bool
    streams: tuple[DeclaredStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration in its outbox envelope."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    content: DeclarationContent
