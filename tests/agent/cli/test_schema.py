import json

import jsonschema
import pytest

from agent.cli.main import main


def test_schema_prints_a_draft_07_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    jsonschema.Draft7Validator.check_schema(json.loads(capsys.readouterr().out))
