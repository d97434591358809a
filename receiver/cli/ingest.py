"""`lamppost-receiver ingest FILE...`: messages that somebody has carried here from a unit's card.

Exit codes: 0 all of it is stored or was here; 1 something was not believed, contradicts, or is cut off; 2 a file
cannot be used.
"""

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver.errors import ReceiverError

if TYPE_CHECKING:
    from receiver.ingest import Ingested


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the command."""
    command = commands.add_parser("ingest", help="take in messages that were carried here in a file")
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="what `lamppost buffer export` wrote")
    command.add_argument(
        "--store", type=Path, required=True, help="the receiver's store; the receiver may be running"
    )
    command.add_argument("--devices", type=Path, required=True, help="the device registry")
    command.add_argument("--json", action="store_true", help="for programs")
    command.epilog = (
        "Each message is verified as if the broker had brought it. Taking a file twice does no harm. "
        "Exit codes: 0 done, 1 something has to be looked into, 2 a file cannot be used."
    )
    command.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from agent.wire.bundle import unpack  # noqa: PLC0415  the other commands start faster without
    from receiver.ingest import Ingest, lines  # noqa: PLC0415  as above
    from receiver.settings import load_registry  # noqa: PLC0415  as above
    from receiver.store import Store  # noqa: PLC0415  as above
    from receiver.trusted import TrustedDevices  # noqa: PLC0415  as above

    bundles = [(path, unpack(_read(path))) for path in chosen.files]
    if not chosen.store.is_file():
        raise ReceiverError(f"{chosen.store}: expected the store that `lamppost-receiver run` writes, found no file")
    trusted = TrustedDevices(load_registry(chosen.devices))
    store = Store(chosen.store)
    try:
        ingest = Ingest(store, trusted)
        for path, bundle in bundles:
            ingest.take(bundle.envelopes, name=path.name, now_ms=time.time_ns() // 1_000_000)
    finally:
        store.close()
    rests = {str(path): bundle.rest for path, bundle in bundles if bundle.rest}
    if chosen.json:
        print(json.dumps(_values(ingest.result, rests), indent=2))
    else:
        print("\n".join(lines(ingest.result)))
        for name, rest in rests.items():
            print(f"{name}: the last {rest} bytes are no whole message: was it cut off while it was copied?")
    return 0 if ingest.result.clean and not rests else 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReceiverError(f"{path}: cannot read it: {error.strerror}") from error


def _values(result: "Ingested", rests: dict[str, int]) -> dict[str, Any]:
    return {
        "streams": [
            {
                "unit": unit,
                "stream": stream,
                "new": taken.new,
                "rows": taken.rows,
                "doubled": taken.doubled,
                "contradicting": taken.contradicting,
                "states": {state.value: count for state, count in taken.states.items()},
                "forks": [{"epoch": epoch.hex(), "seq": seq} for epoch, seq in taken.forks],
            }
            for (unit, stream), taken in sorted(result.streams.items())
        ],
        "refused": dict(result.refused),
        "cut_off": rests,
    }
