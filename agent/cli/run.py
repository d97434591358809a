"""`lamppost run FILE`: the unit at work, until SIGTERM.

Exit codes: 0 stopped; 1 it cannot start or a stage failed; 2 the command line is wrong; 10 a bus or a sensor hangs
and only a new process can help; 11 the same for the way to the broker. systemd starts it again after all of them.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from agent import assembly, keys
from agent.apart import apart
from agent.cli.main import DEFAULT_FILE, OK
from agent.config import Settings, load
from agent.errors import LamppostError
from agent.flash import Written, open_count
from agent.health import PERIOD_S
from agent.process import keep_memory_private, settle_memory, spare_memory
from agent.restarts import FAILURE, RestartNeeded, Restarts
from agent.service import build
from agent.surroundings import StoredRows, Surroundings
from agent.unit import Unit

_LOG = logging.getLogger(__name__)
_FAILURES: Final = 3
_FIRST_WAIT_S: Final = 5
_LONGEST_WAIT_S: Final = 60
"""systemd expects a start within 90 s (DefaultTimeoutStartSec)."""


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
    written = open_count()  # before nobody may look
    keep_memory_private()
    spare_memory()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    settings, tested = apart(partial(_prepared, options.file))  # what only the start needs is 4 MB
    asyncio.run(_run(settings, tested, options, written=written))
    return OK


def _prepared(file: Path) -> tuple[Settings, dict[str, str]]:
    """Return the settings in a file, and what the self-test of each stream found."""
    from agent import selftest  # noqa: PLC0415 - see the module

    settings = load(file)
    return settings, selftest.findings(settings)


async def _run(
    settings: Settings, tested: Mapping[str, str], options: argparse.Namespace, *, written: Written
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    key = keys.load(settings.unit.key, os.environ)
    clock, gnss = assembly.make_clock(settings)
    await _hold_off(Restarts(settings.directory, clock=clock).count(FAILURE), stop)
    around = Surroundings(
        clock=clock,
        remember=clock.remember,
        certified=clock.certified,
        gnss=gnss,
        environment=os.environ,
        runtime=options.runtime or _runtime_directory(),
        status_every_s=options.status_every,
        keep_status=options.keep_status,
        on_stored=None if options.report_stored is None else _reporter(options.report_stored),
        written=written,
    )
    try:
        unit = Unit(await build(settings, tested=tested, key=key, around=around))
        settle_memory()
        await unit.run(stop)
    except RestartNeeded as needed:
        _end_at_once(needed)
    except LamppostError:
        raise
    except Exception:
        Restarts(settings.directory, clock=clock).note(FAILURE)
        raise


async def _hold_off(failures: int, stop: asyncio.Event) -> None:
    """Wait before a start that is likely to fail as the last ones did: each one costs the flash a few writes."""
    if failures <= _FAILURES:
        return
    wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - _FAILURES - 1, 8))
    _LOG.warning("failed %d times in 24 hours: starting in %.0f s", failures, wait_s)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await stop.wait()


def _end_at_once(needed: RestartNeeded) -> NoReturn:
    """End the process; the store is closed. An orderly end would wait for the task or the thread that hangs."""
    _LOG.error("%s", needed)
    sys.stderr.flush()
    os._exit(needed.exit_code)


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
