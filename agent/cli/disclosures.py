"""`lamppost disclosures [FILE]`: what left this unit, from its log; `lamppost disclosures verify` follows its chain.

Reads a private copy of the store, so that the agent may be at work. Exit codes: 0 done, the chain holds; 1 it does
not; 2 the command line is wrong, or the log cannot be read.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from agent.buffer.snapshot import snapshot
from agent.cli.disclosures_pick import Wanted
from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.errors import LamppostError
from agent.wire.errors import WireError
from agent.wire.excerpt import Chain, Export, Header, Numbered, Verdict, verify
from agent.wire.export import cbor_items, json_lines, parse_export

_VERIFY: Final = "verify"
_FORMATS: Final = ("csv", "json", "cbor")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("action", nargs="?", metavar=_VERIFY, help="follow the chain and say whether it holds")
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"the unit's file; default: {DEFAULT_FILE}")
    parser.add_argument("--store", type=Path, metavar="PATH", help="the store itself, instead of the unit's file")
    parser.add_argument(
        "--export", type=Path, metavar="PATH", help="with verify: a file that --format json or cbor has written"
    )
    parser.add_argument("--from", dest="since", type=_day, metavar="DATE", help="first day, UTC: YYYY-MM-DD")
    parser.add_argument("--to", dest="until", type=_day, metavar="DATE", help="last day, UTC: YYYY-MM-DD")
    parser.add_argument("--stream", metavar="NAME", help="one dataset, and what concerns all of them")
    parser.add_argument("--format", choices=_FORMATS, default="csv", help="default: %(default)s")
    parser.epilog = (
        "csv is for people; json and cbor hold the entries completely, so that they can be verified again. "
        "Exit codes: 0 done, the chain holds; 1 it does not; 2 the log cannot be read."
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a day as YYYY-MM-DD") from None


def run(options: argparse.Namespace) -> int:
    """Export the log or verify it, and return the exit code."""
    try:
        if options.action == _VERIFY:
            return _verify(options)
        if options.file is not None or options.export is not None:
            raise LamppostError(f"expected one file, or {_VERIFY} before it")  # noqa: TRY301 - told like the others
        options.file = options.action
        return _export(options)
    except LamppostError as error:
        print(f"lamppost disclosures: {error}", file=sys.stderr)
        return USAGE


def _store(options: argparse.Namespace) -> Path:
    if options.store is not None:
        path: Path = options.store
        return path
    from agent import assembly  # noqa: PLC0415 - the configuration is not needed with --store
    from agent.config import load  # noqa: PLC0415

    return assembly.store_path(load(Path(options.file or DEFAULT_FILE)))


# -- verifying


def _verify(options: argparse.Namespace) -> int:
    if options.export is not None:
        export = _read(options.export)
        return _tell(export.header, verify(export.header, export.entries))
    with snapshot(_store(options)) as log:
        chain = Chain(log.header)
        for _ in _followed(chain, log.entries()):
            pass
        return _tell(log.header, chain.verdict, own=True)


def _read(path: Path) -> Export:
    try:
        return parse_export(path.read_bytes())
    except OSError as error:
        raise LamppostError(f"{path}: cannot be read: {error.strerror}") from error
    except WireError as error:
        raise LamppostError(f"{path}: {error}. Expected what --format json or cbor has written") from error


def _tell(header: Header, verdict: Verdict, *, own: bool = False) -> int:
    """Print what was found; a unit's own log is never an excerpt."""
    held = max(0, header.last - header.first + 1)
    if verdict.broken is not None or (own and not verdict.complete):
        print(f"unit {header.unit}: {_broken(header, verdict)}")
        return FAILED
    if verdict.complete:
        span = f", {header.first} to {header.last}" if held else ""
        print(f"unit {header.unit}: {held} entries{span}; the chain holds")
    else:
        print(
            f"unit {header.unit}: an excerpt, {verdict.entries} of {held} entries; {verdict.unlinked} of them stand "
            "behind one that was left out and could not be checked against it, the others fit"
        )
    if header.first > 1:
        print(f"entries 1 to {header.first - 1} were cut; their chain ended with {header.base.hex()}")
    print(f"head {verdict.head.hex()}")
    return OK


def _broken(header: Header, verdict: Verdict) -> str:
    number = header.first + verdict.entries if verdict.broken is None else verdict.broken
    if verdict.broken is None and verdict.unlinked and verdict.last is not None:
        number = verdict.last
    return f"entry {number} does not fit the ones before it: there the log was changed or is damaged"


# -- exporting


def _export(options: argparse.Namespace) -> int:
    wanted = Wanted(since=options.since, until=options.until, stream=options.stream)
    with snapshot(_store(options)) as log:
        chain = Chain(log.header)
        picked = wanted.pick(_followed(chain, log.entries()))
        shown = _write(options.format, log.header, picked, wanted=wanted, chain=chain)
    verdict = chain.verdict
    if not verdict.complete:
        text = f"{_broken(log.header, verdict)}; nothing from there on is exported"
        print(f"lamppost disclosures: {text}", file=sys.stderr)
        return FAILED
    if not wanted.is_everything:
        print(f"an excerpt: {shown} of {verdict.entries} entries; {wanted}", file=sys.stderr)
    return OK


def _followed(chain: Chain, entries: Iterable[Numbered]) -> Iterator[Numbered]:
    """Yield entries as long as the chain holds without a hole."""
    for numbered in entries:
        if not chain.take(numbered) or chain.verdict.unlinked:
            return
        yield numbered


def _write(
    form: str, header: Header, picked: Iterable[tuple[Numbered, bool]], *, wanted: Wanted, chain: Chain
) -> int:
    """Write what was picked to standard output, and return how many entries."""
    if form == "csv":
        from agent.cli.disclosures_page import Table  # noqa: PLC0415 - not needed for the other formats

        table = Table(sys.stdout, header, wanted)
        shown = table.write(picked)
        if chain.verdict.complete:
            table.end(shown, head=chain.verdict.head)
        return shown
    counted = _Counted(numbered for numbered, chosen in picked if chosen)
    if form == "json":
        for line in json_lines(header, counted):
            print(line)
    else:
        for item in cbor_items(header, counted):
            sys.stdout.buffer.write(item)
        sys.stdout.buffer.flush()
    return counted.count


class _Counted:
    """Entries, counted as they pass."""

    def __init__(self, entries: Iterable[Numbered]) -> None:
        self._entries = entries
        self.count = 0

    def __iter__(self) -> Iterator[Numbered]:
        for numbered in self._entries:
            self.count += 1
            yield numbered
