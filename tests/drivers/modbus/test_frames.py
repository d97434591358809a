"""The examples of the Modbus specification come out, and nothing beyond what a request can do goes in.

Examples of "MODBUS Application Protocol Specification" V1.1b3, chapters 6.1 to 6.12, without slave and CRC, as the
tests of Qt's QtSerialBus have them; whole frames as published for slave 17.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus import frames
from drivers.modbus.frames import Function, Request
from drivers.sim import modbus as simulated

READS = [
    (Function.READ_COILS, 0x13, 19, "01 00 13 00 13", "01 03 cd 6b 05"),
    (Function.READ_DISCRETE_INPUTS, 0xC4, 22, "02 00 c4 00 16", "02 03 ac db 35"),
    (Function.READ_HOLDING, 0x6B, 3, "03 00 6b 00 03", "03 06 02 2b 00 00 00 64"),
    (Function.READ_INPUT, 8, 1, "04 00 08 00 01", "04 02 00 0a"),
]


@pytest.mark.parametrize(("function", "address", "count", "asked", "answered"), READS)
def test_read_is_the_request_of_the_specifications_example(
    function: Function, address: int, count: int, asked: str, answered: str
) -> None:
    request = frames.read(function, 1, address=address, count=count)
    assert request.wire[1:-2] == bytes.fromhex(asked)
    assert request.answer_bytes == len(bytes.fromhex(answered)) + 3
    assert frames.answer_length(b"\x01" + bytes.fromhex(answered)) == request.answer_bytes


def test_writes_are_the_requests_of_the_specifications_examples() -> None:
    assert frames.write_coil(1, address=0xAC, on=True).wire[1:-2] == bytes.fromhex("05 00 ac ff 00")
    assert frames.write_register(1, address=1, value=3).wire[1:-2] == bytes.fromhex("06 00 01 00 03")
    registers = frames.write_registers(1, address=1, values=[0x0A, 0x0102])
    assert registers.wire[1:-2] == bytes.fromhex("10 00 01 00 02 04 00 0a 01 02")
    assert registers.answer_bytes == 8


def test_whole_frames_of_slave_17_are_those_published() -> None:
    request = frames.read(Function.READ_HOLDING, 17, address=0x6B, count=3)
    assert request.wire == bytes.fromhex("11 03 00 6b 00 03 76 87")
    assert frames.valid(bytes.fromhex("11 03 06 02 2b 00 00 00 64 c8 ba"))


def test_bits_of_the_specifications_example_are_lowest_first() -> None:
    coils_20_to_38 = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    assert frames.bits(bytes.fromhex("cd 6b 05"), 19) == coils_20_to_38


def test_registers_of_the_specifications_example_are_high_byte_first() -> None:
    assert frames.registers(bytes.fromhex("02 2b 00 00 00 64")) == [555, 0, 100]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: frames.read(Function.READ_HOLDING, 0, address=0, count=1),
        lambda: frames.read(Function.READ_HOLDING, 248, address=0, count=1),
        lambda: frames.read(Function.READ_HOLDING, 1, address=0, count=0),
        lambda: frames.read(Function.READ_HOLDING, 1, address=0, count=126),
        lambda: frames.read(Function.READ_COILS, 1, address=0, count=2001),
        lambda: frames.read(Function.READ_INPUT, 1, address=65535, count=2),
        lambda: frames.read(Function.READ_INPUT, 1, address=-1, count=2),
        lambda: frames.read(Function.WRITE_COIL, 1, address=0, count=1),
        lambda: frames.write_register(1, address=0, value=65536),
        lambda: frames.write_register(1, address=0, value=-1),
        lambda: frames.write_registers(1, address=0, values=[]),
        lambda: frames.write_registers(1, address=0, values=[0] * 124),
    ],
)
def test_request_beyond_the_specification_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r".+"):
        wrong()


@pytest.mark.parametrize(
    ("head", "length"),
    [
        ("00", None),
        ("f8", None),
        ("01", 5),
        ("01 03", 6),
        ("01 03 00", None),
        ("01 03 fa", 255),
        ("01 03 fb", None),
        ("01 06", 8),
        ("01 10 00", 8),
        ("01 07", None),
        ("01 83", 5),
        ("01 83 02", 5),
        ("01 83 00", None),
        ("01 87", None),
    ],
)
def test_answer_length_follows_from_function_and_byte_count(head: str, length: int | None) -> None:
    assert frames.answer_length(bytes.fromhex(head)) == length


def test_words_say_what_was_asked_for_and_no_value() -> None:
    assert frames.read(Function.READ_HOLDING, 1, address=100, count=2).words() == "read holding registers 100 to 101"
    assert frames.write_register(1, address=7, value=4711).words() == "write holding register 7"


def test_exception_names_are_those_of_the_specification_or_say_that_they_are_not() -> None:
    assert frames.exception_name(2) == "illegal data address"
    assert frames.exception_name(0x55) == "a code of its maker"


requests = st.builds(
    lambda function, slave, address, count: Request(slave, function, address, count),
    st.sampled_from([Function.READ_HOLDING, Function.READ_INPUT, Function.READ_COILS, Function.READ_DISCRETE_INPUTS]),
    st.integers(1, 247),
    st.integers(0, 65000),
    st.integers(1, 125),
)


@given(requests)
def test_every_answer_of_a_simulated_slave_has_the_length_that_was_foretold(request_: Request) -> None:
    addresses = range(request_.address, request_.address + request_.count)
    held = {address: address & 1 for address in addresses}
    slave = simulated.SimulatedSlave(coils=held, inputs=held, holding=held, input=held)
    (answer,) = simulated.SimulatedSlaves({request_.slave: slave}).command(request_.wire)
    assert len(answer.data) == request_.answer_bytes == frames.answer_length(answer.data)
    assert frames.valid(answer.data)


@given(st.binary(max_size=64))
def test_crc_agrees_with_the_one_of_the_simulated_slaves(data: bytes) -> None:
    assert frames.valid(frames.sealed(data))
    assert simulated.crc(frames.sealed(data)) == 0
