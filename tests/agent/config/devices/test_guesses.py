"""Modbus files as people get them wrong: what would give the maker's value is said."""

import pytest

from agent.config.devices.guesses import better
from drivers.crc import crc16_modbus
from drivers.declared.fields import Field, Kind
from drivers.declared.registers import RegisterChannel, Table
from drivers.declared.scaling import Scaling
from tests.agent.config.devices.test_mistakes import problems
from tests.support.devices import PROBE


def answered(data: str, *, function: int = 3) -> str:
    """Return the file with another answer in its example."""
    sent = bytes([1, function, 0, 0, 0, 2])
    received = bytes([1, function, 4]) + bytes.fromhex(data)
    old = '{ sent = "01 03 00 00 00 02 C4 0B", received = "01 03 04 3F 80 00 00 F7 CF" }'
    return PROBE.replace(old, f'{{ sent = "{telegram(sent)}", received = "{telegram(received)}" }}')


def telegram(content: bytes) -> str:
    return (content + crc16_modbus(content).to_bytes(2, "little")).hex(" ").upper()


def test_made_up_probe_is_right() -> None:
    assert problems(PROBE)[0] == problems(answered("3F 80 00 00"))[0] == []


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("00 00 3F 80", 'word_order = "little"'),
        ("80 3F 00 00", 'byte_order = "little"'),
        ("00 00 80 3F", 'byte_order = "little" and word_order = "little"'),
        ("00 00 00 01", 'type = "u32"'),
        ("00 01 00 00", 'type = "u16"'),
    ],
)
def test_number_that_is_written_otherwise_is_answered_with_what_would_give_the_makers_value(
    data: str, hint: str
) -> None:
    ((problem,), _) = problems(answered(data))
    assert (problem.code, problem.source) == ("example-differs", "values = { level = 1.0 }")
    assert problem.hint == f"this would give it: {hint}"


def test_value_that_nothing_gives_is_answered_with_where_to_look() -> None:
    ((problem,), _) = problems(PROBE.replace("level = 1.0", "level = 7.7"))
    assert problem.hint == "check offset, type, order, scale and exponent; or the example"
    ((problem,), _) = problems(PROBE.replace("level = 1.0", 'level = "1.0"'))
    assert problem.hint == "write the value without quotes"


@pytest.mark.parametrize(
    ("register", "hint"),
    [
        ("40001", "40001 in a manual is register 0 on the wire"),
        ("1", "register 1 in a manual may be 0 on the wire: see bytes 3 and 4 of what is sent"),
        ("77", None),
    ],
)
def test_register_as_a_manual_counts_is_answered_with_the_one_on_the_wire(register: str, hint: str | None) -> None:
    ((problem,), _) = problems(PROBE.replace("register = 0", f"register = {register}"))
    first = int(register)
    assert problem.expected == (
        f"an example that reads at least one channel: level at holding {first} to {first + 1}"
    )
    assert (problem.found, problem.hint) == ("registers: holding 0 to 1", hint)


def test_other_table_is_answered_with_the_function_that_was_sent() -> None:
    ((problem,), _) = problems(answered("3F 80 00 00", function=4))
    assert problem.hint == "these registers are read from another table: look at the second byte of what is sent"


def test_zero_and_bits_tell_nothing() -> None:
    place = RegisterChannel(
        name="x", table=Table.HOLDING, address=0, field=Field(at=0, kind=Kind.U16), scaling=Scaling()
    )
    contents = {(Table.HOLDING, 0): 5, (Table.HOLDING, 1): 0}
    assert better(place, contents, 0) is None
    assert better(place, {(Table.HOLDING, 1): 9}, 9) == "this would give it: register = 1"
