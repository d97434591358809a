"""The page of `lamppost scan` for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Column, Table

from agent.scanning.advice import place
from agent.scanning.findings import Adapter, Chip, Findings, Match, Port


def render(findings: Findings, *, toml: str, console: Console | None = None) -> None:
    """Print what was found, what to mind, and the sections to paste."""
    out = console or Console(highlight=False, markup=False, soft_wrap=False)
    table = Table(Column("where", overflow="fold"), Column("what", overflow="fold"), box=None, pad_edge=False)
    for adapter in findings.adapters:
        for row in _adapter(adapter):
            table.add_row(*row)
    for port in findings.ports:
        table.add_row(port.path, _port(port))
    out.print(table)
    for text in findings.warnings:
        out.print(f"\n! {text}", soft_wrap=True)
    if toml:
        out.print("\n# ---- to paste into the unit's configuration ----\n")
        out.print(toml, end="", soft_wrap=True)
    else:
        out.print("\nNothing was recognised.")


def _adapter(adapter: Adapter) -> Iterator[tuple[str, str]]:
    for branch in adapter.branches:
        name = f"{place(branch)} ({adapter.name})" if adapter.name and not branch.way else place(branch)
        if branch.problem:
            yield name, f"✗ {branch.problem}"
        elif not branch.chips and not branch.way:
            yield name, "nobody answers: check power, wiring and pull-up resistors"
        elif branch.chips:
            yield name, ""
        for chip in branch.chips:
            yield f"  0x{chip.address:02x}", _chip(chip)


def _chip(chip: Chip) -> str:
    if chip.multiplexer:
        return "multiplexer (TCA9548A, PCA9548A)"
    if chip.owner is not None:
        return f"has a driver in the kernel: {chip.owner.driver or 'unknown'}"
    return _matches(chip.matches) or "answers, and is not known"


def _port(port: Port) -> str:
    if port.problem:
        return f"✗ {port.problem}"
    if port.matches:
        return f"{_matches(port.matches)}, at {port.baudrate} bits a second"
    if port.slaves:
        return f"Modbus: devices {', '.join(map(str, port.slaves))} answer at {port.baudrate} bits a second"
    return "something is sent that is not known" if port.heard else "silent"


def _matches(matches: Sequence[Match]) -> str:
    """Return models with how sure each is; those that are only possible beside better ones are left out."""
    if not matches:
        return ""
    best = [match for match in matches if match.certainty == matches[0].certainty]
    return " or ".join(match.model for match in best) + f" ({best[0].certainty.word}: {best[0].by})"
