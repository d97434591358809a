"""`lamppost control apply|status|reset`: the city's orders at the unit itself, without a network.

`apply` takes a signed document from a file, by the rules for those that come from the broker.
`status` tells what is ordered, by whom. `reset` makes a lost control state again, and undoes every order.

Exit codes: 0 done; for `status`: every stream runs. 1 it was refused or could not be done; for `status`: some stream
does not run. 2 the command line is wrong.
"""

import argparse
from pathlib import Path

from agent import assembly
from agent.cli.control_page import print_decision, print_state
from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.config import Settings, load
from agent.control import keys
from agent.control.desk import clocks
from agent.control.documents import MAX_DOCUMENT_BYTES, verify
from agent.control.errors import Busy, ControlError, StateLost
from agent.control.record import ControlState, lost_state
from agent.control.rules import Controller, Decision
from agent.control.spool import Spool
from agent.control.state import ControlFiles, look, reset
from agent.errors import LamppostError
from agent.wire.errors import WireError
from agent.wire.orders import Order


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action")
    apply = actions.add_parser("apply", help="obey a control document in a file")
    apply.add_argument("document", type=Path, help="the file that the city has signed")
    _add_file(apply)
    status = actions.add_parser("status", help="tell what is ordered, and by whom")
    _add_file(status)
    again = actions.add_parser("reset", help="make the control state again: every stream runs")
    again.add_argument("--yes", action="store_true", help="do it")
    again.add_argument(
        "--version",
        type=int,
        metavar="N",
        help="the last version that the city has given out; default: the highest that this unit knows",
    )
    _add_file(again)
    parser.epilog = "The city makes documents with `lamppost-receiver control make`; see docs/control.md."
    parser.set_defaults(usage=parser.format_usage())


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Do what is asked, and return the exit code."""
    if options.action is None:
        print(options.usage, end="")
        return USAGE
    settings = load(options.file)
    if options.action == "apply":
        return _apply(settings, _read(options.document))
    if options.action == "status":
        return _status(settings)
    return _reset(settings, sure=options.yes, version=options.version)


# -- apply


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise LamppostError(f"{path}: the document cannot be read: {error.strerror}") from error


def _apply(settings: Settings, unverified_data: bytes) -> int:
    try:
        files = ControlFiles.open(settings.directory)
    except Busy:
        return _hand_over(settings, unverified_data)
    try:
        state = files.read(unit=settings.unit.id)
        decision = _decide(settings, state, unverified_data)
        if decision.taken and (state.last is None or state.last.done):
            files.write(decision.state)
            print("No agent is running. The order is kept, and holds from the next start on:")
        else:
            print(_leave(settings, decision, unverified_data))
    except StateLost as error:
        return _leave_to_lost(settings, unverified_data, error)
    finally:
        files.close()
    print_decision(decision)
    return OK


def _hand_over(settings: Settings, unverified_data: bytes) -> int:
    """Leave a document for the running agent, and say what it will do."""
    try:
        state = look(settings.directory, unit=settings.unit.id)
    except StateLost as error:
        return _leave_to_lost(settings, unverified_data, error)
    decision = _decide(settings, state, unverified_data)
    said = _leave(settings, decision, unverified_data)
    print("The agent is running, and takes the order within seconds:" if decision.taken else said)
    print_decision(decision)
    return OK


def _leave(settings: Settings, decision: Decision, unverified_data: bytes) -> str:
    """Leave a document for the agent if it has anything to do with it; return what becomes of it, in words."""
    last = decision.before.last
    if not decision.taken and last is not None and last.document == decision.document.digest:
        return "This very document was taken before; it changes nothing:"
    Spool(settings.directory).put(unverified_data)
    if decision.taken:
        return "No agent is running, and an earlier order waits for it. It does this one after that:"
    return (
        "What it loosens needs a synchronised clock. The agent keeps it, and does it as soon as its clock is right:"
    )


def _leave_to_lost(settings: Settings, unverified_data: bytes, error: StateLost) -> int:
    """Leave a document for an agent whose control state is lost: only its disclosure log knows which may be taken."""
    verify(unverified_data, keys.load(settings.control.keys), unit=settings.unit.id, local=True)
    Spool(settings.directory).put(unverified_data)
    print(error)
    print("The document is left for the agent. It is obeyed if its version is above all in the disclosure log.")
    return OK


def _decide(settings: Settings, state: ControlState, unverified_data: bytes) -> Decision:
    clock, _ = assembly.make_clock(settings)
    controller = Controller(keys.load(settings.control.keys), unit=settings.unit.id, state=state)
    streams = [plan.name for plan in settings.streams]
    try:
        return controller.take(unverified_data, now=clocks(clock.instant()), streams=streams, local=True)
    except WireError as error:
        raise LamppostError(f"the document has no effect: {error}") from error


# -- status


def _status(settings: Settings) -> int:
    try:
        state = look(settings.directory, unit=settings.unit.id)
    except StateLost as error:
        state = lost_state(str(error), unit=settings.unit.id, version=None, roles=[])
    streams = [plan.name for plan in settings.streams]
    print_state(state, unit=settings.unit.id, streams=streams, keys=len(settings.control.keys))
    return OK if set(state.orders(streams).values()) <= {Order.RUN} and not state.lost else FAILED


# -- reset


def _reset(settings: Settings, *, sure: bool, version: int | None) -> int:
    if not sure:
        print(
            f"This undoes every order at unit {settings.unit.id}: all streams run again, also those that the city "
            "has ordered to be held or suspended. The disclosure log keeps that it was done. Only the city's privacy "
            "officer may decide so. Say --yes if that is decided."
        )
        return FAILED
    try:
        state = reset(settings.directory, unit=settings.unit.id, version=_highest(settings, version))
    except Busy as error:
        raise ControlError(
            f"{settings.directory}: the agent is running. Stop it first: systemctl stop lamppost"
        ) from error
    print(f"The control state is made again; every stream runs from the next start on. Version {state.version}.")
    if not state.version:
        print("No version is known: old documents would be taken again. Ask the city, and say --version N.")
    return OK


def _highest(settings: Settings, given: int | None) -> int | None:
    """Return the highest version that is known here besides the control state: from the disclosure log."""
    from agent.cli.control_log import highest_version  # noqa: PLC0415 - needed for a reset only

    logged = highest_version(assembly.store_path(settings))
    known = [version for version in (given, logged) if version is not None]
    return max(known, default=None)
