import os
from pathlib import Path

import pytest

from agent.control.documents import MAX_DOCUMENT_BYTES
from agent.control.errors import ControlError
from agent.control.spool import INBOX, MOST, Spool


def held(spool: Spool) -> list[bytes]:
    return [arrived.unverified_data for arrived in spool.take()]


def test_inbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert held(Spool(tmp_path)) == []


def test_document_waits_until_it_is_done_with(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(b"one")
    assert held(spool) == held(spool) == [b"one"]
    for arrived in spool.take():
        arrived.done()
        arrived.done()
    assert held(spool) == []


def test_documents_come_in_the_order_in_which_they_were_put(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number, name in enumerate([b"c", b"a", b"b"]):
        spool.put(name)
        newest = max((tmp_path / INBOX).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))
    assert held(spool) == [b"c", b"a", b"b"]


def test_document_that_is_put_twice_waits_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(b"one")
    spool.put(b"one")
    assert held(spool) == [b"one"]


def test_inbox_takes_no_more_than_its_bound(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(MOST):
        spool.put(b"%d" % number)
    with pytest.raises(ControlError, match="is the agent running"):
        spool.put(b"another")
    assert len(held(spool)) == MOST


def test_document_that_is_too_long_is_not_taken_in(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="bytes long"):
        Spool(tmp_path).put(bytes(MAX_DOCUMENT_BYTES + 1))


def test_inbox_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / INBOX).touch()
    with pytest.raises(ControlError, match="cannot leave a document"):
        Spool(tmp_path).put(b"one")


@pytest.mark.parametrize("name", [".half.cose.new", "notes.txt", ".hidden.cose"])
def test_files_that_are_no_documents_are_not_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / INBOX).mkdir()
    (tmp_path / INBOX / name).write_bytes(b"x")
    assert held(Spool(tmp_path)) == []


def test_link_in_the_inbox_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / INBOX).mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / INBOX / "a.cose").symlink_to(tmp_path / "secret")
    assert held(Spool(tmp_path)) == []
    assert (tmp_path / "secret").exists()


def test_file_of_any_size_is_read_up_to_the_bound(tmp_path: Path) -> None:
    (tmp_path / INBOX).mkdir()
    (tmp_path / INBOX / "a.cose").write_bytes(bytes(10 * MAX_DOCUMENT_BYTES))
    assert [len(data) for data in held(Spool(tmp_path))] == [MAX_DOCUMENT_BYTES + 1]
