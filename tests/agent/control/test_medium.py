import os
from pathlib import Path

import pytest

from agent.control.medium import read_file, replace_file


def test_file_is_replaced_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    replace_file(tmp_path, "a", b"one")
    replace_file(tmp_path, "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_draft_that_a_kill_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".a.new").symlink_to("/nowhere")
    replace_file(tmp_path, "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_link_under_the_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"kept")
    (tmp_path / "a").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic"):
        read_file(tmp_path / "a", most=10)
    replace_file(tmp_path, "a", b"one")
    assert (tmp_path / "other").read_bytes() == b"kept"
    assert not (tmp_path / "a").is_symlink()


def test_file_is_read_up_to_its_bound_and_one_more(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(100))
    assert len(read_file(tmp_path / "a", most=10)) == 11


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    assert read_file(tmp_path / "a", most=10) == b""


def test_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "none", "a", b"one")
