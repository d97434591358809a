"""Catalogue entries in DCAT-US 1.1, the metadata schema of Project Open Data (data.json), made from declarations.

In: datasets. Out: plain values, ready for JSON. Never: a statement that no declaration makes.

What the schema asks of United States federal agencies only (`bureauCode`, `programCode`) is left out, and so is
`dataQuality`: whether a dataset meets an agency's guidelines is for the agency to say.
"""

import math
import re
from collections.abc import Iterable
from typing import Any, Final

from receiver import wording
from receiver.datasets import Dataset, duration, instant, length

SCHEMA: Final = "https://project-open-data.cio.gov/v1.1/schema"
_MOST_RIGHTS: Final = 255
_RESTRICTED: Final = "Not released to the public as it is; ask the contact point for access."
_MAIL: Final = re.compile(r"[\w~!$&'()*+,;=:.-]+@[\w.-]+\.[\w.-]+", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://[!-~]+", re.ASCII)
_DEGREE: Final = 1e-5
_LATITUDE_DEGREE_M: Final = 110_574
_LONGITUDE_DEGREE_M: Final = 111_319
"""One degree of latitude, and one of longitude, at the equator (WGS 84)."""
_WIDER: Final = 1.03
"""Cells of the unit's grid are wider than their edge by up to this; see `agent.privacy.grid`."""

Entry = dict[str, Any]


def catalogue(entries: Iterable[Dataset], *, base_url: str | None = None) -> Entry:
    """Return a whole ``data.json``.

    Args:
        entries: what is listed.
        base_url: address of the folder in which tables and data dictionaries are served; without one, no dataset says
            where its data is.
    """
    identity: Entry = {} if base_url is None else {"@id": _join(base_url, "data.json")}
    return {
        "@context": f"{SCHEMA}/catalog.jsonld",
        **identity,
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA,
        "describedBy": f"{SCHEMA}/catalog.json",
        "dataset": [dataset(entry, base_url=base_url) for entry in entries],
    }


def dataset(entry: Dataset, *, base_url: str | None = None) -> Entry:
    """Return one dataset of a catalogue."""
    stream, content = entry.stream, entry.content
    optional = {
        "rights": _rights(entry),
        "license": stream.licence if is_address(stream.licence) else None,
        "spatial": spatial(content.location) or content.site or None,
        "temporal": _temporal(entry),
        "issued": content.installed,
        **_found(entry, base_url),
    }
    return {
        "@type": "dcat:Dataset",
        "identifier": entry.identifier,
        "title": entry.title,
        "description": description(entry),
        "keyword": list(dict.fromkeys(filter(None, stream.keywords)))
        or [channel.name for channel in stream.channels],
        "modified": instant(entry.declared_ms),
        "publisher": _publisher(entry),
        "contactPoint": _contact(entry),
        "accessLevel": stream.access,
        "accrualPeriodicity": f"R/{duration(stream.window_ms * stream.batch_rows)}",
        **{name: value for name, value in optional.items() if value is not None},
    }


def description(entry: Dataset) -> str:
    """Return what the stream is and what it is for, in words."""
    stream, content = entry.stream, entry.content
    parts = [stream.description, f"Purpose: {stream.purpose}", f"One row for each {length(stream.window_ms)}."]
    if stream.suppress_below is not None:
        parts.append(f"What fewer than {stream.suppress_below} people or vehicles contributed to is withheld.")
    if stream.noise is not None:
        parts.append("Random noise is added to counts (differential privacy).")
    parts += wording.alarms(stream)
    if content.legal_basis:
        parts.append(f"Legal basis: {content.legal_basis}")
    if content.simulated:
        parts.append("The sensors are simulated: no value was measured.")
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def spatial(location: tuple[int, int, int] | None) -> str | None:
    """Return the cell in which a unit stands, as west, south, east and north in degrees; None when it is not told."""
    if location is None:
        return None
    latitude, longitude, edge_m = location[0] * _DEGREE, location[1] * _DEGREE, location[2]
    north = edge_m / 2 / _LATITUDE_DEGREE_M * _WIDER
    width_m = _LONGITUDE_DEGREE_M * math.cos(math.radians(min(89.0, abs(latitude) + north)))
    east = edge_m / 2 / width_m * _WIDER
    box = (
        max(-180.0, longitude - east),
        max(-90.0, latitude - north),
        min(180.0, longitude + east),
        min(90.0, latitude + north),
    )
    return ",".join(f"{degrees:.5f}" for degrees in box)


def _publisher(entry: Dataset) -> Entry:
    content, office = entry.content, entry.content.office
    body: Entry = {"@type": "org:Organization", "name": content.publisher or office or content.unit}
    if office in {"", body["name"]}:
        return body
    return {"@type": "org:Organization", "name": office, "subOrganizationOf": body}


def _contact(entry: Dataset) -> Entry:
    mail = mailbox(entry)
    point: Entry = {"@type": "vcard:Contact", "fn": _publisher(entry)["name"]}
    return point if mail is None else point | {"hasEmail": f"mailto:{mail}"}


def mailbox(entry: Dataset) -> str | None:
    """Return the mailbox for questions about a stream, else the unit's; None when neither is one."""
    return next((mail for mail in (entry.stream.contact, entry.content.contact) if _MAIL.fullmatch(mail)), None)


def is_address(text: str) -> bool:
    """Return whether a licence is named by an address, as the standards want it."""
    return _ADDRESS.fullmatch(text) is not None


def _rights(entry: Dataset) -> str | None:
    """Return the rights text, which explains any access that is not public, within what the schema takes."""
    text = entry.stream.rights or ("" if entry.is_public else _RESTRICTED)
    if len(text) > _MOST_RIGHTS:
        text = text[: _MOST_RIGHTS - 1].rstrip() + "…"
    return text or None


def _temporal(entry: Dataset) -> str | None:
    if entry.first_ms is None or entry.last_ms is None:
        return None
    return f"{instant(entry.first_ms)}/{instant(entry.last_ms)}"


def _found(entry: Dataset, base_url: str | None) -> Entry:
    """Return where the data dictionary is and, of public data, the table."""
    if base_url is None:
        return {}
    described = {"describedBy": _join(base_url, entry.schema_path), "describedByType": "application/json"}
    if not entry.is_public:
        return described
    table = {
        "@type": "dcat:Distribution",
        "title": entry.title,
        "downloadURL": _join(base_url, entry.data_path),
        "mediaType": "text/csv",
        "format": "CSV",
        **described,
    }
    return {**described, "distribution": [table]}


def _join(base_url: str, path: str) -> str:
    return f"{base_url.rstrip('/')}/{path}"
