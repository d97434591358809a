"""`lamppost status`: how the running agent is, read from the file it keeps in its runtime directory.

Exit codes: 0 everything works; 1 something does not, or the agent is not running.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from agent.cli.main import FAILED, OK

_DEFAULT: Final = Path("/run/lamppost")
_STALE_S: Final = 60


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--runtime", type=Path, default=_DEFAULT, help="folder of the status file; default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print the file as it is, for programs")
    parser.epilog = "Exit codes: 0 everything works, 1 something does not or the agent is not running."


def run(options: argparse.Namespace) -> int:
    """Print the status and return the exit code."""
    file = options.runtime / "status.json"
    try:
        known: dict[str, Any] = json.loads(file.read_text())
    except OSError as error:
        print(
            f"{file}: cannot read the status: {error.strerror}. Is the agent running? Try: systemctl status lamppost",
            file=sys.stderr,
        )
        return FAILED
    if options.json:
        print(json.dumps(known, indent=2))
    age_s = max(0, time.time_ns() // 1_000_000 - known["written_utc_ms"]) // 1000
    troubles = list(_troubles(known, age_s))
    if not options.json:
        from agent.cli.status_page import render  # noqa: PLC0415  rich is slow to import

        render(known, age_s=age_s, troubles=troubles)
    return FAILED if troubles else OK


def _troubles(known: dict[str, Any], age_s: int) -> list[str]:
    """Return what is not as it should be, each with what to do."""
    found = []
    if age_s > _STALE_S:
        found.append(f"this status is {age_s} s old: the agent hangs or has ended. Try: systemctl status lamppost")
    for name, sensor in known["sensors"].items():
        if sensor["state"] != "ok":
            found.append(
                f"sensor {name} is {sensor['state'] or 'not answering yet'}: {sensor['problem'] or 'wait a moment'}"
            )
    found += [f"stream {name} is suspended: {reason}" for name, reason in known["suspended"].items()]
    uplink, outbox = known["uplink"] or {}, known["outbox"] or {}
    if not uplink.get("connected"):
        found.append(f"no connection to the broker: {uplink.get('problem') or 'connecting'}")
    elif uplink.get("problem"):
        found.append(f"uplink: {uplink['problem']}")
    if outbox.get("trouble"):
        found.append(f"the buffer cannot store: {outbox['trouble']}")
    if known["clock"]["quality"] == "unset":
        found.append("the clock is not set: rows carry boot time until it is. Check the network or the GNSS antenna")
    return found
