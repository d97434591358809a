import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import agent
from agent.privacy.released import Released, release
from agent.quality import Quality

ROOT = Path(agent.__file__).parent.parent
MINTERS = {"_MINT", "release"}


def row() -> Released:
    return release(
        "s", start_ms=0, step_ms=1000, boot_id=None, values=(1, None), quality=(Quality.OK, Quality.NO_DATA)
    )


def sources() -> Iterator[Path]:
    for package in ("agent", "drivers", "receiver"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if not path.is_relative_to(ROOT / "agent" / "privacy"):
                yield path


def minting(tree: ast.AST) -> list[str]:
    """Return what in a module could make a released row."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("agent.privacy"):
            found += [name.name for name in node.names if name.name in MINTERS]
            if node.module == "agent.privacy":
                found += [name.name for name in node.names if name.name == "released"]
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name == "agent.privacy.released"]
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += [called] if called == "Released" else []
    return found


def test_released_row_made_by_the_filter_keeps_its_values() -> None:
    assert row().values == (1, None)
    assert row() == row()


def test_released_constructor_called_by_anybody_else_is_refused() -> None:
    with pytest.raises(TypeError, match="privacy filter only"):
        Released(stream="s", start_ms=0, step_ms=1, boot_id=None, values=(), quality=(), mint=object())


def test_released_row_replaced_field_by_field_is_refused() -> None:
    with pytest.raises((TypeError, ValueError)):
        replace(row(), values=(2, 3))  # type: ignore[call-arg]  # mypy knows it as well


def test_released_row_does_not_carry_what_it_was_made_with() -> None:
    assert not hasattr(row(), "mint")


def test_released_row_with_another_number_of_codes_is_refused() -> None:
    with pytest.raises(ValueError, match="one quality code per value"):
        release("s", start_ms=0, step_ms=1, boot_id=None, values=(1,), quality=())


def test_no_source_outside_the_privacy_package_makes_a_released_row() -> None:
    offenders = {
        str(path.relative_to(ROOT)): found for path in sources() if (found := minting(ast.parse(path.read_text())))
    }
    assert offenders == {}


@pytest.mark.parametrize(
    "source",
    [
        "from agent.privacy.released import release",
        "from agent.privacy.released import _MINT",
        "from agent.privacy import released",
        "import agent.privacy.released",
        "Released(stream='s')",
        "module.Released(stream='s')",
    ],
)
def test_source_scan_of_a_module_that_mints_finds_it(source: str) -> None:
    assert minting(ast.parse(source))
