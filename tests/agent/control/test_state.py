import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from agent.control.errors import Busy, ControlError, StateLost
from agent.control.layout import encode
from agent.control.record import ControlState
from agent.control.state import NAMES, ControlFiles, create, look, newest, reset
from agent.wire.entries import StateEvent
from agent.wire.orders import Order

UNIT = "corner-7"
FIRST, COPY = NAMES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path / "store", unit=UNIT)
    return tmp_path / "store"


def write(folder: Path, version: int) -> None:
    files = ControlFiles.open(folder)
    try:
        files.read(unit=UNIT)
        files.write(ControlState(unit=UNIT, version=version))
    finally:
        files.close()


def read(folder: Path, unit: str = UNIT) -> ControlState:
    files = ControlFiles.open(folder)
    try:
        return files.read(unit=unit)
    finally:
        files.close()


def test_create_makes_both_files_for_the_owner_only(folder: Path) -> None:
    assert (folder / FIRST).read_bytes() == (folder / COPY).read_bytes()
    for name in NAMES:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    made = read(folder)
    assert (made.unit, made.version, made.strictest(), made.lost) == (UNIT, 0, Order.RUN, "")
    assert made.event is StateEvent.RESET


def test_create_where_a_state_is_keeps_what_was_ordered(folder: Path) -> None:
    write(folder, 7)
    assert create(folder, unit=UNIT) is False
    assert read(folder).version == 7


def test_create_where_a_damaged_state_is_does_not_undo_it(folder: Path) -> None:
    (folder / COPY).unlink()
    (folder / FIRST).write_bytes(b"x")
    assert create(folder) is False
    with pytest.raises(StateLost):
        read(folder)


def test_create_where_nothing_can_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ControlError, match="cannot be made here"):
        create(tmp_path / "file")


def test_state_without_a_unit_becomes_that_of_the_first_one_that_starts(tmp_path: Path) -> None:
    create(tmp_path)
    assert read(tmp_path).unit == UNIT
    with pytest.raises(StateLost, match="another unit"):
        read(tmp_path, unit="corner-8")


def test_written_state_is_read_again_from_either_file(folder: Path) -> None:
    write(folder, 7)
    for name in NAMES:
        before = (folder / name).read_bytes()
        (folder / name).unlink()
        assert read(folder).version == 7
        assert (folder / name).exists(), "the other file repairs it"
        assert before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="cut"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"\0" * 4096), id="zeros"),
        pytest.param(lambda path: path.write_bytes(os.urandom(5 << 20)), id="huge"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="folder"),
        pytest.param(lambda path: (path.unlink(), path.symlink_to("/dev/zero")), id="link"),
    ],
)
def test_one_spoiled_file_is_no_loss(folder: Path, name: str, spoil: Callable[[Path], object]) -> None:
    write(folder, 7)
    spoil(folder / name)
    assert read(folder).version == 7


@pytest.mark.parametrize("first", [None, b"", b"x", b"\0" * 100])
@pytest.mark.parametrize("second", [None, b"", b"x", b"\0" * 100])
def test_no_whole_file_is_a_loss_that_is_named(folder: Path, first: bytes | None, second: bytes | None) -> None:
    for name, data in zip(NAMES, (first, second), strict=True):
        (folder / name).unlink()
        if data is not None:
            (folder / name).write_bytes(data)
    with pytest.raises(StateLost, match="Every stream is suspended") as caught:
        read(folder)
    assert FIRST in str(caught.value)
    assert "lamppost control reset" in str(caught.value)


def test_newer_of_two_whole_files_wins_whichever_it_is(folder: Path) -> None:
    for name in NAMES:
        (folder / FIRST).write_bytes(encode(ControlState(unit=UNIT, version=1), 50))
        (folder / COPY).write_bytes(encode(ControlState(unit=UNIT, version=1), 50))
        (folder / name).write_bytes(encode(ControlState(unit=UNIT, version=2), 51))
        assert read(folder).version == 2
        assert (folder / FIRST).read_bytes() == (folder / COPY).read_bytes()


def test_two_states_of_one_number_are_a_loss(folder: Path) -> None:
    (folder / FIRST).write_bytes(encode(ControlState(unit=UNIT, version=1), 50))
    (folder / COPY).write_bytes(encode(ControlState(unit=UNIT, version=2), 50))
    with pytest.raises(StateLost, match="two different"):
        read(folder)


class Killed(BaseException):
    """The process ends here."""


STEPS = ("open", "write", "fsync", "replace", "sync_folder")


