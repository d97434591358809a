"""The simulated adapter's own behaviour: transactions, faults, swapped chips."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import SMBus
from smbus2 import smbus2 as smbus_module

from drivers.sim import boundary, ioctl, smbus
from drivers.sim.adapter import Session, SimulatedAdapter
from drivers.sim.faults import Faults
from tests.support.buses import RegisterFile

ADDRESS = 0x42


@pytest.fixture
def chip() -> RegisterFile:
    return RegisterFile()


@pytest.fixture
def adapter(chip: RegisterFile) -> SimulatedAdapter:
    return SimulatedAdapter({ADDRESS: chip})


def fails_with(adapter: SimulatedAdapter, parts: list[bytes | int], address: int = ADDRESS) -> int | None:
    try:
        adapter.transact(address, parts)
    except OSError as error:
        return error.errno
    return None


def test_transact_parts_reach_the_chip_in_order_and_stop_ends_them(
    adapter: SimulatedAdapter, chip: RegisterFile
) -> None:
    assert adapter.transact(ADDRESS, [b"\x05", 2, b"\x09\xff"]) == [b"\x05\x06"]
    assert chip.heard == [b"\x05", 2, b"\x09\xff", "stop"]


def test_transact_chip_that_refuses_is_enxio_and_still_stopped(adapter: SimulatedAdapter, chip: RegisterFile) -> None:
    chip.mute = True
    assert fails_with(adapter, [1]) == errno.ENXIO
    assert chip.heard == ["stop"]


def test_transact_chip_that_miscounts_is_a_mistake_of_the_chip(adapter: SimulatedAdapter) -> None:
    class Short(RegisterFile):
        def read(self, length: int) -> bytes:
            return super().read(length)[1:]

    adapter.chips[ADDRESS] = Short()
    with pytest.raises(AssertionError, match="Short returned 1 bytes where 2"):
        adapter.transact(ADDRESS, [2])


def test_nack_counted_ends_after_its_times(adapter: SimulatedAdapter) -> None:
    adapter.faults.nack(ADDRESS, times=2)
    assert [fails_with(adapter, [1]) for _ in range(3)] == [errno.ENXIO, errno.ENXIO, None]


def test_nack_for_ever_ends_on_clear(adapter: SimulatedAdapter) -> None:
    adapter.faults.nack(None)
    assert {fails_with(adapter, [1]) for _ in range(5)} == {errno.ENXIO}
    adapter.faults.clear()
    assert fails_with(adapter, [1]) is None


def test_nack_in_the_middle_lets_the_messages_before_through(adapter: SimulatedAdapter, chip: RegisterFile) -> None:
    adapter.faults.nack(ADDRESS, at_message=1)
    assert fails_with(adapter, [b"\x07", 2]) == errno.ENXIO
    assert chip.heard == [b"\x07", "stop"]


def test_fault_at_one_address_spares_the_others(adapter: SimulatedAdapter) -> None:
    adapter.chips[0x43] = RegisterFile()
    adapter.faults.stretch(ADDRESS)
    assert fails_with(adapter, [1]) == errno.ETIMEDOUT
    assert fails_with(adapter, [1], 0x43) is None


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (lambda faults: faults.stick(times=1), errno.EIO),
        (lambda faults: faults.lose_arbitration(times=1), errno.EAGAIN),
        (lambda faults: faults.stretch(None, times=1), errno.ETIMEDOUT),
        (lambda faults: faults.nack(None, times=1, error=errno.EREMOTEIO), errno.EREMOTEIO),
    ],
    ids=["stuck", "arbitration", "stretch", "nack-on-a-pi"],
)
def test_fault_of_the_line_has_its_errno_and_spares_the_chip(
    adapter: SimulatedAdapter, chip: RegisterFile, order: Callable[[Faults], None], code: int
) -> None:
    order(adapter.faults)
    assert fails_with(adapter, [1]) == code
    assert chip.heard == []
    assert fails_with(adapter, [1]) is None


def test_flip_changes_one_bit_of_what_is_read(adapter: SimulatedAdapter) -> None:
    adapter.faults.flip(ADDRESS, byte=1, mask=0x80, times=1)
    assert adapter.transact(ADDRESS, [b"\x10", 3]) == [b"\x10\x91\x12"]
    assert adapter.transact(ADDRESS, [b"\x10", 3]) == [b"\x10\x11\x12"]


def test_flip_beyond_a_short_read_changes_nothing(adapter: SimulatedAdapter) -> None:
    adapter.faults.flip(ADDRESS, byte=9)
    assert adapter.transact(ADDRESS, [b"\x10", 3]) == [b"\x10\x11\x12"]


def test_fill_answers_with_one_value(adapter: SimulatedAdapter) -> None:
    adapter.faults.fill(ADDRESS, times=1)
    assert adapter.transact(ADDRESS, [b"\x10", 3]) == [b"\xff\xff\xff"]
    adapter.faults.fill(ADDRESS, 0x00, times=1)
    assert adapter.transact(ADDRESS, [b"\x10", 3]) == [b"\0\0\0"]


def test_swapped_chip_answers_at_once(adapter: SimulatedAdapter) -> None:
    adapter.chips[ADDRESS] = RegisterFile(bytes(256))
    assert adapter.transact(ADDRESS, [b"\x10", 1]) == [b"\0"]
    del adapter.chips[ADDRESS]
    assert fails_with(adapter, [1]) == errno.ENXIO


def test_hang_lasts_until_cleared(adapter: SimulatedAdapter) -> None:
    adapter.faults.hang()
    answers: list[list[bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(adapter.transact(ADDRESS, [b"\x10", 1])))
    thread.start()
    thread.join(0.02)
    assert answers == []
    adapter.faults.clear()
    thread.join(5)
    assert answers == [[b"\x10"]]


def test_serve_leftover_socket_is_replaced(tmp_path: Path) -> None:
    ioctl.install(smbus_module)
    left = boundary.adapter_socket()
    left.bind(str(tmp_path / "i2c"))
    left.close()
    with SimulatedAdapter({ADDRESS: RegisterFile()}).serve(tmp_path / "i2c"), SMBus(str(tmp_path / "i2c")) as bus:
        assert bus.read_byte_data(ADDRESS, 1) == 1


def test_unplug_and_replug_twice_are_harmless(tmp_path: Path) -> None:
    with SimulatedAdapter({}).serve(tmp_path / "i2c") as adapter:
        adapter.replug()
        adapter.unplug()
        adapter.unplug()
        assert not (tmp_path / "i2c").exists()
        adapter.replug()
        assert (tmp_path / "i2c").is_socket()
    assert not (tmp_path / "i2c").exists()


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x01", id="no-head"),
        pytest.param(boundary.pack(boundary.I2C_SMBUS, b"\x00"), id="short-smbus"),
        pytest.param(boundary.pack(boundary.I2C_SLAVE), id="no-address"),
        pytest.param(boundary.pack(boundary.I2C_SLAVE, boundary.pack_argument(0x80)), id="eight-bit-address"),
        pytest.param(boundary.pack(boundary.I2C_RDWR), id="no-messages"),
        pytest.param(boundary.pack(boundary.I2C_RDWR, b"\x42\x00\x01"), id="half-a-message"),
        pytest.param(
            boundary.pack(
                boundary.I2C_RDWR,
                boundary.pack_messages([boundary.RawMessage(0x42, 0, b""), boundary.RawMessage(0x43, 0, b"")]),
            ),
            id="two-chips",
        ),
        pytest.param(
            boundary.pack(boundary.I2C_SMBUS, boundary.pack_smbus(boundary.SmbusCall(2, 0, 0, bytes(34)))),
            id="neither-read-nor-write",
        ),
        pytest.param(
            boundary.pack(boundary.I2C_SMBUS, boundary.pack_smbus(boundary.SmbusCall(0, 0, 8, b"\x21" + bytes(33)))),
            id="block-too-long",
        ),
    ],
)
def test_session_senseless_request_is_einval(adapter: SimulatedAdapter, packet: bytes) -> None:
    assert boundary.unpack(Session(adapter).answer(packet)) == (errno.EINVAL, b"")


def test_session_unknown_smbus_call_is_not_supported(adapter: SimulatedAdapter) -> None:
    call = boundary.pack_smbus(boundary.SmbusCall(0, 0, 6, bytes(34)))
    answer = Session(adapter).answer(boundary.pack(boundary.I2C_SMBUS, call))
    assert boundary.unpack(answer)[0] == errno.EOPNOTSUPP


def test_session_more_than_fits_an_answer_is_einval(adapter: SimulatedAdapter) -> None:
    messages = [boundary.RawMessage(ADDRESS, boundary.I2C_M_RD, bytes(8192))] * 9
    request = boundary.pack(boundary.I2C_RDWR, boundary.pack_messages(messages))
    assert boundary.unpack(Session(adapter).answer(request))[0] == errno.EINVAL


@given(
    request=st.sampled_from(range(0x0700, 0x0722)) | st.integers(0, 0xFFFFFFFF),
    content=st.binary(max_size=80),
    cut=st.integers(0, 4),
)
def test_session_any_request_gets_an_answer(request: int, content: bytes, cut: int) -> None:
    """Whatever a client sends is answered with a known errno, and only success has results."""
    session = Session(SimulatedAdapter({ADDRESS: RegisterFile()}))
    code, results = boundary.unpack(session.answer(boundary.pack(request, content)[cut:]))
    assert code == 0 or code in errno.errorcode
    assert code == 0 or results == b""


message = st.builds(
    boundary.RawMessage, st.integers(0, 0xFFFF), st.just(0) | st.integers(0, 0xFFFE), st.binary(max_size=20)
).map(lambda raw: boundary.RawMessage(raw.address, raw.flags, bytes(len(raw.data)) if raw.reads else raw.data))


@given(st.lists(message, max_size=6))
def test_messages_round_trip_is_the_same(messages: list[boundary.RawMessage]) -> None:
    """Messages arrive as they were sent."""
    assert boundary.unpack_messages(boundary.pack_messages(messages)) == messages


@given(st.integers(0, 7), st.binary(min_size=34, max_size=34), st.booleans())
def test_smbus_any_call_is_answered_with_34_bytes_or_refused(size: int, data: bytes, reads: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """An SMBus call returns a whole data union or an errno, whatever its operands are."""
    adapter = SimulatedAdapter({ADDRESS: RegisterFile()})
    try:
        answer = smbus.run(
            boundary.SmbusCall(int(reads), 0x10, size, data), lambda parts: adapter.transact(ADDRESS, parts)
        )
    except OSError as error:
        assert error.errno in (errno.EINVAL, errno.EOPNOTSUPP, errno.EPROTO)  # noqa: PT017 - either outcome is right
    else:
        assert len(answer) == 34
