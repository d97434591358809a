from pathlib import Path

import pytest

from agent.control import keys
from agent.errors import KeyFileError
from agent.wire.orders import Role
from tests.support.orders import KEYS


def test_keys_come_from_files_and_texts_each_with_its_role(tmp_path: Path) -> None:
    (tmp_path / "p.pub").write_text(KEYS[Role.PRIVACY].public.pem)
    found = keys.load([(tmp_path / "p.pub", Role.PRIVACY), (KEYS[Role.ROOT].public.line, Role.ROOT)])
    assert {kid: known.role for kid, known in found.items()} == {
        KEYS[Role.PRIVACY].kid: Role.PRIVACY,
        KEYS[Role.ROOT].kid: Role.ROOT,
    }


def test_key_that_stands_there_with_two_roles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.pub").write_text(KEYS[Role.PRIVACY].public.pem)
    with pytest.raises(KeyFileError, match="twice"):
        keys.load([(tmp_path / "p.pub", Role.PRIVACY), (KEYS[Role.PRIVACY].public.line, Role.ROOT)])


def test_key_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"p\.pub"):
        keys.load([(tmp_path / "p.pub", Role.PRIVACY)])
