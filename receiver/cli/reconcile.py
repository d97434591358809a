"""`lamppost-receiver reconcile UNIT LOGFILE`: a unit's disclosure log against what the city holds.

Exit codes: 0 no difference; 1 differences; 2 a file cannot be used.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from agent.wire.errors import WireError
from receiver.errors import ReceiverError


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the command."""
    command = commands.add_parser("reconcile", help="compare a unit's disclosure log with what is stored here")
    command.add_argument("unit", help="the unit's id")
    command.add_argument("log", type=Path, help="what `lamppost disclosures --format json` or `cbor` wrote")
    command.add_argument("--store", type=Path, required=True, help="the receiver's store")
    command.add_argument("--json", action="store_true", help="for programs")
    command.epilog = "Exit codes: 0 no difference, 1 differences, 2 a file cannot be used."
    command.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from agent.wire.export import parse_export  # noqa: PLC0415  the other commands start faster without
    from receiver.cli.reconcile_page import lines, values  # noqa: PLC0415  as above
    from receiver.holdings import holdings  # noqa: PLC0415  as above
    from receiver.reconcile import reconcile  # noqa: PLC0415  as above

    try:
        export = parse_export(chosen.log.read_bytes())
    except OSError as error:
        raise ReceiverError(f"{chosen.log}: cannot read it: {error.strerror}") from error
    except WireError as error:
        raise ReceiverError(
            f"{chosen.log}: {error}; expected what `lamppost disclosures --format json` or `cbor` wrote"
        ) from error
    if export.header.unit != chosen.unit:
        raise ReceiverError(
            f"{chosen.log}: expected the log of unit {chosen.unit}, found that of {export.header.unit}"
        )
    result = reconcile(export, holdings(chosen.store, chosen.unit))
    if chosen.json:
        print(json.dumps(values(chosen.unit, result), indent=2))
    else:
        print("\n".join(lines(chosen.unit, result)))
    return 1 if result.differences else 0
