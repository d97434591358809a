"""`lamppost run FILE`: the unit at work, until SIGTERM.

Exit codes: 0 stopped; 1 it cannot start or a stage failed; 2 the command line is wrong.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from agent import assembly, keys
from agent.apart import apart
from agent.cli.main import DEFAULT_FILE, OK
from agent.config import Settings, load
from agent.errors import LamppostError
from agent.health import PERIOD_S
from agent.process import keep_memory_private, share_memory_among_threads
from agent.service import StoredRows, Surroundings, build
from agent.unit import Unit


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument("--runtime", type=Path, help="folder of the status file; default: $RUNTIME_DIRECTORY")
    parser.add_argument(
        "--status-every",
        type=float,
        default=PERIOD_S,
        metavar="SECONDS",
        help="renew it so often; default: %(default)g",
    )
    parser.add_argument("--keep-status", action="store_true", help="leave it behind at the end")
    parser.add_argument(
        "--report-stored",
        type=int,
        metavar="FD",
        help="write a line 'stream number window-start-ms' to this descriptor for each row, after its commit",
    )


def run(options: argparse.Namespace) -> int:
    """Run the unit until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))  # until the loop takes it over
    keep_memory_private()
    share_memory_among_threads()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    settings, tested = apart(partial(_prepared, options.file))  # what only the start needs is 4 MB
    asyncio.run(_run(settings, tested, options))
    return OK


def _prepared(file: Path) -> tuple[Settings, dict[str, str]]:
    """Return the settings in a file, and what the self-test of each stream found."""
    from agent import selftest  # noqa: PLC0415 - see the module

    settings = load(file)
    return settings, selftest.findings(settings)


async def _run(settings: Settings, tested: Mapping[str, str], options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    key = keys.load(settings.unit.key, os.environ)
    clock, gnss = assembly.make_clock(settings)
    around = Surroundings(
        clock=clock,
        raise_floor=clock.raise_floor,
        gnss=gnss,
        environment=os.environ,
        runtime=options.runtime or _runtime_directory(),
        status_every_s=options.status_every,
        keep_status=options.keep_status,
        on_stored=None if options.report_stored is None else _reporter(options.report_stored),
    )
    await Unit(await build(settings, tested=tested, key=key, around=around)).run(stop)


def _runtime_directory() -> Path | None:
    folder = os.environ.get("RUNTIME_DIRECTORY")
    return None if folder is None else Path(folder.partition(":")[0])


def _reporter(descriptor: int) -> StoredRows:
    """Return what tells a supervisor of stored rows; it is called on the store's thread.

    Raises:
        LamppostError: the descriptor is none.
    """
    try:
        os.fstat(descriptor)
    except OSError as error:
        raise LamppostError(
            f"--report-stored {descriptor}: expected a descriptor that was open at the start: {error.strerror}"
        ) from error

    def report(rows: Sequence[tuple[str, int, int]]) -> None:
        os.write(descriptor, "".join(f"{stream} {number} {start}\n" for stream, number, start in rows).encode())

    return report
