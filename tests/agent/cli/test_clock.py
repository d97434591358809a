"""`lamppost clock`: what the clock is worth, and how the last known time is forgotten."""

import errno
from pathlib import Path

import pytest

from agent.boots import FORGET
from agent.cli import clock
from agent.cli.main import main
from agent.discipline import KernelTime
from tests.support.agent_process import WEATHER, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A unit's files."""
    return Site(tmp_path, parts=(WEATHER,))


@pytest.mark.parametrize(
    ("kernel", "code", "said"),
    [
        pytest.param(
            KernelTime(synchronised=True, maxerror_us=12_400), 0, "synchronised, to 12 ms", id="synchronised"
        ),
        pytest.param(KernelTime(synchronised=False, maxerror_us=0), 1, "is a time service running", id="unset"),
        pytest.param(OSError(errno.EPERM, "Operation not permitted"), 1, "does not tell", id="forbidden"),
    ],
)
def test_clock_tells_what_the_kernel_says(
    site: Site,
    kernel: KernelTime | OSError,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def read() -> KernelTime:
        if isinstance(kernel, OSError):
            raise kernel
        return kernel

    monkeypatch.setattr(clock, "read_kernel_time", read)
    assert main(["clock", str(site.config)]) == code
    out = capsys.readouterr().out
    assert said in out
    assert "UTC" in out


def test_clock_forgets_nothing_without_a_yes(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clock", str(site.config), "--forget"]) == 2
    assert "Compare it with another one" in capsys.readouterr().out
    assert not (site.folder / "store" / FORGET).exists()


def test_clock_that_is_to_forget_leaves_word_for_the_agents_next_start(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clock", str(site.config), "--forget", "--yes"]) == 0
    assert (site.folder / "store" / FORGET).exists()
    assert "systemctl restart lamppost" in capsys.readouterr().out


def test_clock_that_cannot_leave_word_says_where(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    folder = site.folder / "store"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert main(["clock", str(site.config), "--forget", "--yes"]) == 1
    assert FORGET in capsys.readouterr().err
