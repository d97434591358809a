"""What names and files of Industrial I/O mean."""

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bridge import Files, Spec, channels_of
from drivers.errors import InvalidData
from drivers.iio.attributes import KINDS, OF_PEOPLE, shared
from drivers.iio.decode import IioBridge, Options

BRIDGE = IioBridge()
ADIS16505 = [
    ("accel_x", b"-275924", b"0.000000037", "-0.010209188"),
    ("accel_y", b"-30142222", b"0.000000037", "-1.115262214"),
    ("accel_z", b"261265769", b"0.000000037", "9.666833453"),
    ("anglvel_x", b"-3324626", b"0.000000006", "-0.019947756"),
    ("anglvel_y", b"1336980", b"0.000000006", "0.00802188"),
    ("anglvel_z", b"-602983", b"0.000000006", "-0.003617898"),
]
"""Linux Documentation/iio/adis16475.rst, commit 0c8ea05e, "Usage examples": channel, raw, scale, result."""


@pytest.mark.parametrize(("name", "raw", "scale", "result"), ADIS16505)
def test_value_of_analog_devices_worked_example_is_theirs(name: str, raw: bytes, scale: bytes, result: str) -> None:
    spec = BRIDGE.parse(name)
    files = Files(spec=spec, value=f"in_{name}_raw", scale=f"in_{spec.kind}_scale")
    found, ticks = BRIDGE.value(files, {files.value: raw + b"\n", files.scale: scale + b"\n"})
    assert found is not None
    step = Decimal(1).scaleb(KINDS[spec.kind].exponent)
    assert abs(found * step - Decimal(result)) <= step / 2
    assert ticks == int(raw)


_DIGITS = st.integers(-(2**31), 2**31 - 1)


@given(raw=_DIGITS, offset=st.decimals(-30_000, 30_000, places=6), scale=st.decimals(0, 100, places=9))
def test_value_is_raw_plus_offset_times_scale_exactly(raw: int, offset: Decimal, scale: Decimal) -> None:
    files = Files(spec=Spec("temp", "temp", own="temp"), value="v", scale="s", offset="o")
    found, _ = BRIDGE.value(files, {"v": str(raw).encode(), "s": f"{scale:f}".encode(), "o": f"{offset:f}".encode()})
    exact = (raw + offset) * scale
    assert found == (exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR), "a milli-degree is our unit's exponent"


@pytest.mark.parametrize(
    ("kind", "content", "value", "unit"),
    [
        ("temp", b"21340", "21.340", "Cel"),
        ("humidityrelative", b"43798", "43.798", "%RH"),
        ("pressure", b"101.325", "101325.00", "Pa"),
        ("magn", b"0.5", "0.0000500000", "T"),
        ("illuminance", b"1028.333", "1028.333", "lx"),
        ("voltage", b"3300.125", "3.300125", "V"),
        ("current", b"20", "0.020000", "A"),
        ("power", b"1500", "1.500000", "W"),
        ("concentration", b"0.0415", "415.000", "ppm"),
        ("massconcentration", b"7.43", "7.430", "ug/m3"),
        ("capacitance", b"4.7", "0.000000004700000", "F"),
        ("incli", b"-90", "-1.570796", "rad"),
        ("rot", b"180", "3.141593", "rad"),
        ("distance", b"1.234", "1.2340", "m"),
        ("resistance", b"12000", "12000.000", "Ohm"),
        ("electricalconductivity", b"0.05", "0.050000", "S/m"),
        ("ph", b"7.01", "7.010", "pH"),
    ],
)
def test_value_of_each_type_is_in_our_unit(kind: str, content: bytes, value: str, unit: str) -> None:
    files = Files(spec=Spec(kind, kind, own=kind), value="v")
    found, _ = BRIDGE.value(files, {"v": content})
    assert found is not None
    assert f"{Decimal(found).scaleb(KINDS[kind].exponent):f}" == value
    assert KINDS[kind].unit == unit


@pytest.mark.parametrize(
    ("channel", "kind", "prefixes"),
    [
        ("magn_x", "magn", ("in_magn_x_", "in_magn_", "in_", "")),
        ("voltage3_supply", "voltage", ("in_voltage3_supply_", "in_voltage_", "in_", "")),
        ("voltage0-voltage1", "voltage", ("in_voltage0-voltage1_", "in_voltage-voltage_", "in_", "")),
    ],
)
def test_shared_files_are_named_as_the_kernel_names_them(channel: str, kind: str, prefixes: tuple[str, ...]) -> None:
    assert shared(channel, kind) == prefixes


@pytest.mark.parametrize(
    "name", ["voltage0-current1", "Temp", "temp ", "in_temp", "teapot", "temp-1", "", ":", "temp:"]
)
def test_parse_of_what_is_no_channel_says_what_one_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"channels has .*: expected the name of a file without _input or _raw"):
        BRIDGE.parse(name)


@pytest.mark.parametrize("kind", sorted(OF_PEOPLE))
def test_parse_of_a_type_that_tells_of_people_is_refused(kind: str) -> None:
    assert kind not in KINDS
    with pytest.raises(ValueError, match="can tell of people near the unit: it is not bridged"):
        BRIDGE.parse(f"{kind}0")


def test_options_without_channels_have_those_of_a_known_device() -> None:
    names = [channel.name for channel in channels_of(Options(device="bme280"))]
    assert names == ["temp", "pressure", "humidityrelative"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"device": ""}, "device must be the name of a device"),
        ({"device": "ads1115"}, "channels of 'ads1115' are not known here, only those of bh1750, .*: list them"),
        ({"device": "x", "channels": ("temp", "temp")}, "channels has 'temp' twice"),
        ({"device": "x", "channels": ("voltage:a b", "voltage:A-B")}, "channels has 'voltage_a_b' twice"),
        ({"device": "x", "channels": ("proximity",)}, "channels has 'proximity'"),
    ],
)
def test_options_that_no_device_can_have_are_refused(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Options(**options)  # type: ignore[arg-type]  # the names are the table's


def test_choose_never_takes_what_the_kernel_has_worked_out_for_another_channel() -> None:
    files = ("in_temp_input", "in_temp_object_raw", "in_temp_scale")
    found = BRIDGE.choose(BRIDGE.parse("temp_object"), files, {})
    assert (found.value, found.scale) == ("in_temp_object_raw", "in_temp_scale")
    with pytest.raises(InvalidData, match="the device has no channel 'temp_objekt'; it has: temp, temp_object"):
        BRIDGE.choose(BRIDGE.parse("temp_objekt"), files, {})


def test_own_of_a_label_is_of_its_very_type() -> None:
    spec = BRIDGE.parse("angl:shaft")
    assert BRIDGE.own(spec, {"anglvel_x": "shaft", "angl0": "shaft"}) == "angl0"
    with pytest.raises(InvalidData, match="no angl labelled 'shaft'; its labels are: none"):
        BRIDGE.own(spec, {"anglvel_x": "shaft"})


def test_own_of_a_label_that_two_channels_have_is_refused() -> None:
    spec = BRIDGE.parse("voltage:rail")
    with pytest.raises(InvalidData, match="has 2 channels of type voltage labelled 'rail'"):
        BRIDGE.own(spec, {"voltage0": "rail", "voltage1": "rail", "temp0": "rail"})
