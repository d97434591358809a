import ast
from pathlib import Path

import agent.privacy

ALLOWED = {
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "fractions",
    "hashlib",
    "functools",
    "hmac",
    "itertools",
    "json",
    "math",
    "typing",
    "agent.errors",
    "agent.privacy",
    "agent.quality",
    "drivers.reading",
    "drivers.tripwire",
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval"}
MODULES = sorted(Path(agent.privacy.__file__).parent.glob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_privacy_imports_nothing_that_can_do_input_output_or_read_a_clock() -> None:
    assert MODULES
    for path in MODULES:
        foreign = {
            name
            for name in imported(ast.parse(path.read_text()))
            if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED)
        }
        assert foreign == set(), path.name


def test_privacy_calls_nothing_that_prints_reads_or_writes() -> None:
    for path in MODULES:
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert calls.isdisjoint(IMPURE_CALLS), path.name


def test_rules_use_no_floating_point() -> None:
    for path in MODULES:
        if path.name == "rehearsal.py":
            continue  # sends a wrong type on purpose
        floats = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if (isinstance(node, ast.Constant) and isinstance(node.value, float))
            or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and path.name != "oracle.py")
        ]
        assert floats == [], path.name
