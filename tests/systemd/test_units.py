"""The units, checked by systemd's own tools."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent import unit
from agent.restarts import HUNG, UNREACHED
from agent.service import STALL_S
from agent.tasks import CANCEL_S

ROOT = Path(__file__).parents[2]
UNITS = ["lamppost.service", "lamppost-receiver.service"]
pytestmark = pytest.mark.systemd


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _installed(unit: str, folder: Path) -> Path:
    """Return a copy of the unit whose program exists here, as it will on a unit."""
    text = (ROOT / "systemd" / unit).read_text()
    copy = folder / unit
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE))
    return copy


@pytest.mark.parametrize("unit", UNITS)
def test_unit_verified_by_systemd_gives_no_output(unit: str, tmp_path: Path) -> None:
    result = _run("systemd-analyze", "verify", "--man=no", str(_installed(unit, tmp_path)))

    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_verification_of_a_misspelt_key_gives_output(tmp_path: Path) -> None:
    unit = _installed(UNITS[0], tmp_path)
    unit.write_text(unit.read_text().replace("MemorySwapMax=0", "MemorySwapMaximum=0"))

    assert "MemorySwapMaximum" in _run("systemd-analyze", "verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize("unit", UNITS)
def test_unit_exposure_is_two_or_better(unit: str) -> None:
    result = _run(
        "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(ROOT / "systemd" / unit)
    )

    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert score is not None
    assert float(score[1]) <= 2.0
    assert result.returncode == 0


def test_agent_as_the_unit_starts_it_finds_the_same_mistakes_in_the_same_words(tmp_path: Path) -> None:
    text = (ROOT / "systemd" / "lamppost.service").read_text()
    level = re.search(r"^Environment=PYTHONOPTIMIZE=(\d)$", text, flags=re.MULTILINE)
    assert level is not None
    command = [sys.executable, "-m", "agent", "check", "tests/configs/thirty-mistakes.toml"]
    told = [
        subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONOPTIMIZE": optimize, "PYTHONPYCACHEPREFIX": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        for optimize in ("0", level[1])
    ]
    assert told[0].returncode == told[1].returncode == 1
    assert told[0].stdout == told[1].stdout != ""


def test_agent_unit_keeps_raw_data_in_memory() -> None:
    text = (ROOT / "systemd" / "lamppost.service").read_text()

    assert {"LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes"} <= set(text.splitlines())
    assert not re.search(r"^(After|Wants|Requires)=.*network", text, re.MULTILINE)


def _settings(unit: str) -> dict[str, str]:
    lines = (ROOT / "systemd" / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_agent_unit_is_started_again_after_whatever_ended_it_and_for_ever() -> None:
    """The agent limits its own restarts; a limit of systemd's would leave the unit dead until somebody comes."""
    known = _settings("lamppost.service")
    assert (known["Restart"], known["StartLimitIntervalSec"]) == ("always", "0")
    assert {int(code) for code in known["RestartForceExitStatus"].split()} == {HUNG, UNREACHED}
    assert not {"StartLimitBurst", "StartLimitAction", "RestartPreventExitStatus"} & known.keys()


def test_agent_unit_gives_every_task_its_time_before_the_watchdog_and_a_stop_before_the_kill() -> None:
    known = _settings("lamppost.service")
    assert int(known["WatchdogSec"]) > STALL_S
    assert int(known["TimeoutStopSec"]) > CANCEL_S + unit._FAREWELL_S


def test_sysusers_file_is_understood_by_systemd(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    result = _run("systemd-sysusers", f"--root={tmp_path}", str(ROOT / "systemd" / "lamppost.sysusers.conf"))

    assert result.returncode == 0, result.stderr
    created = (tmp_path / "etc" / "passwd").read_text()
    assert "lamppost:" in created
    assert "lamppost-receiver:" in created


def test_tmpfiles_file_is_understood_by_systemd(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\n")
    result = _run(
        "systemd-tmpfiles", f"--root={tmp_path}", "--create", str(ROOT / "systemd" / "lamppost.tmpfiles.conf")
    )

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "etc" / "lamppost").is_dir()
