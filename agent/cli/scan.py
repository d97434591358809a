"""`lamppost scan`: find out which sensors are there, and print the TOML to paste.

I2C buses are asked for chip ids and serial numbers, serial ports are listened to and then asked. No setting of any
sensor is changed; what is sent is told before it is sent. What sensors measure is never shown.

Exit codes: 0 everything could be looked at; 1 a bus or a port could not; 2 the command line is wrong.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.process import keep_memory_private
from agent.scanning.advice import about_adapter, about_nothing, about_port
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Findings, Port
from agent.scanning.holding import running
from agent.scanning.i2c import I2cScan, Manner
from agent.scanning.lines import LISTEN_S, LineScan, Patience
from agent.scanning.machine import Machine, is_unsteady
from agent.scanning.sections import sections
from drivers.bus.nodes import Node
from drivers.identity import Ask, Touch

_RUNTIME: Final = Path("/run/lamppost")
_LAST_SLAVE: Final = 247


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--i2c", action="append", default=[], metavar="PATH", help="this adapter; default: all of /dev/i2c-*"
    )
    parser.add_argument(
        "--serial", action="append", default=[], metavar="PATH", help="this port; default: all of /dev/serial/by-id"
    )
    manner = parser.add_mutually_exclusive_group()
    manner.add_argument("--quiet", action="store_true", help="send no byte to any chip or port; recognises less")
    manner.add_argument("--ask", action="store_true", help="ask at the terminal before anything is sent to a chip")
    parser.add_argument(
        "--listen",
        type=float,
        default=LISTEN_S,
        metavar="SECONDS",
        help="listen so long at each speed of a port; default: %(default)g",
    )
    parser.add_argument(
        "--modbus", type=_slave, default=1, metavar="LAST", help="ask Modbus devices 1 to LAST; default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print it for programs")
    parser.add_argument(
        "--file", type=Path, default=DEFAULT_FILE, help="the unit's configuration; default: %(default)s"
    )
    parser.add_argument("--runtime", type=Path, default=_RUNTIME, help="of the running agent; default: %(default)s")
    parser.add_argument("--dev", type=Path, default=Path("/dev"), help=argparse.SUPPRESS)
    parser.add_argument("--sys", type=Path, default=Path("/sys"), help=argparse.SUPPRESS)
    parser.epilog = "Exit codes: 0 everything could be looked at, 1 a bus or a port could not."


def run(options: argparse.Namespace) -> int:
    """Look at every bus, print what was found, and return the exit code."""
    keep_memory_private()
    findings = asyncio.run(_Scan(options).run())
    pasted = sections(findings)
    if options.json:
        print(json.dumps(findings.plain() | {"toml": pasted}, indent=2, ensure_ascii=False))
    else:
        from agent.cli.scan_page import render  # noqa: PLC0415 - rich is slow to import

        render(findings, toml=pasted)
    return FAILED if findings.problems else OK


def _slave(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LAST_SLAVE:
        raise argparse.ArgumentTypeError(f"expected 0 to {_LAST_SLAVE}, found {number}")
    return number


class _Scan:
    """One scan of a machine."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._machine = Machine(options.dev, options.sys)
        self._service = running(options.runtime, options.file)
        self._candidates = Candidates.built_in()
        chosen = bool(options.i2c or options.serial)
        self._adapters: Sequence[str] = options.i2c if chosen else self._machine.adapters()
        self._ports: Sequence[str] = options.serial if chosen else self._machine.ports()
        self._chosen = chosen

    async def run(self) -> Findings:
        """Return what is there: adapters one after the other, all ports at the same time."""
        _announce(quiet=self._options.quiet)
        ports = asyncio.gather(*map(self._port, self._ports))
        adapters = [await self._adapter(path) for path in self._adapters]
        found = await ports
        warnings = [text for adapter in adapters for text in about_adapter(adapter, self._candidates)]
        for path, port in zip(self._ports, found, strict=True):
            lasting = self._machine.lasting(path)
            warnings += about_port(path, port, lasting=lasting, unsteady=is_unsteady(path))
        if not self._chosen:
            warnings += about_nothing(adapters=self._adapters, ports=self._ports)
        return Findings(adapters=tuple(adapters), ports=tuple(found), warnings=tuple(warnings))

    async def _adapter(self, path: str) -> Adapter:
        name = self._machine.adapter_name(path)
        if held := self._held(path):
            return Adapter(path=path, name=name, branches=(Branch(path=path, problem=held),))
        manner = Manner(may=self._may, say=_say_chip, owner=self._machine.owner)
        return await I2cScan(path, self._candidates, manner=manner, name=name).run()

    async def _port(self, path: str) -> Port:
        best = (self._machine.lasting(path) if is_unsteady(path) else None) or path
        if held := self._held(path):
            return Port(path=best, problem=held)
        patience = Patience(
            listen_s=self._options.listen,
            ask=not self._options.quiet and not self._options.ask,
            slaves=self._options.modbus,
            say=_say_port,
        )
        return await LineScan(best, self._candidates.lines, patience).run()

    def _held(self, path: str) -> str:
        """Return why a bus must be left alone, empty where it need not be."""
        if self._service is not None and self._service.has(path):
            return (
                f"{path}: the running service has it: stop that first (sudo systemctl stop lamppost), start it after"
            )
        node = Node.at(path)
        others = [] if node is None or node.simulated else self._machine.holders(path)
        return f"{path}: {', '.join(others)} has it open; stop that first" if others else ""

    def _may(self, path: str, address: int, ask: Ask, tame: bool) -> bool:  # noqa: FBT001 - an `inquiry.May`
        if ask.touch is Touch.NOTHING:
            return True
        if self._options.quiet:
            return False
        if self._options.ask:
            return _agreed(path, address, ask)
        return ask.touch is Touch.POINTER or tame


def _announce(*, quiet: bool) -> None:
    if quiet:
        _note("Nothing is sent but addresses; chips are read, ports are listened to.")
        return
    _note(
        "Chips are asked by what reads an id in the chips that are known here: one byte, or a Sensirion command. "
        "Another chip at such an address may take it for something else. --ask asks first, --quiet sends nothing."
    )


def _say_chip(path: str, address: int, ask: Ask) -> None:
    _note(f"{path} 0x{address:02x}: sends {ask.send.hex(' ')}")


def _say_port(path: str, sent: bytes, to: str) -> None:
    _note(f"{path}: sends {sent.hex(' ')} (a question to {to})")


def _agreed(path: str, address: int, ask: Ask) -> bool:
    """Return whether whoever sits at the terminal agrees; nobody there does not."""
    print(f"{path} 0x{address:02x}: send {ask.send.hex(' ')}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
