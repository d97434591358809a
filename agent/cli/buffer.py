"""`lamppost buffer ls|verify|export|repair`: what waits at a unit, whether it is sound; how to carry it, and mend it.

`ls`, `verify` and `export` read a private copy, so that the agent may be at work, and need neither key nor
configuration with --store: also for a folder that was copied from a unit's card. `repair` and `export --key` change
the store, and need the agent to be stopped. Exit codes: 0 done, nothing is wrong; 1 something is; 2 it cannot be
read.
"""

import argparse
import sys
from pathlib import Path

from agent.buffer import files
from agent.buffer.contents import Contents
from agent.buffer.examine import examine
from agent.buffer.snapshot import copied
from agent.buffer.survey import survey
from agent.buffer.wal import size_of, wal_path
from agent.cli.buffer_look import look
from agent.cli.buffer_page import Found, print_found, print_verdict
from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.errors import LamppostError

STORE = "outbox.db"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action")
    for name, text in (
        ("ls", "tell what waits, stream by stream"),
        ("verify", "check every checksum, chain and counter"),
        ("export", "write the sealed messages into a file, to be carried to the city"),
        ("repair", "keep what can be read of a damaged store; the agent must be stopped"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help=f"the unit's file; default: {DEFAULT_FILE}"
        )
        action.add_argument("--store", type=Path, metavar="DIR", help="folder with outbox.db, or that file itself")
        if name in {"ls", "verify"}:
            action.add_argument("--json", action="store_true", help="for programs")
        if name == "export":
            action.add_argument("--out", type=Path, required=True, metavar="PATH", help="file to write; must be new")
            action.add_argument(
                "--key", type=Path, metavar="KEYFILE", help="the unit's key: seal first what is not sealed yet"
            )
    parser.epilog = "Exit codes: 0 done, nothing is wrong; 1 something is; 2 the buffer cannot be read."
    parser.set_defaults(usage=parser.format_usage())


def run(options: argparse.Namespace) -> int:
    """Do what is asked, and return the exit code."""
    if options.action is None:
        print(options.usage, end="")
        return USAGE
    try:
        if options.action == "export":
            from agent.cli.buffer_export import export  # noqa: PLC0415 - the others need no control state

            return export(_store(options), out=options.out, key=options.key)
        if options.action == "repair":
            from agent.cli.buffer_repair import repair  # noqa: PLC0415 - the others mend nothing

            return repair(_store(options), config=None if options.store is not None else _file(options))
        return _look(_store(options), verify=options.action == "verify", as_json=options.json)
    except LamppostError as error:
        print(f"lamppost buffer {options.action}: {error}", file=sys.stderr)
        return USAGE


def _file(options: argparse.Namespace) -> Path:
    return Path(options.file or DEFAULT_FILE)


def _store(options: argparse.Namespace) -> Path:
    """Return the store's file; with --store no configuration is read."""
    if options.store is not None:
        given: Path = options.store
        return given / STORE if given.is_dir() else given
    from agent import assembly  # noqa: PLC0415 - the configuration is not needed with --store
    from agent.config import load  # noqa: PLC0415

    return assembly.store_path(load(_file(options)))


def found_at(path: Path) -> Found:
    """Return everything that can be told about a store.

    Raises:
        StoreError: not even its files can be read.
    """
    with copied(path) as copy:
        contents = Contents(copy, look=look)
    return Found(
        path=path,
        files={entry.name: size_of(entry) for entry in (path, wal_path(path)) if entry.exists()},
        aside={entry.name: size_of(entry) + size_of(wal_path(entry)) for entry in files.set_aside(path)},
        survey=survey(contents),
        faults=tuple(examine(contents)),
    )


def _look(path: Path, *, verify: bool, as_json: bool) -> int:
    found = found_at(path)
    if verify:
        print_verdict(found, as_json=as_json)
    else:
        print_found(found, as_json=as_json)
    return FAILED if found.faults else OK
