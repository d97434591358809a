"""What names and files of hardware monitoring mean."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bridge import Files, Spec, channels_of
from drivers.hwmon.attributes import KINDS
from drivers.hwmon.decode import HwmonBridge, Options

BRIDGE = HwmonBridge()


@pytest.mark.parametrize(
    ("kind", "content", "value", "unit"),
    [
        ("temp", b"31500", "31.500", "Cel"),
        ("temp", b"-40000", "-40.000", "Cel"),
        ("humidity", b"48230", "48.230", "%RH"),
        ("in", b"12640", "12.640", "V"),
        ("curr", b"-1225", "-1.225", "A"),
        ("power", b"15475000", "15.475000", "W"),
        ("energy", b"3600000000", "3600.000000", "J"),
        ("fan", b"1000", "16.667", "1/s"),
    ],
)
def test_value_of_each_type_is_in_our_unit(kind: str, content: bytes, value: str, unit: str) -> None:
    found, raw = BRIDGE.value(Files(spec=Spec(f"{kind}1", kind, own=f"{kind}1"), value="v"), {"v": content + b"\n"})
    assert found is not None
    assert f"{Decimal(found).scaleb(KINDS[kind].exponent):f}" == value
    assert raw == int(content)
    assert KINDS[kind].unit == unit


def test_kinds_every_one_is_tested_above() -> None:
    assert set(KINDS) == {"temp", "humidity", "in", "curr", "power", "energy", "fan"}


@given(st.integers(-(10**9), 10**9))
def test_value_of_millidegrees_loses_nothing(milli: int) -> None:
    files = Files(spec=BRIDGE.parse("temp3"), value="temp3_input")
    assert BRIDGE.value(files, {"temp3_input": str(milli).encode()}) == (milli, milli)


@pytest.mark.parametrize(
    "name", ["temp", "temp1_input", "pwm1", "temp-1", "Temp1", "", "1", "teapot:x", "temp1:x", "temp:"]
)
def test_parse_of_what_is_no_channel_says_what_one_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"channels has .*: expected the name of a file without _input or _raw"):
        BRIDGE.parse(name)


def test_options_without_channels_have_those_of_a_known_device() -> None:
    assert [channel.name for channel in channels_of(Options(device="ina226"))] == ["in0", "in1", "curr1", "power1"]


def test_channels_known_by_a_label_are_named_after_it() -> None:
    (channel,) = channels_of(Options(device="nvme", channels=("temp:Composite 1",)))
    assert (channel.name, channel.title, channel.unit) == ("temp_composite_1", "Temperature (Composite 1)", "Cel")


@pytest.mark.parametrize("fault", [b"1", b"1\n"])
def test_value_of_a_channel_at_fault_is_not_available(fault: bytes) -> None:
    files = Files(spec=BRIDGE.parse("fan2"), value="fan2_input", fault="fan2_fault")
    assert BRIDGE.value(files, {"fan2_input": b"0", "fan2_fault": fault}) == (None, None)
    assert BRIDGE.value(files, {"fan2_input": b"0", "fan2_fault": b"0"}) == (0, 0)
