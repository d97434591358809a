"""A copy of the tree to mutate, so that no mutant ever stands in the checkout.

mutmut leaves decorated functions alone, properties among them, and ours decide things. So in the copy each
``@property`` becomes a plain function and an assignment that makes a property of it: the same to everybody who asks.
"""

import ast
import shutil
from pathlib import Path
from typing import Final

COPIED: Final = ("agent", "config", "docs", "drivers", "receiver", "systemd", "tests", "pyproject.toml", "README.md")
PLAIN: Final = "plain_"
"""Begins the name of a property's function."""


def copy(root: Path, target: Path) -> None:
    """Copy the tree, without what Python left in it."""
    for name in COPIED:
        if (root / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(root / name, target / name, ignore=left_out, dirs_exist_ok=True)
        else:
            shutil.copy2(root / name, target / name)


def lift_properties(source: str) -> str:
    """Return the source with each property written as a plain function and an assignment."""
    lines = source.splitlines(keepends=True)
    for method in sorted(_properties(source), key=lambda found: -found.lineno):
        indent = " " * method.col_offset
        lines.insert(method.end_lineno or 0, f"{indent}{method.name} = property({PLAIN}{method.name})\n")
        lines[method.lineno - 1] = lines[method.lineno - 1].replace(method.name, f"{PLAIN}{method.name}", 1)
        del lines[method.decorator_list[0].lineno - 1]
    return "".join(lines)


def _properties(source: str) -> list[ast.FunctionDef]:
    return [
        method
        for owner in ast.parse(source).body
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, ast.FunctionDef) and [ast.unparse(one) for one in method.decorator_list] == ["property"]
    ]
