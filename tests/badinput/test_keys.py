"""A unit's key that is missing, readable by others or not a key; and the same of the receiver's public key."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.corner import Corner
from tests.support.rig import ROOT, Rig


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def _absent(key: Path) -> None:
    key.unlink()


def _readable(key: Path) -> None:
    key.chmod(0o644)


def _nonsense(key: Path) -> None:
    key.chmod(0o600)
    key.write_text("the key is under the mat\n")


def _folder(key: Path) -> None:
    key.unlink()
    key.mkdir()


def _public(key: Path) -> None:
    """Put the public half there, as somebody does who mixes up two files."""
    key.unlink()
    key.write_text((key.parent / "unit.pub").read_text())
    key.chmod(0o400)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(_absent, "there is no key; make one with `lamppost keygen {key}`", id="missing"),
        pytest.param(
            _readable, "others can read this key (mode 0644). Make it yours alone: chmod 0400 {key}", id="0644"
        ),
        pytest.param(_nonsense, "not a key that can sign: expected an Ed25519 private key", id="no-key"),
        pytest.param(_folder, "expected a file", id="folder"),
        pytest.param(_public, "not a key that can sign: expected an Ed25519 private key", id="public"),
    ],
)
def test_unit_with_a_bad_key_does_not_start_and_names_file_and_remedy(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    unit = Corner(Rig(tmp_path)).unit
    (unit.folder / "unit.pub").write_text(unit.key.public.pem)
    key = unit.folder / "unit.key"
    spoil(key)
    done = _run("agent", "run", unit.folder / "unit.toml")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"lamppost run: {key}: ")
    assert told.format(key=key) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not unit.store.exists()


@pytest.mark.parametrize(
    ("content", "told"), [(None, "there is no key"), (b"\xff\x00", "not a key to verify with: expected an Ed25519")]
)
def test_unit_whose_receiver_key_is_bad_does_not_start_and_names_the_file(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    unit = Corner(Rig(tmp_path), extra={"uplink": {"receiver_keys": ["city.pub"]}}).unit
    public = unit.folder / "city.pub"
    if content is not None:
        public.write_bytes(content)
    done = _run("agent", "run", unit.folder / "unit.toml")
    assert done.returncode == 1
    assert f"{public}: {told}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("mode", "told"), [(0o644, "others can read this key"), (None, "there is no key")])
def test_receiver_with_a_bad_key_does_not_start_and_names_the_file(
    tmp_path: Path, mode: int | None, told: str
) -> None:
    rig = Rig(tmp_path)
    rig.receiver.configure({"corner": rig.receiver.key})
    key = rig.receiver.folder / "receiver.key"
    if mode is None:
        key.unlink()
    else:
        key.chmod(mode)
    done = _run("receiver", "run", rig.receiver.folder / "receiver.toml")
    assert done.returncode == 2
    assert f"{key}: {told}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_key_that_is_there_is_not_replaced_by_keygen(tmp_path: Path) -> None:
    key = tmp_path / "unit.key"
    first = _run("agent", "keygen", key, "--no-state")
    before = key.read_bytes()
    again = _run("agent", "keygen", key, "--no-state")
    assert (first.returncode, again.returncode) == (0, 1)
    assert key.read_bytes() == before
    assert f"{key}: there is a file already" in again.stderr
    assert os.stat(key).st_mode & 0o777 == 0o400  # noqa: PTH116 - the mode is what matters here
