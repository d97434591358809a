"""The data dictionary of a stream as a Frictionless Table Schema, and a Tabular Data Package around several.

In: datasets. Out: plain values, ready for JSON. Never: data.

Standard: Data Package, Tabular Data Package and Table Schema, version 1 (specs.frictionlessdata.io). Each released
channel is a number, and beside it stands a column with its quality code: a null without a reason would be read as
"nothing was there". Properties that the standard does not know begin with `senml`, `ucum` or `lamppost`.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from agent.wire.declared import DeclaredChannel, DeclaredStream
from agent.wire.messages import ClockQuality
from receiver import wording
from receiver.catalogue import description, is_address, mailbox
from receiver.datasets import Dataset, duration, instant, length

START: Final = "window.start"
LENGTH: Final = "window.seconds"
CLOCK: Final = "window.clock"
QUALITY: Final = ".quality"
"""What follows a channel's name in that of its quality column. No configured channel has a dot in its name."""
CLOCKS: Final = {
    ClockQuality.SYNCHRONISED: "the clock was right",
    ClockQuality.HOLDOVER: "the clock was right once and has been running free since",
    ClockQuality.UNSET: "the clock was not set; the time was found afterwards",
}
_MS_PER_S: Final = 1000
_FRACTIONS: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_NOT_IN_A_NAME: Final = re.compile(r"[^-a-z0-9._/]")

Descriptor = dict[str, Any]


def table_schema(stream: DeclaredStream) -> Descriptor:
    """Return the data dictionary of a stream's table; the names of its fields are the head of the table."""
    fields = [_start(stream), _length(stream), _clock()]
    for channel in stream.channels:
        fields += [_number(channel, stream), _quality(channel)]
    return {"fields": fields, "missingValues": [""], "primaryKey": [START]}


def resource(entry: Dataset) -> Descriptor:
    """Return one table of a package."""
    stream = entry.stream
    return {
        "profile": "tabular-data-resource",
        "name": _name(entry.identifier),
        "path": entry.data_path,
        "title": entry.title,
        "description": description(entry),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **({"licenses": [{"path": stream.licence}]} if is_address(stream.licence) else {}),
        "schema": table_schema(stream),
        "lamppost:identifier": entry.identifier,
        "lamppost:declaration": entry.hash.hex(),
        "lamppost:access": stream.access,
        "lamppost:temporalResolution": duration(stream.window_ms),
        "lamppost:dtpr": sorted({*entry.content.dtpr, *stream.dtpr}),
    }


def data_package(entries: Sequence[Dataset], *, name: str = "lamppost") -> Descriptor:
    """Return a package that describes the tables of several datasets.

    Only public data is in it: a package says where its data is.

    Args:
        entries: at least one of them public.
        name: of the package.
    """
    listed = [entry for entry in entries if entry.is_public]
    mails = {mailbox(entry): entry.content.office for entry in listed}
    return {
        "profile": "tabular-data-package",
        "name": _name(name),
        "created": instant(max(entry.declared_ms for entry in listed)),
        "contributors": [
            {"title": title, "role": "publisher"} for title in sorted({entry.content.publisher for entry in listed})
        ]
        + [
            {"title": office, "email": mail, "role": "maintainer"}
            for mail, office in mails.items()
            if mail and office
        ],
        "resources": [resource(entry) for entry in listed],
    }


def _start(stream: DeclaredStream) -> Descriptor:
    whole = wording.finest_ms(stream) % _MS_PER_S == 0
    return {
        "name": START,
        "type": "datetime",
        "format": "default" if whole else _FRACTIONS,
        "title": "start of the window",
        "description": "When the window began, in UTC. Windows are counted from 1970, so they begin at whole steps.",
        "constraints": {"required": True, "unique": True},
    }


def _length(stream: DeclaredStream) -> Descriptor:
    finest_ms = wording.finest_ms(stream)
    faster = "" if finest_ms == stream.window_ms else f", or {length(finest_ms)} for a time after an alarm"
    return {
        "name": LENGTH,
        "type": "number",
        "title": "length of the window in seconds",
        "description": f"The stream's window ({length(stream.window_ms)}), or a multiple where windows were merged"
        f"{faster}.",
        "senml:unit": "s",
        "ucum:unit": "s",
        "constraints": {"required": True, "minimum": _json(Decimal(finest_ms) / _MS_PER_S)},
    }


def _clock() -> Descriptor:
    meanings = "; ".join(f"{quality.name.lower()}: {meaning}" for quality, meaning in CLOCKS.items())
    return {
        "name": CLOCK,
        "type": "string",
        "title": "quality of the time",
        "description": f"How far the time can be believed. {meanings}",
        "constraints": {"required": True, "enum": [quality.name.lower() for quality in CLOCKS]},
    }


def _number(channel: DeclaredChannel, stream: DeclaredStream) -> Descriptor:
    custom = {
        "rdfType": channel.property,
        "senml:unit": channel.unit,
        "ucum:unit": channel.ucum,
        "lamppost:rule": channel.rule,
        "lamppost:exponent": channel.exponent,
        "lamppost:resolution": _json(wording.scaled(channel.resolution, channel.exponent)),
        "lamppost:sensitivity": channel.sensitivity,
    }
    return {
        "name": channel.name,
        "type": "integer" if channel.exponent >= 0 else "number",
        "title": wording.title(channel),
        "description": wording.describe(channel, stream),
        "constraints": {
            "minimum": _json(wording.scaled(channel.minimum, channel.exponent)),
            "maximum": _json(wording.scaled(channel.maximum, channel.exponent)),
        },
        **{key: value for key, value in custom.items() if value != ""},
    }


def _quality(channel: DeclaredChannel) -> Descriptor:
    return {
        "name": channel.name + QUALITY,
        "type": "string",
        "title": f"{channel.name.replace('_', ' ')}: quality",
        "description": wording.describe_quality(channel),
        "constraints": {"required": True, "enum": [quality.name.lower() for quality in wording.QUALITIES]},
    }


def _json(value: Decimal) -> int | float:
    """Return a number as JSON has it: an integer if it is one."""
    return int(value) if value == value.to_integral_value() else float(value)


def _name(text: str) -> str:
    """Return a name as the standard wants it: lower case, without what an address would have to quote."""
    return _NOT_IN_A_NAME.sub("-", text.lower())
