"""The tables of what leaves the unit: `[stream.NAME]` with its channels, its noise and its alarms.

In: nothing. Out: structs, whose docstrings explain each key. Never: rules over several keys; the checkers have those.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from agent.config.model_values import (
    ChannelName,
    Delay,
    DtprCodes,
    Fraction,
    Hold,
    Mailbox,
    Name,
    Positive,
    Property,
    Rights,
    Text,
    Window,
)
from agent.tomlfile.quantities import Distance, Duration

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
