"""`lamppost-receiver restored`: says that the store came back from a backup, where the receiver cannot see that."""

import argparse
from pathlib import Path
from typing import Any

from receiver.errors import ReceiverError


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the command."""
    command = commands.add_parser("restored", help="the store came back from a backup: ask the units again")
    command.add_argument(
        "--store", type=Path, required=True, help="the receiver's store; the receiver must be stopped"
    )
    command.epilog = "Only needed when the whole folder came back; a store alone is noticed at the next start."
    command.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from receiver.restoring import declare_restored  # noqa: PLC0415  the other commands start faster without
    from receiver.store import Store  # noqa: PLC0415  as above

    if not chosen.store.is_file():
        raise ReceiverError(f"{chosen.store}: expected the store that `lamppost-receiver run` writes, found no file")
    store = Store(chosen.store)
    try:
        declare_restored(store, chosen.store)
    finally:
        store.close()
    print("At its next start the receiver begins a new epoch, and asks every unit for what came since the backup.")
    print("What a unit does not keep any more (`retain` in its [buffer]) stays a hole, and `show` tells it.")
    return 0
