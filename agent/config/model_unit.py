"""The tables about the unit itself: `[unit]`, `[clock]` and `[control]`.

In: nothing. Out: structs, whose docstrings explain each key. Never: rules over several keys; the checkers have those.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from agent.config.model_values import DtprCodes, Grid, Mailbox, Name, SecretFile, Text, WebAddress
from agent.tomlfile.quantities import Distance

DEFAULT_LOCATION_GRID = Distance(1000)


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
