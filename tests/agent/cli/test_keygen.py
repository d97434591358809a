import stat
from pathlib import Path

import pytest
import tomli

from agent import keys
from agent.cli import keygen
from agent.cli.main import main
from agent.control.state import NAMES, newest
from agent.wire import keyfile


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the control state is made by default."""
    monkeypatch.setattr(keygen, "_STATE", tmp_path / "state")
    return tmp_path / "state"


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


def test_keygen_makes_the_control_state_of_the_unit_and_says_so(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keygen", str(tmp_path / "unit.key")]) == 0
    assert newest(state)[0].version == 0
    assert f"control state is in {state}" in capsys.readouterr().out


def test_keygen_with_state_makes_it_there(tmp_path: Path, state: Path) -> None:
    assert main(["keygen", str(tmp_path / "unit.key"), "--state", str(tmp_path / "there")]) == 0
    assert newest(tmp_path / "there")[0].version == 0
    assert not state.exists()


def test_keygen_where_a_control_state_is_keeps_it(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keygen", str(tmp_path / "one.key")])
    before = [(state / name).read_bytes() for name in NAMES]
    assert main(["keygen", str(tmp_path / "two.key")]) == 0
    assert [(state / name).read_bytes() for name in NAMES] == before
    assert "stays as it is" in capsys.readouterr().out


def test_keygen_of_a_city_s_key_makes_no_control_state(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keygen", str(tmp_path / "city.key"), "--no-state"]) == 0
    assert not state.exists()
    assert "[unit." not in capsys.readouterr().out


def test_keygen_that_cannot_make_the_control_state_makes_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["keygen", str(tmp_path / "unit.key"), "--state", str(tmp_path / "file/state")]) == 1
    assert "--no-state" in capsys.readouterr().err
    assert not (tmp_path / "unit.key").exists()


@pytest.mark.parametrize("source", ["nowhere/unit.key", "credential:unit.key"])
def test_keygen_of_a_key_that_cannot_be_makes_no_control_state(tmp_path: Path, state: Path, source: str) -> None:
    assert main(["keygen", source if ":" in source else str(tmp_path / source)]) == 1
    assert not state.exists()
