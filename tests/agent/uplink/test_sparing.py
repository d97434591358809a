import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from agent.uplink.sparing import without


def test_without_a_module_an_import_inside_finds_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "costly_part.py").write_text("content = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with without("costly_part"):
        inside = importlib.import_module("costly_part")
    assert not hasattr(inside, "content")
    assert importlib.import_module("costly_part").content == 1
    del sys.modules["costly_part"]


def test_without_a_module_that_is_loaded_the_real_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("costly_part")
    monkeypatch.setitem(sys.modules, "costly_part", real)
    with without("costly_part"):
        assert importlib.import_module("costly_part") is real
    assert sys.modules["costly_part"] is real


def test_without_a_module_an_import_that_fails_leaves_no_empty_one() -> None:
    with pytest.raises(ModuleNotFoundError), without("costly_part"):
        importlib.import_module("there_is_no_such_module")
    assert "costly_part" not in sys.modules
