import json
from pathlib import Path

import pytest

from agent.cli.main import main

ROOT = Path(__file__).resolve().parents[3]


def test_check_of_the_delivered_file_says_that_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "config/unit.toml"
    assert main(["check", str(file)]) == 0
    expected = f"{file}: no mistakes, no warnings. Unit corner-5th-main: 6 sensors, 5 streams.\n"
    assert capsys.readouterr().out == expected


def test_check_of_a_file_with_mistakes_shows_each_and_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "tests/configs/thirty-mistakes.toml"
    assert main(["check", str(file)]) == 1
    shown = capsys.readouterr().out
    assert shown.count(f"{file}:") == 31
    assert shown.endswith(f"{file}: 30 mistakes, no warnings. Correct the file and check it again.\n")


def test_check_of_a_syntax_error_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "unit.toml").write_text("[unit]\nid = corner\n")
    assert main(["check", str(tmp_path / "unit.toml")]) == 1
    assert "unit.toml:2:6: there is no value" in capsys.readouterr().out


def test_check_of_a_missing_file_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "unit.toml")]) == 2
    assert "cannot read this file: No such file or directory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "number"), [("scale = 0,001", "0.001"), ("values = { level = -1,5 }", "-1.5"), ("offset = +3,0", "+3.0")]
)
def test_check_of_a_decimal_comma_says_how_the_number_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, number: str
) -> None:
    (tmp_path / "probe.toml").write_text(f"[channel.level]\n{line}\n")
    assert main(["check", str(tmp_path / "probe.toml")]) == 1
    shown = capsys.readouterr().out
    assert "probe.toml:2:" in shown
    assert f"then with a point: {number}" in shown


def test_check_of_a_device_names_the_channels_that_no_example_proves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "config/devices/keller_level.toml")]) == 0
    assert "no example has" not in capsys.readouterr().out
    assert main(["check", str(ROOT / "config/devices/eastron_sdm120.toml")]) == 0
    shown = capsys.readouterr().out
    assert "no example has a value of current, power, power_factor, frequency, energy_import, energy_export" in shown


@pytest.mark.parametrize(
    ("text", "code", "errors"),
    [
        pytest.param((ROOT / "config/unit.toml").read_text(), 0, 0, id="right"),
        pytest.param("[unit]\n", 1, 9, id="mistakes"),
        pytest.param("[unit\n", 1, 1, id="syntax"),
        pytest.param(None, 2, 1, id="missing"),
    ],
)
def test_check_as_json_has_the_same_form_always(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, code: int, errors: int
) -> None:
    file = tmp_path / "unit.toml"
    if text is not None:
        file.write_text(text)
    assert main(["check", "--json", str(file)]) == code
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"file", "errors", "warnings", "problems"}
    assert (answer["file"], answer["errors"], answer["warnings"]) == (str(file), errors, 0)
    keys = {"severity", "code", "line", "column", "width", "key", "message", "expected", "found", "hint"}
    assert all(set(problem) == keys for problem in answer["problems"])
    assert len(answer["problems"]) == errors