@pytest.mark.parametrize("at", range(1, 13))
def test_kill_between_any_two_steps_of_a_write_leaves_the_old_state_or_the_new_one(
    folder: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 7)
    files = ControlFiles.open(folder)
    files.read(unit=UNIT)
    done = 0

    def step(real: Callable[..., object]) -> Callable[..., object]:
        def counted(*given: object, **named: object) -> object:
            nonlocal done
            done += 1
            if done == at:
                raise Killed
            return real(*given, **named)

        return counted

    monkeypatch.setattr("agent.control.medium.os.fsync", step(os.fsync))
    monkeypatch.setattr("agent.control.medium.os.open", step(os.open))
    monkeypatch.setattr("agent.control.medium.Path.replace", step(Path.replace))
    killed = True
    try:
        files.write(ControlState(unit=UNIT, version=8))
        killed = False
    except Killed:
        pass
    finally:
        monkeypatch.undo()
        files.close()
    assert killed is (at <= 10), "five steps for each file"
    assert newest(folder)[0].version in ({7, 8} if killed else {8})
    assert read(folder).version == read(folder).version
    assert (folder / FIRST).read_bytes() == (folder / COPY).read_bytes()


def _refuse(*_: object) -> NoReturn:
    raise OSError(28, "No space left on device")


def test_write_that_the_medium_refuses_says_so_and_keeps_the_old_state(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 7)
    files = ControlFiles.open(folder)
    files.read(unit=UNIT)
    with monkeypatch.context() as patch:
        patch.setattr("agent.control.medium.os.fsync", _refuse)
        with pytest.raises(ControlError, match="No space left"):
            files.write(ControlState(unit=UNIT, version=8))
    files.close()
    assert read(folder).version == 7


def test_write_that_one_file_refuses_is_a_write(folder: Path) -> None:
    (folder / COPY).unlink()
    (folder / COPY).mkdir()
    (folder / COPY / "inside").touch()
    files = ControlFiles.open(folder)
    files.read(unit=UNIT)
    files.write(ControlState(unit=UNIT, version=8))
    files.close()
    assert newest(folder)[0].version == 8


def test_lock_is_one_process_s_at_a_time_and_free_after_it(folder: Path) -> None:
    files = ControlFiles.open(folder)
    with pytest.raises(Busy, match="an agent is running"):
        ControlFiles.open(folder)
    with pytest.raises(Busy):
        reset(folder, unit=UNIT)
    files.close()
    ControlFiles.open(folder).close()


def test_lock_is_waited_for_when_there_is_patience(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ControlFiles.open(folder)
    monkeypatch.setattr("agent.control.state.time.sleep", lambda _s: files.close())
    ControlFiles.open(folder, patience_s=5.0).close()


def test_reset_lets_every_stream_run_and_keeps_the_highest_version(folder: Path) -> None:
    write(folder, 7)
    made = reset(folder, unit=UNIT)
    assert (made.version, made.strictest(), made.event) == (7, Order.RUN, StateEvent.RESET)
    assert read(folder) == made


@pytest.mark.parametrize(("given", "expected"), [(None, 0), (41, 41)])
def test_reset_of_a_lost_state_takes_the_version_that_it_is_told(
    folder: Path, given: int | None, expected: int
) -> None:
    for name in NAMES:
        (folder / name).unlink()
    assert reset(folder, unit=UNIT, version=given).version == expected
    assert read(folder).version == expected


def test_reset_makes_the_state_this_unit_s_and_forgets_the_other_one_s_version(folder: Path) -> None:
    write(folder, 7)
    assert reset(folder, unit="corner-8").version == 0
    assert read(folder, unit="corner-8").unit == "corner-8"


def test_files_that_root_makes_belong_to_whom_the_folder_belongs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr("agent.control.medium.os.geteuid", lambda: 0)
    monkeypatch.setattr("agent.control.medium.os.fchown", lambda _fd, user, group: given.append((user, group)))
    write(folder, 8)
    owner = folder.stat()
    assert set(given) == {(owner.st_uid, owner.st_gid)}
    assert len(given) >= 3, "the lock and both files"


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="nowhere: expected the outbox's directory"):
        ControlFiles.open(tmp_path / "nowhere")


def test_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "control.lock").mkdir()
    with pytest.raises(ControlError, match="cannot be used here"):
        ControlFiles.open(tmp_path)


def test_state_that_is_looked_at_needs_no_lock_and_is_this_unit_s(folder: Path) -> None:
    files = ControlFiles.open(folder)
    assert look(folder, unit=UNIT).unit == UNIT
    with pytest.raises(StateLost, match="another unit"):
        look(folder, unit="corner-8")
    files.close()
