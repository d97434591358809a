"""Every model can be recognised, and by questions that change nothing."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from agent.scanning.addresses import ADDRESSES, MULTIPLEXERS
from agent.scanning.candidates import Candidates, OnI2c
from drivers import registry
from drivers.identity import Touch
from drivers.model import I2cModel, SerialModel

ROOT = Path(__file__).resolve().parents[3]
built_in = cache(Candidates.built_in)


def test_candidates_are_all_models_that_are_built_in_on_i2c_and_serial_lines() -> None:
    models = map(registry.load, registry.names())
    wanted = {model.name for model in models if isinstance(model, I2cModel | SerialModel)}
    chips, lines = built_in().chips, built_in().lines
    found = {each.model.name for each in chips} | {each.model.name for each in lines}
    assert wanted - found == set(), "give each of them a module `identity` (see drivers/identity.py)"


@pytest.mark.parametrize("each", built_in().chips, ids=lambda each: each.model.name)
def test_candidate_on_i2c_asks_by_at_most_two_bytes_and_says_what_speaks_for_it(each: OnI2c) -> None:
    assert each.identity.by
    for step in each.identity.steps:
        assert len(step.ask.send) <= Touch.COMMAND
        assert step.ask.length > 0
        assert bool(step.ask.pause_s) is (step.ask.touch is Touch.COMMAND or each.model.name == "sht4x")


def test_candidates_at_an_address_are_asked_for_by_what_writes_least_first() -> None:
    for address in ADDRESSES:
        touches = [each.identity.touch for each in built_in().at(address)]
        assert touches == sorted(touches)


def test_candidates_where_memories_or_outputs_are_usual_write_nothing() -> None:
    """PCF8574A at 0x38 and PCF8574 at 0x23 put every byte on their outputs."""
    for address in (0x23, 0x38, *range(0x30, 0x38), *range(0x50, 0x58)):
        assert {each.identity.touch for each in built_in().at(address)} <= {Touch.NOTHING}


def test_candidates_at_a_multiplexer_s_address_send_nothing_before_it_is_known_to_be_none() -> None:
    assert any(built_in().at(address) for address in MULTIPLEXERS), "else the order would not matter"


def test_running_unit_does_not_import_what_a_scan_knows() -> None:
    code = (
        "import sys; from drivers import registry; import agent.cli.run, agent.cli.once\n"
        "[registry.load(name) for name in registry.names()]\n"
        "sys.exit(' '.join(name for name in sys.modules if name.endswith('.identity') or 'scanning' in name) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
