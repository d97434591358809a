"""`lamppost status`: how the running agent is, read from the file it keeps in its runtime directory.

Exit codes: 0 everything works; 1 something does not, or the agent is not running.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

from agent.cli.main import FAILED, OK
from agent.errors import LamppostError

_DEFAULT: Final = Path("/run/lamppost")
_STALE_S: Final = 60
_NS_PER_S: Final = 1_000_000_000
_REMEDY: Final = "Is the agent running? Try: systemctl status lamppost"
_WORN: Final = "more was written to the flash today than [buffer] flash_daily allows; see `lamppost plan`"
_STORE_REMEDIES: Final = {
    "full": "Free space on the disk of the buffer's directory: df -h",
    "read-only": "The system has made its disk or card read-only, as after an error: see dmesg",
    "unavailable": "Check the disk or card of the buffer's directory, and who may write there",
}


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
        data = file.read_bytes()
    except OSError as error:
        raise LamppostError(f"{file}: cannot read the status: {error.strerror}. {_REMEDY}") from error
    try:
        known: dict[str, Any] = json.loads(data)
        age_s = time.monotonic_ns() // _NS_PER_S - known["uptime_s"]
        troubles = _troubles(known, age_s)
        _print(known, age_s=age_s, troubles=troubles, as_json=options.json)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LamppostError(f"{file}: not a status that this version of Lamppost has written. {_REMEDY}") from error
    return FAILED if troubles else OK


def _print(known: dict[str, Any], *, age_s: int, troubles: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(known, indent=2))
        return
    from agent.cli.status_page import render  # noqa: PLC0415  rich is slow to import

    render(known, age_s=age_s, troubles=troubles)


def _troubles(known: dict[str, Any], age_s: int) -> list[str]:
    """Return what is not as it should be, each with what to do.

    The status is dated by the clock that counts from boot: wall time may have been set since.
    """
    found = []
    if age_s < 0:
        found.append("this status is from before the last boot: the agent has not started since. " + _REMEDY)
    elif age_s > _STALE_S:
        found.append(f"this status is {age_s} s old: the agent hangs or has ended. " + _REMEDY)
    found += _sensor_troubles(known["sensors"])
    found += [
        f"stream {name} is suspended: {reason}. Nothing of it leaves. Install Lamppost anew; if it stays, report it"
        for name, reason in known["suspended"].items()
    ]
    if known["control"]["lost"]:
        found.append(known["control"]["lost"])
    left_out = known.get("supervision", {}).get("left_out", {})
    found += [f"the unit works without this part: {reason}" for reason in left_out.values()]
    uplink, outbox = known["uplink"] or {}, known["outbox"] or {}
    if not uplink.get("connected"):
        found.append(f"no connection to the broker: {uplink.get('problem') or 'connecting'}")
    elif uplink.get("problem"):
        found.append(f"uplink: {uplink['problem']}")
    if outbox.get("trouble"):
        remedy = _STORE_REMEDIES.get(outbox["trouble"], "Look at the system's log")
        found.append(f"the buffer cannot store: {outbox['trouble']}. New rows wait in memory. {remedy}")
    found += [_WORN] if (known.get("flash") or {}).get("over") else []
    if known["clock"]["quality"] == "unset":
        found.append("the clock is not set: rows carry boot time until it is. Check the network or the GNSS antenna")
    return found


def _sensor_troubles(sensors: dict[str, Any]) -> list[str]:
    found = []
    for name, sensor in sensors.items():
        if sensor["state"] not in {"ok", "paused"}:  # a pause is as it should be
            found.append(
                f"sensor {name} is {sensor['state'] or 'not answering yet'}: {sensor['problem'] or 'wait a moment'}"
            )
        elif sensor.get("suspicion"):  # files of earlier versions do not tell
            found.append(f"sensor {name} is suspicious: {sensor['suspicion']}. Compare it, or power it off and on")
    return found
