"""The command ``lamppost-receiver``."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from agent.errors import LamppostError
from agent.wire.errors import WireError
from receiver.cli import alarms, catalogue, control, ingest, reconcile, restored
from receiver.errors import ReceiverError

EXIT_OK, EXIT_WRONG, EXIT_UNUSABLE, EXIT_INTERRUPTED = 0, 1, 2, 130
_CONFIG = Path("/etc/lamppost-receiver/receiver.toml")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 something does not hold, 2 it could not be done."""
    parser = argparse.ArgumentParser(prog="lamppost-receiver", description="Verify, store and acknowledge telemetry.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_run(commands)
    _add_verify(commands)
    _add_show(commands)
    _add_export(commands)
    control.add(commands)
    ingest.add(commands)
    reconcile.add(commands)
    restored.add(commands)
    alarms.add(commands)
    catalogue.add(commands)
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except (ReceiverError, LamppostError) as error:
        print(f"lamppost-receiver {chosen.command}: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


def _add_run(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    command = commands.add_parser("run", help="receive until stopped")
    command.add_argument("config", type=Path, nargs="?", default=_CONFIG, help=f"default: {_CONFIG}")
    command.set_defaults(run=_run)


def _add_verify(commands: Any) -> None:  # noqa: ANN401  as above
    command = commands.add_parser("verify", help="verify one envelope in a file, and say what it is")
    command.add_argument("file", type=Path, help="the envelope's bytes; - for standard input")
    command.add_argument("--devices", type=Path, required=True, help="the device registry")
    command.set_defaults(run=_verify)


def _add_show(commands: Any) -> None:  # noqa: ANN401  as above
    command = commands.add_parser("show", help="latest values, gaps, forks and rejected messages")
    _add_store(command)
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=_show)


def _add_export(commands: Any) -> None:  # noqa: ANN401  as above
    command = commands.add_parser("export", help="every stored row, one JSON object a line")
    _add_store(command)
    command.set_defaults(run=_export)


def _add_store(command: argparse.ArgumentParser) -> None:
    command.add_argument("--store", type=Path, required=True, help="the receiver's store")
    command.add_argument("--unit", help="this unit only")
    command.add_argument("--stream", help="this stream only")


def _run(chosen: argparse.Namespace) -> int:
    from agent.wire.keyfile import load_private  # noqa: PLC0415  commands that only read start faster
    from agent.wire.topics import Topics  # noqa: PLC0415  as above
    from receiver.service import ReceiverSettings, serve  # noqa: PLC0415  as above
    from receiver.settings import load  # noqa: PLC0415  as above

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_OK))  # until the loop takes it over
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    settings = load(chosen.config)
    own = ReceiverSettings(
        key=load_private(settings.key, group_may_read=settings.key_lent),
        devices=settings.devices,
        topics=Topics(settings.broker.topic_root),
        patience_ms=settings.patience_ms,
    )

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(own, broker=settings.broker, store=settings.store, stop=stop)

    asyncio.run(until_stopped())
    return EXIT_OK


def _verify(chosen: argparse.Namespace) -> int:
    from receiver.settings import load_registry  # noqa: PLC0415  as above
    from receiver.trusted import TrustedDevices  # noqa: PLC0415  as above

    try:
        data = sys.stdin.buffer.read() if str(chosen.file) == "-" else chosen.file.read_bytes()
    except OSError as error:
        print(f"{chosen.file}: cannot read it: {error.strerror}", file=sys.stderr)
        return EXIT_UNUSABLE
    trusted = TrustedDevices(load_registry(chosen.devices))
    try:
        verified = trusted.verify_file(data, now_ms=time.time_ns() // 1_000_000)
    except WireError as error:
        print(f"{chosen.file}: untrusted ({type(error).__name__}): {error}")
        return EXIT_WRONG
    print(f"{chosen.file}: {verified.kind} of unit {verified.unit}, {len(data)} bytes, sha256 {verified.hash.hex()}")
    for name in ("stream", "seq", "rows", "start_ms", "step_ms", "count", "reason", "presence", "simulated"):
        value = getattr(verified.payload, name, None)
        if value is not None:
            print(f"  {name}: {value}")
    return EXIT_OK


def _show(chosen: argparse.Namespace) -> int:
    from receiver.report import Report  # noqa: PLC0415  as above

    report = Report(chosen.store)
    try:
        known = report.show(chosen.unit, chosen.stream)
    finally:
        report.close()
    if chosen.json:
        print(json.dumps(known, indent=2))
    else:
        from receiver.cli.page import render  # noqa: PLC0415  as above

        render(known, now_ms=time.time_ns() // 1_000_000)
    return EXIT_OK


def _export(chosen: argparse.Namespace) -> int:
    from receiver.report import Report  # noqa: PLC0415  as above

    report = Report(chosen.store)
    try:
        for row in report.rows(chosen.unit, chosen.stream):
            print(json.dumps(row, separators=(",", ":")))
    finally:
        report.close()
    return EXIT_OK
