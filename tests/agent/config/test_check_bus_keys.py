"""Keys that a bus does not take: which its kind takes, whose key it is, and what was probably meant."""

import pytest

from agent.config.model_sensors import KEYS as MODEL_KEYS
from agent.config.model_sensors import Bus
from agent.config.plans import BusKind
from agent.tomlfile import Problem
from tests.support.config_files import edited, errors, outcome

KEYS = {
    "i2c": "path",
    "serial": "path baudrate parity stop_bits",
    "modbus": "path baudrate parity stop_bits turnaround",
    "i2c-mux": "bus address channel",
    "sysfs": "path",
}
"""As the guide has them."""
RIGHT = {
    "path": '"/dev/lamps"',
    "baudrate": "9600",
    "parity": '"odd"',
    "stop_bits": "1",
    "turnaround": '"5ms"',
    "bus": '"pole"',
    "address": "0x70",
    "channel": "3",
}
ALL = ", ".join(sorted(["kind", *RIGHT]))
FOREIGN = [(kind, key) for kind, keys in KEYS.items() for key in RIGHT if key not in keys.split()]


def problems(*lines: str) -> dict[str, Problem]:
    """What is wrong with a bus of these lines, by code; what it is good for is not asked."""
    text = edited(("[sensor.air]", "\n".join(["[bus.extra]", *lines, "[sensor.air]"])))
    return {problem.code: problem for problem in outcome(text).report.errors()}


def bus(kind: str, *more: str) -> dict[str, Problem]:
    return problems(f'kind = "{kind}"', *(f"{key} = {RIGHT[key]}" for key in KEYS[kind].split()), *more)


def test_keys_of_the_kinds_are_all_kinds_and_all_keys_that_there_are() -> None:
    assert [*MODEL_KEYS] == [*BusKind]
    assert {kind: set(keys) for kind, keys in MODEL_KEYS.items()} == {
        kind: set(keys.split()) for kind, keys in KEYS.items()
    }
    assert {"kind", *RIGHT} == set(Bus.__struct_fields__)


@pytest.mark.parametrize("kind", KEYS)
def test_bus_with_an_unknown_key_is_told_only_the_keys_of_its_kind(kind: str) -> None:
    found = bus(kind, "zzz = 1")
    assert found.keys() == {"unknown-key"}
    told = found["unknown-key"]
    assert told.message == f'[bus.extra], of kind "{kind}", knows no key "zzz"'
    assert told.expected == "one of " + ", ".join(sorted(["kind", *KEYS[kind].split()]))
    assert (told.key, told.found, told.hint) == ("bus.extra.zzz", '"zzz"', None)


@pytest.mark.parametrize(("kind", "key"), FOREIGN)
def test_bus_with_a_key_of_another_kind_is_told_whose_it_is(kind: str, key: str) -> None:
    found = bus(kind, f"{key} = {RIGHT[key]}")
    assert found.keys() == {"no-effect"}
    *first, last = [f'"{other}"' for other, keys in KEYS.items() if key in keys.split()]
    owners = f"{', '.join(first)} or {last}" if first else last
    told = found["no-effect"]
    assert told.message == f'"{key}" is a key of kind {owners}; this bus is of kind "{kind}"'
    assert told.expected == "one of " + ", ".join(sorted(["kind", *KEYS[kind].split()]))
    assert told.found == f'"{key}"'
    assert told.hint is not None
    assert told.hint.startswith("remove this line or correct kind")


@pytest.mark.parametrize(
    ("kind", "written", "hint"),
    [
        pytest.param("serial", "baud", 'did you mean "baudrate"?', id="own"),
        pytest.param(
            "i2c",
            "baud",
            'did you mean "baudrate"? that is a key of kind "serial" or "modbus"; here kind is "i2c"',
            id="of-two-others",
        ),
        pytest.param(
            "serial",
            "turn_around",
            'did you mean "turnaround"? that is a key of kind "modbus"; here kind is "serial"',
            id="of-one-other",
        ),
        pytest.param("i2c-mux", "chanel", 'did you mean "channel"?', id="multiplexer"),
        pytest.param("sysfs", "Path", 'did you mean "path"?', id="letter-case"),
        pytest.param(
            "i2c-mux",
            "pth",
            'did you mean "path"? that is a key of kind "i2c", "serial", "modbus" or "sysfs"; here kind is "i2c-mux"',
            id="of-all-others",
        ),
    ],
)
def test_bus_with_a_misspelt_key_is_told_what_was_probably_meant(kind: str, written: str, hint: str) -> None:
    assert bus(kind, f"{written} = 1")["unknown-key"].hint == hint


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        pytest.param([], "missing-key", id="missing"),
        pytest.param(['kind = "seriel"'], "wrong-value", id="unknown"),
        pytest.param(["kind = 7"], "wrong-type", id="number"),
        pytest.param(['kind = ["serial"]'], "wrong-type", id="list"),
    ],
)
def test_bus_without_a_kind_that_there_is_is_told_all_keys_and_what_they_depend_on(
    lines: list[str], code: str
) -> None:
    found = problems(*lines, 'path = "/dev/lamps"', "baud = 9600")
    assert found.keys() == {code, "unknown-key"}
    told = found["unknown-key"]
    assert told.message == '[bus.extra] knows no key "baud"'
    assert told.expected == f"one of {ALL}; which of them depends on kind"
    assert told.hint == 'did you mean "baudrate"?'


def test_bus_whose_key_kind_is_misspelt_is_told_so_and_not_that_kind_is_missing() -> None:
    found = problems('knd = "serial"', 'path = "/dev/lamps"')
    assert found.keys() == {"unknown-key"}
    assert found["unknown-key"].hint == 'did you mean "kind"?'


def test_bus_with_a_misspelt_key_that_it_needs_is_not_told_that_it_lacks_it() -> None:
    text = edited(("[sensor.air]", '[bus.extra]\nkind = "i2c"\npth = "/dev/i2c-9"\n[sensor.air]'))
    assert errors(text) == [("unknown-key", "bus.extra.pth")]
