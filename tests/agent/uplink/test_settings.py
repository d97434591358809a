"""Secrets: where they are, and who may read them."""

from pathlib import Path

import pytest

from agent.errors import UplinkError
from agent.uplink.settings import Secret


def _secret(path: Path, content: bytes, mode: int = 0o400) -> Secret:
    path.write_bytes(content)
    path.chmod(mode)
    return Secret(file=path)


@pytest.mark.parametrize(
    ("content", "text"), [(b"pw", "pw"), (b"pw\n", "pw"), (b"pw\r\n", "pw"), (b" p w \n", " p w ")]
)
def test_secret_in_a_file_is_its_line(tmp_path: Path, content: bytes, text: str) -> None:
    assert _secret(tmp_path / "s", content).read() == text


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o640, 0o644])
def test_secret_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UplinkError, match="chmod 0400"):
        _secret(tmp_path / "s", b"pw", mode).read()


def test_secret_that_is_missing_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(UplinkError, match="nothing-here"):
        Secret(file=tmp_path / "nothing-here").read()


@pytest.mark.parametrize("content", [b"\xff\xfe", bytes(70_000)], ids=["binary", "long"])
def test_secret_that_is_no_text_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UplinkError, match="one line") as caught:
        _secret(tmp_path / "s", content).read()
    assert "\\x" not in str(caught.value)


def test_credential_of_systemd_is_read_from_its_directory(tmp_path: Path) -> None:
    (tmp_path / "mqtt").write_bytes(b"pw\n")
    (tmp_path / "mqtt").chmod(0o440)  # systemd decides who may read it
    assert Secret(credential="mqtt").read({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "pw"


def test_credential_without_systemd_says_what_to_do() -> None:
    with pytest.raises(UplinkError, match="LoadCredential="):
        Secret(credential="mqtt").read({})
