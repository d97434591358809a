"""What became of the mutants: read from mutmut's notes, told per module, survivors with their difference.

A mutant that changes nothing but prose (a string with two words in it: what an error says to a person) is counted
apart and is no part of the score. A string without a space, a unit or the name of a hash, is logic.
"""

import ast
import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REACHED: Final = 90
"""Per cent of the mutants that must be killed."""

_KILLED: Final = "killed"
_TIMEOUT: Final = "timeout"
_STATUS: Final = {1: _KILLED, 3: _KILLED, 0: "survived", 5: "no tests", 33: "no tests"} | dict.fromkeys(
    (-24, 24, 36, 152, 255, -9, -11), _TIMEOUT
)
"""mutmut's exit codes; a mutant that had to be stopped, by time or by memory, was noticed."""
_COLUMNS: Final = (_KILLED, _TIMEOUT, "survived", "no tests", "other")
_NUMBERED: Final = re.compile(r"__mutmut_\d+$")
_PROSE: Final = re.compile(r"\w \w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mutant.

    Attributes:
        module: name of its module.
        name: what mutmut calls it.
        status: what became of it.
        is_prose: it changes only what is said to a person.
        difference: what it changes.
    """

    module: str
    name: str
    status: str
    is_prose: bool
    difference: str

    @property
    def is_killed(self) -> bool:
        """Whether the tests noticed it."""
        return self.status in {_KILLED, _TIMEOUT}


def mutants(package: Path) -> Iterator[Mutant]:
    """Read the mutants of each module of a mutated package."""
    for notes in sorted(package.glob("*.py.meta")):
        codes: dict[str, int | None] = json.loads(notes.read_text())["exit_code_by_key"]
        functions = _functions(notes.with_suffix("").read_text()) if codes else {}
        for name, code in codes.items():
            mutated = name.rpartition(".")[2]
            before, after = functions[_NUMBERED.sub("__mutmut_orig", mutated)], functions[mutated]
            yield Mutant(
                module=notes.name.removesuffix(".py.meta"),
                name=name,
                status=_STATUS.get(-1 if code is None else code, "other"),
                is_prose=without_prose(before) == without_prose(after),
                difference=difference(before, after),
            )


def forget_survivors(package: Path) -> None:
    """Have the mutants of an earlier run that were not killed run again, and nothing else."""
    for notes in package.glob("*.py.meta"):
        meta = json.loads(notes.read_text())
        codes: dict[str, int | None] = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {
            name: code if _STATUS.get(-1 if code is None else code) in {_KILLED, _TIMEOUT} else None
            for name, code in codes.items()
        }
        notes.write_text(json.dumps(meta))


def without_prose(source: str) -> str:
    """Return a function's source with its prose taken out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PROSE.search(node.value):
            node.value = ""
    return ast.unparse(tree)


def difference(before: str, after: str) -> str:
    """Return the lines that differ."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _functions(source: str) -> dict[str, str]:
    """Return the source of each function of a mutated module, all by one name so that they can be compared."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name:
            name, node.name = node.name, "mutated"
            found[name] = ast.unparse(node)
    return found


def per_cent(counted: Iterable[Mutant]) -> float:
    """Return how many of the mutants that are no prose were killed."""
    killed = [mutant.is_killed for mutant in counted if not mutant.is_prose]
    return 100 * sum(killed) / len(killed) if killed else 100.0


def table(counted: list[Mutant]) -> str:
    """Return a line for each module and one for all."""
    modules = sorted({mutant.module for mutant in counted})
    lines = [_heading(), *(_line(name, [one for one in counted if one.module == name]) for name in modules)]
    return "\n".join([*lines, _line("all", counted)])


def _heading() -> str:
    return (
        f"{'module':<16}{'mutants':>9}" + "".join(f"{name:>10}" for name in _COLUMNS) + f"{'score':>9}{'prose':>14}"
    )


def _line(name: str, counted: list[Mutant]) -> str:
    logic = [mutant for mutant in counted if not mutant.is_prose]
    prose = [mutant for mutant in counted if mutant.is_prose]
    by_status = Counter(mutant.status for mutant in logic)
    figures = "".join(f"{by_status[status]:>10}" for status in _COLUMNS)
    noticed = f"{sum(mutant.is_killed for mutant in prose)} of {len(prose)}"
    return f"{name:<16}{len(logic):>9}{figures}{per_cent(counted):>8.1f}%{noticed:>14}"


def survivors(counted: list[Mutant]) -> str:
    """Return every mutant that the tests did not notice, prose last, each with what it changes."""
    left = sorted((one for one in counted if not one.is_killed), key=lambda one: (one.is_prose, one.module))
    return "".join(f"{one.name}: {one.status}{', prose' * one.is_prose}\n{one.difference}\n\n" for one in left)
