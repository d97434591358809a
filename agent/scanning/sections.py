"""The TOML to paste for what was found: `[bus.NAME]` and `[sensor.NAME]` sections that the checker accepts. Pure.

In: findings. Out: text. Never: a section in force for a model that is only possible: those are commented out; a
section for a bus on which nothing was recognised.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from agent.scanning.findings import Adapter, Branch, Chip, Findings, Match, Owner, Port
from agent.tomlfile import printable
from drivers.bus.mux import Way
from drivers.hwmon.attributes import KNOWN as HWMON_KNOWN
from drivers.iio.attributes import KNOWN as IIO_KNOWN

_LONGEST: Final = 63
"""Signs of a section's name, at most."""
_LARGEST_SHORT: Final = 0xFFFF
"""Up to this a character is written with four digits."""
_KNOWN: Final = {"iio": IIO_KNOWN, "hwmon": HWMON_KNOWN}


class _Names:
    """Gives each section a name of its own."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def new(self, stem: str) -> str:
        """Return the stem, as far as a name may be long, with a number where that was given before."""
        name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in stem.lower())
        name = name.strip("-") if name[:1].isalpha() else f"bus-{name}".strip("-")
        found, number = name[:_LONGEST], 1
        while found in self._used:
            number += 1
            found = f"{name[: _LONGEST - len(str(number)) - 1]}-{number}"
        self._used.add(found)
        return found


def sections(findings: Findings) -> str:
    """Return the sections for everything that was recognised; empty where nothing was."""
    buses, sensors = _Names(), _Names()
    blocks: list[str] = []
    for adapter in findings.adapters:
        blocks += _adapter(adapter, buses, sensors)
    for port in findings.ports:
        blocks += _port(port, buses, sensors)
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _adapter(adapter: Adapter, buses: _Names, sensors: _Names) -> Iterator[str]:
    used = {way for branch in adapter.branches if _has_something(branch) for way in _prefixes(branch.way)}
    names: dict[Way, str] = {}
    for branch in adapter.branches:
        if branch.way in used:
            names[branch.way] = buses.new(_stem(branch))
            yield _bus(branch, names)
        for chip in branch.chips:
            if chip.owner is not None and chip.owner.bridge:
                yield _bridge(chip.owner, sensors)
            elif chip.matches:
                yield _chip(chip, bus=names[branch.way], sensors=sensors)


def _has_something(branch: Branch) -> bool:
    return any(chip.matches for chip in branch.chips)


def _prefixes(way: Way) -> list[Way]:
    return [way[:depth] for depth in range(len(way) + 1)]


def _stem(branch: Branch) -> str:
    hops = "".join(f"-{hop.address:02x}-{hop.channel}" for hop in branch.way)
    return f"{Path(branch.path).name}{hops}"


def _bus(branch: Branch, names: dict[Way, str]) -> str:
    head = f"[bus.{names[branch.way]}]\n"
    if not branch.way:
        return f'{head}kind = "i2c"\npath = {_text(branch.path)}'
    hop = branch.way[-1]
    parent = names[branch.way[:-1]]
    return f'{head}kind = "i2c-mux"\nbus = "{parent}"\naddress = 0x{hop.address:02x}\nchannel = {hop.channel}'


def _chip(chip: Chip, *, bus: str, sensors: _Names) -> str:
    where = f'bus = "{bus}"\naddress = 0x{chip.address:02x}'
    return _sensor(chip.matches, chip.best, where=where, sensors=sensors, doubtful=bool(chip.doubt))


def _sensor(
    matches: Sequence[Match], best: Match | None, *, where: str, sensors: _Names, doubtful: bool = False
) -> str:
    """Return a section for what is surest, in force only if that is sure enough and no other is as sure."""
    shown = best or matches[0]
    others = [match.model for match in matches if match is not shown]
    said = f"# {shown.certainty.word}: {shown.by}" + (f"; or {', '.join(others)}" if others else "")
    lines = [f"[sensor.{sensors.new(shown.model)}]", f'model = "{shown.model}"', *where.splitlines()]
    return "\n".join([said, *(lines if best is not None and not doubtful else [f"# {line}" for line in lines])])


def _bridge(owner: Owner, sensors: _Names) -> str:
    name = sensors.new(owner.device)
    known = owner.device in _KNOWN[owner.bridge]
    lines = [
        f"# the kernel's driver {printable(owner.driver or owner.device)} reads it",
        f"[sensor.{name}]",
        f'model = "{owner.bridge}"',
        "",
        f"[sensor.{name}.options]",
        f"device = {_text(owner.device)}",
        f'parent = "{owner.parent}"',
    ]
    if not known:
        lines.append(f"channels = [{', '.join(map(_text, owner.channels))}]")
    silent = not owner.device or (not known and not owner.channels)
    return "\n".join([lines[0], *(f"# {line}".rstrip() for line in lines[1:])] if silent else lines)


def _port(port: Port, buses: _Names, sensors: _Names) -> Iterator[str]:
    if not port.matches and not port.slaves:
        return
    name = buses.new("line")
    kind = "modbus" if port.slaves else "serial"
    lines = [f"[bus.{name}]", f'kind = "{kind}"', f"path = {_text(port.path)}", f"baudrate = {port.baudrate}"]
    if port.slaves:
        lines += [f'parity = "{port.parity}"', "stop_bits = 1"]
    yield "\n".join(lines)
    if port.matches:
        yield _sensor(port.matches, port.best, where=f'bus = "{name}"', sensors=sensors)
    for slave in port.slaves:
        yield "\n".join(
            [
                f"# Modbus device {slave} answers; lamppost sensors lists models, docs/modbus.md says how to add one",
                f"# [sensor.{sensors.new('modbus')}]",
                '# model = "..."',
                f'# bus = "{name}"',
                f"# slave = {slave}",
            ]
        )


def _text(value: str) -> str:
    """Return a string as TOML writes it: a basic string escapes as JSON does, and DEL as well (TOML 1.0, "String").

    What no terminal shows is escaped too, so that what is pasted is what was printed.
    """
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in json.dumps(value, ensure_ascii=False))


def _escaped(sign: str) -> str:
    number = ord(sign)
    return f"\\u{number:04x}" if number <= _LARGEST_SHORT else f"\\U{number:08x}"
