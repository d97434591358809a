from pathlib import Path

import pytest

from agent import keys
from agent.errors import KeyFileError
from agent.wire import keyfile
from tests.support import wire


def test_load_of_a_path_returns_the_key_in_that_file(tmp_path: Path) -> None:
    key = keys.generate(str(tmp_path / "unit.key"))
    assert keys.load(str(tmp_path / "unit.key"), {}).public == key.public


def test_load_of_a_credential_returns_the_key_that_systemd_lends(tmp_path: Path) -> None:
    key = keyfile.generate(tmp_path / "unit-key")
    (tmp_path / "unit-key").chmod(0o440)
    assert keys.load("credential:unit-key", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).public == key.public


def test_load_of_a_path_that_the_group_reads_refuses_it(tmp_path: Path) -> None:
    keyfile.generate(tmp_path / "unit.key")
    (tmp_path / "unit.key").chmod(0o440)
    with pytest.raises(KeyFileError, match="chmod 0400"):
        keys.load(str(tmp_path / "unit.key"), {})


def test_load_of_a_credential_without_systemd_says_what_to_do() -> None:
    with pytest.raises(KeyFileError, match="LoadCredential=unit-key:"):
        keys.load("credential:unit-key", {})


@pytest.mark.parametrize("name", ["", ".", "..", "../unit.key", "/etc/unit.key"])
def test_load_of_a_credential_that_is_no_plain_name_refuses_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="plain name"):
        keys.load(f"credential:{name}", {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_load_of_a_missing_credential_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=f"{tmp_path}/unit-key: there is no key"):
        keys.load("credential:unit-key", {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_generate_of_a_credential_says_who_provides_it() -> None:
    with pytest.raises(KeyFileError, match="provided by systemd"):
        keys.generate("credential:unit-key")


def test_describe_shows_the_whole_thumbprint_in_groups() -> None:
    text = keys.describe(wire.UNIT_KEY.public)
    assert bytes.fromhex(text) == wire.UNIT_KEY.thumbprint
    assert {len(group) for group in text.split(" ")} == {4}
