"""The example of a package with a sensor model: its own tests pass, and Lamppost reads its chip."""

import subprocess
import sys
from pathlib import Path

from tests.support.plugins import EXAMPLE, ROOT


def test_example_passes_its_own_tests(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "t")]
    done = subprocess.run(
        [*command, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_example_imports_nothing_of_lamppost_but_drivers() -> None:
    for file in (EXAMPLE / "lamppost_driver_si7021").glob("*.py"):
        text = file.read_text()
        assert "agent" not in text.replace("user-agent", "")
        assert "receiver" not in text


def test_example_is_named_where_plugins_are_explained() -> None:
    assert "examples/lamppost-driver-si7021" in (ROOT / "docs" / "configuring.md").read_text()
