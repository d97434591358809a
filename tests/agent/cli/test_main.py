import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from agent.cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parents[3]


def test_main_without_a_command_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    for name, summary in COMMANDS.items():
        assert name in shown
        assert summary in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_a_module_with_configure_and_run(name: str) -> None:
    module = import_module(f"agent.cli.{name}")
    assert callable(module.configure)
    assert callable(module.run)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: lamppost {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_in_the_documentation(name: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert any(f"lamppost {name}" in page.read_text() for page in pages)


def test_main_with_an_unknown_command_proposes_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["chek"])
    assert caught.value.code == 2
    assert 'did you mean "check"?' in capsys.readouterr().err


def test_main_with_an_unknown_option_exits_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", "--jsn"])
    assert caught.value.code == 2
    assert "usage: lamppost" in capsys.readouterr().err


def test_main_help_imports_no_command() -> None:
    code = (
        "import sys; from agent.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'msgspec', 'tomli', 'cryptography', 'rich', 'agent.config', 'agent.cli.check'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("columns", "widest"), [("50", 50), ("70", 70), ("wide", 80)])
def test_main_help_is_as_wide_as_the_terminal(columns: str, widest: int) -> None:
    command = [sys.executable, "-m", "agent", "--help"]
    environment = os.environ | {"COLUMNS": columns}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert widest - 10 < max(len(line) for line in done.stdout.splitlines()) <= widest


def test_python_m_agent_is_the_command() -> None:
    command = [sys.executable, "-m", "agent", "check", "/nothing.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("/nothing.toml: cannot read this file: ")


def test_main_whose_reader_goes_away_ends_quietly() -> None:
    command = f"{sys.executable} -m agent schema | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("{\n", "")
