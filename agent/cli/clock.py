"""`lamppost clock FILE`: what the unit's clock is worth now; with `--forget`, believe it although it was later once.

The agent believes no time before one that it was sure of: time does not run backwards. When a clock has run far
ahead, that is wrong, and every later boot would stay without a date until the one that was shown. Mostly the agent
notices by itself (see docs/time.md). Where it cannot, a person who has compared the clock with another one says so.

Exit codes: 0 the clock is synchronised, or done; 1 it is not, or it could not be done; 2 the command line is wrong.
"""

import argparse
import time
from pathlib import Path

from agent.boots import FORGET
from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.config import ClockSource, Settings, load
from agent.discipline import KernelTime, read_kernel_time
from agent.errors import LamppostError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument(
        "--forget", action="store_true", help="let the agent believe a time before the last one it knew"
    )
    parser.add_argument("--yes", action="store_true", help="do it")


def run(options: argparse.Namespace) -> int:
    """Tell what the clock is worth, or have the agent forget the last time it knew."""
    settings = load(options.file)
    if not options.forget:
        return _tell(settings)
    if not options.yes:
        print(
            "This makes the agent believe the unit's clock although it was later once. Compare it with another one:\n"
            f"  it shows {_shown(time.time())}\n"
            "If that is right, say --forget --yes. Noisy counts are withheld until the next UTC day."
        )
        return USAGE
    path = settings.directory / FORGET
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise LamppostError(
            f"{path}: cannot be written: {error.strerror}; run this as root or as the agent"
        ) from error
    print("Done. It holds from the agent's next start: systemctl restart lamppost")
    return OK


def _tell(settings: Settings) -> int:
    print(f"the clock shows     {_shown(time.time())}")
    print(f"the unit takes it   from {_SOURCES[settings.clock.source]}")
    try:
        kernel = read_kernel_time()
    except OSError as error:
        print(f"the kernel          does not tell ({error.strerror})")
        return FAILED
    print(f"the kernel says     {_said(kernel)}")
    return OK if kernel.synchronised else FAILED


def _said(kernel: KernelTime) -> str:
    if kernel.synchronised:
        return f"synchronised, to {kernel.maxerror_us / 1000:.0f} ms"
    return "not synchronised: is a time service running, and does it reach its servers (timedatectl)?"


def _shown(utc_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(utc_s))


_SOURCES = {
    ClockSource.KERNEL: "the kernel, once that is synchronised",
    ClockSource.GNSS: "a GNSS receiver",
    ClockSource.SYSTEM: "the system, as it is",
}
