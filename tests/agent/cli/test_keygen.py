import stat
from pathlib import Path

import pytest
import tomli

from agent import keys
from agent.cli.main import main
from agent.wire import keyfile


def test_keygen_makes_a_key_for_the_owner_only_and_shows_its_thumbprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keygen", str(tmp_path / "unit.key")]) == 0
    assert stat.S_IMODE((tmp_path / "unit.key").stat().st_mode) == 0o400
    key = keys.load(str(tmp_path / "unit.key"), {})
    shown = capsys.readouterr().out
    assert keys.describe(key.public) in shown
    assert "PRIVATE" not in shown


def test_keygen_prints_what_the_city_registers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", str(tmp_path / "unit.key")]) == 0
    shown = capsys.readouterr().out
    section = tomli.loads(shown[shown.index("[unit.") :])["unit"]["THE-ID-OF-THIS-UNIT"]
    assert set(section) == {"key", "alg", "valid_from"}
    assert keyfile.load_public(section["key"]) == keys.load(str(tmp_path / "unit.key"), {}).public


def test_keygen_with_public_writes_the_other_half(tmp_path: Path) -> None:
    assert main(["keygen", str(tmp_path / "unit.key"), "--public", str(tmp_path / "unit.pub")]) == 0
    assert keyfile.load_public(tmp_path / "unit.pub") == keys.load(str(tmp_path / "unit.key"), {}).public


def test_keygen_where_a_key_is_refuses_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keygen", str(tmp_path / "unit.key")])
    before = (tmp_path / "unit.key").read_bytes()
    assert main(["keygen", str(tmp_path / "unit.key")]) == 1
    assert (tmp_path / "unit.key").read_bytes() == before
    assert "there is a file already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("public", "said"),
    [
        pytest.param("there.pub", "there is a file already", id="exists"),
        pytest.param("nowhere/unit.pub", "there is no folder", id="no-folder"),
        pytest.param("unit.key", "needs a file of its own", id="same-file"),
    ],
)
def test_keygen_with_an_impossible_public_file_makes_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], public: str, said: str
) -> None:
    (tmp_path / "there.pub").write_text("old")
    assert main(["keygen", str(tmp_path / "unit.key"), "--public", str(tmp_path / public)]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "unit.key").exists()


def test_keygen_into_a_missing_folder_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", str(tmp_path / "nowhere/unit.key")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_keygen_of_a_credential_says_who_provides_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", "credential:unit.key"]) == 1
    assert "provided by systemd" in capsys.readouterr().err
