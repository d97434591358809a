"""`lamppost-receiver control make|send|status`: the city's orders to its units.

Exit codes: 0 done, and obeyed where an answer was waited for; 1 refused, or no answer in time; 2 it cannot be done.
"""

import argparse
import asyncio
import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.wire.errors import WireError
from receiver.errors import ReceiverError

_CONFIG = Path("/etc/lamppost-receiver/receiver.toml")
_OK, _WRONG = 0, 1
_MS = 1000


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the command."""
    command = commands.add_parser("control", help="order units to hold, suspend, purge or run a stream")
    command.epilog = "See docs/control.md. Exit codes: 0 done, 1 refused or not answered, 2 it could not be done."
    actions = command.add_subparsers(required=True, metavar="ACTION", dest="action")
    _add_make(actions)
    _add_send(actions)
    _add_status(actions)


def _add_make(actions: Any) -> None:  # noqa: ANN401  as above
    make = actions.add_parser("make", help="write a signed document; nothing is sent")
    make.add_argument("--unit", required=True, help="the unit's id")
    which = make.add_mutually_exclusive_group(required=True)
    which.add_argument("--stream", action="append", metavar="NAME", help="a stream of the unit; may be given again")
    which.add_argument("--every-stream", action="store_true", help="all of them, those to come included")
    make.add_argument(
        "--order",
        action="append",
        required=True,
        choices=("run", "hold", "suspend", "purge"),
        help="what is ordered; may be given again, they are obeyed in this order",
    )
    make.add_argument("--until", metavar="TIME", help="with purge: windows that ended by then; default: everything")
    make.add_argument("--expires", metavar="TIME", help="nothing is loosened by it from then on; default: never")
    make.add_argument("--reference", required=True, metavar="TEXT", help="the order's file number")
    make.add_argument("--authority", required=True, metavar="TEXT", help="who orders it, by what right")
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="the city's private key that signs it")
    make.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the document; a new file")
    number = make.add_mutually_exclusive_group(required=True)
    number.add_argument("--version", type=int, metavar="N", help="higher than all before, whoever signed them")
    number.add_argument("--store", type=Path, help="the receiver's store: one above what the unit has answered")
    make.set_defaults(run=_make)


def _add_send(actions: Any) -> None:  # noqa: ANN401  as above
    send = actions.add_parser("send", help="publish a document, retained, and wait for the unit's answer")
    send.add_argument("document", type=Path, help="what `make` wrote")
    send.add_argument(
        "config", type=Path, nargs="?", default=_CONFIG, help=f"a file with [broker]; default: {_CONFIG}"
    )
    send.add_argument("--username", help="account at the broker, instead of that in the file")
    send.add_argument("--password-file", type=Path, metavar="FILE", help="its password, alone in a file")
    send.add_argument("--wait", type=float, metavar="SECONDS", help="wait so long for the unit's signed answer")
    send.add_argument("--devices", type=Path, help="with --wait: the device registry, to verify the answer")
    send.set_defaults(run=_send)


def _add_status(actions: Any) -> None:  # noqa: ANN401  as above
    status = actions.add_parser("status", help="what units have answered")
    status.add_argument("--store", type=Path, required=True, help="the receiver's store")
    status.add_argument("--unit", help="this unit only")
    status.set_defaults(run=_status)


def _make(chosen: argparse.Namespace) -> int:
    from agent.wire.keyfile import load_private  # noqa: PLC0415  the other commands start faster without
    from agent.wire.orders import Control  # noqa: PLC0415  as above
    from receiver import orders  # noqa: PLC0415  as above

    until_ms = None if chosen.until is None else orders.utc_ms(chosen.until)
    control = Control(
        unit=chosen.unit,
        version=chosen.version if chosen.version is not None else _next_version(chosen.store, chosen.unit),
        issued_ms=time.time_ns() // 1_000_000,
        expires_ms=None if chosen.expires is None else orders.utc_ms(chosen.expires),
        reference=chosen.reference,
        authority=chosen.authority,
        commands=orders.commands(None if chosen.every_stream else chosen.stream, chosen.order, until_ms=until_ms),
    )
    data = orders.make(control, load_private(chosen.key))
    try:
        with chosen.output.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise ReceiverError(f"{chosen.output}: cannot write the document: {error.strerror}") from error
    print("\n".join(orders.told(control)))
    print(f"written to {chosen.output}; nothing was sent. Send it: lamppost-receiver control send {chosen.output}")
    return _OK


def _next_version(store: Path, unit: str) -> int:
    from receiver.answers import Answers  # noqa: PLC0415  as above
    from receiver.orders import next_version  # noqa: PLC0415  as above

    answers = Answers(store)
    try:
        return next_version(answers.answers(unit))
    finally:
        answers.close()


def _send(chosen: argparse.Namespace) -> int:
    from agent.wire.topics import Lane, Topics  # noqa: PLC0415  as above
    from receiver import orders  # noqa: PLC0415  as above
    from receiver.sending import Letter  # noqa: PLC0415  as above
    from receiver.settings import load_broker  # noqa: PLC0415  as above

    data = _read(chosen.document)
    try:
        control = orders.read_unverified(data)
    except WireError as error:
        raise ReceiverError(f"{chosen.document}: not what `control make` writes: {error}") from error
    if chosen.wait is not None and chosen.devices is None:
        raise ReceiverError("--wait needs --devices, the device registry: without it no answer can be believed")
    broker = load_broker(chosen.config)
    if chosen.username is not None:
        password = None if chosen.password_file is None else _read(chosen.password_file).decode().strip()
        broker = replace(broker, username=chosen.username, password=password)
    topics = Topics(broker.topic_root)
    print("\n".join(orders.told(control)))
    letter = Letter(
        topic=topics.topic(control.unit, Lane.CONTROL),
        data=data,
        answers=None if chosen.wait is None else topics.topic(control.unit, Lane.ACK),
    )
    return asyncio.run(_post(broker, letter, wait_s=chosen.wait, devices=chosen.devices))


async def _post(broker: Any, letter: Any, *, wait_s: float | None, devices: Path | None) -> int:  # noqa: ANN401  loaded late
    from receiver.sending import posted  # noqa: PLC0415  as above

    async with posted(broker, letter) as post:
        print(f"the broker has it on {letter.topic}" + ("" if post.heard else "; the unit is not connected now"))
        if wait_s is None or devices is None:
            return _OK
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                return await _answer(post, letter, devices)
    print(f"no answer within {wait_s:g} s (or this account may not read {letter.answers}).")
    print(
        "The document stays at the broker: the unit gets it when it connects. See `lamppost-receiver control status`."
    )
    return _WRONG


async def _answer(post: Any, letter: Any, devices: Path) -> int:  # noqa: ANN401  loaded late
    """Return the exit code for the unit's answer to this very document; others are passed over."""
    from agent.wire.cose import envelope_hash  # noqa: PLC0415  as above
    from agent.wire.orders import Ack  # noqa: PLC0415  as above
    from receiver import orders  # noqa: PLC0415  as above
    from receiver.settings import load_registry  # noqa: PLC0415  as above
    from receiver.trusted import TrustedDevices  # noqa: PLC0415  as above

    trusted = TrustedDevices(load_registry(devices))
    unit = orders.read_unverified(letter.data).unit
    async for data in post.answers():
        with contextlib.suppress(WireError):
            verified = trusted.verify_file(data, now_ms=time.time_ns() // 1_000_000)
            ack = verified.payload
            if isinstance(ack, Ack) and verified.unit == unit and ack.content.document == envelope_hash(letter.data):
                print("\n".join(orders.answered(ack.content)))
                return _OK if orders.obeyed(ack.content.outcomes) else _WRONG
    return _WRONG


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReceiverError(f"{path}: cannot read it: {error.strerror}") from error


def _status(chosen: argparse.Namespace) -> int:
    from receiver import orders  # noqa: PLC0415  as above
    from receiver.answers import Answers  # noqa: PLC0415  as above

    store = Answers(chosen.store)
    try:
        units = store.units() if chosen.unit is None else [chosen.unit]
        lines = [
            line
            for unit in units
            for answer in store.answers(unit)
            for line in orders.answered(answer.content, received_ms=answer.received_ms)
        ]
    finally:
        store.close()
    print("\n".join(lines) if lines else "no unit has answered a control document")
    return _OK
