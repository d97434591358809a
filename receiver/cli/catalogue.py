"""`lamppost-receiver catalogue` and `declarations`: what the city may tell about its data, and who has told it.

Exit codes: 0 done, 2 a file cannot be used or there is nothing to list.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from receiver.datasets import Dataset, datasets, instant
from receiver.declared import Declared, Version
from receiver.errors import ReceiverError

_HASH_SHOWN: Final = 16


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the commands."""
    command = commands.add_parser("catalogue", help="catalogue entries and data dictionaries, from the declarations")
    _add_store(command)
    command.add_argument("--stream", help="this stream only")
    command.add_argument(
        "--format",
        choices=("dcat", "frictionless", "table-schema"),
        default="dcat",
        help="a DCAT-US 1.1 data.json (default), a data package, or the dictionary of one stream",
    )
    command.add_argument("--base-url", help="where the folder of `--into` is served, for links to tables")
    command.add_argument("--into", type=Path, metavar="DIR", help="write all of it, with the public tables, into DIR")
    command.set_defaults(run=_catalogue)
    command = commands.add_parser("declarations", help="every version of the units' declarations, and their rows")
    _add_store(command)
    command.add_argument("--json", action="store_true", help="for programs, with what each one says")
    command.set_defaults(run=_declarations)


def _add_store(command: argparse.ArgumentParser) -> None:
    command.add_argument("--store", type=Path, required=True, help="the receiver's store")
    command.add_argument("--unit", help="this unit only")


def _catalogue(chosen: argparse.Namespace) -> int:
    from receiver.catalogue import catalogue, is_address  # noqa: PLC0415  the other commands start faster without

    if chosen.base_url is not None and not is_address(chosen.base_url):
        raise ReceiverError("--base-url: expected an address that begins with https:// and has no spaces")
    entries = datasets(_versions(chosen), stream=chosen.stream)
    if not entries:
        raise ReceiverError(
            f"{chosen.store}: no unit has declared such a stream; see `lamppost-receiver declarations`"
        )
    if chosen.into is not None:
        from receiver.folder import write  # noqa: PLC0415  as above

        for line in write(chosen.into, entries, store=chosen.store, base_url=chosen.base_url):
            print(line)
    elif chosen.format == "dcat":
        print(json.dumps(catalogue(entries, base_url=chosen.base_url), indent=2))
    else:
        print(json.dumps(_described(chosen.format, entries), indent=2))
    return 0


def _described(form: str, entries: Sequence[Dataset]) -> dict[str, Any]:
    from receiver.dictionary import data_package, table_schema  # noqa: PLC0415  as above

    if form == "frictionless":
        if not any(entry.is_public for entry in entries):
            raise ReceiverError("none of these streams is public, so no package may say where its data is")
        return data_package(entries)
    if len(entries) > 1:
        raise ReceiverError(f"these are {len(entries)} streams; name one with --unit and --stream")
    return table_schema(entries[0].stream)


def _declarations(chosen: argparse.Namespace) -> int:
    versions = _versions(chosen)
    if chosen.json:
        print(json.dumps([_values(version) for version in versions], indent=2))
        return 0
    for version in versions:
        for line in _lines(version):
            print(line)
    if not versions:
        print("no declaration has come yet")
    return 0


def _versions(chosen: argparse.Namespace) -> list[Version]:
    declared = Declared(chosen.store)
    try:
        return declared.versions(chosen.unit)
    finally:
        declared.close()


def _lines(version: Version) -> list[str]:
    state = ", current" if version.current else ", not here: it was asked for" if version.content is None else ""
    seen = f"seen from {instant(version.first_ms)} to {instant(version.last_ms)}"
    lines = [
        f"{version.unit} {version.hash.hex()[:_HASH_SHOWN]}{state}",
        f"  {seen}, cited by {_batches(version.batches)}",
    ]
    if version.set_aside:
        lines.append(f"  set aside until it comes: {_batches(version.set_aside)}")
    for stream, rows in version.rows.items():
        undated = f", {rows.undated} without a date" if rows.undated else ""
        span = ""
        if rows.first_ms is not None and rows.last_ms is not None:
            span = f" from {instant(rows.first_ms)} to {instant(rows.last_ms)}"
        lines.append(f"  {stream}: {rows.count} rows{span}{undated}")
    return lines


def _batches(count: int) -> str:
    return "1 batch" if count == 1 else f"{count} batches"


def _values(version: Version) -> dict[str, Any]:
    content = version.content
    return {
        "unit": version.unit,
        "hash": version.hash.hex(),
        "current": version.current,
        "received_ms": version.received_ms,
        "first_ms": version.first_ms,
        "last_ms": version.last_ms,
        "batches": version.batches,
        "set_aside": version.set_aside,
        "software": None if content is None else content.software,
        "streams": None
        if content is None
        else {stream.name: [channel.name for channel in stream.channels] for stream in content.streams},
        "rows": {
            stream: {"count": rows.count, "undated": rows.undated, "first_ms": rows.first_ms, "last_ms": rows.last_ms}
            for stream, rows in version.rows.items()
        },
    }
