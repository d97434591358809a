"""Buses behind multiplexers: what is right, and every way in which two chips would answer one call."""

import pytest

from agent.config.plans import BusKind, BusPlan, MuxPlan
from tests.support.config_files import Finding, edited, errors, findings, outcome, resolved


def mux(name: str, *, bus: str = "pole", address: int = 0x70, channel: int = 0) -> str:
    return f'[bus.{name}]\nkind = "i2c-mux"\nbus = "{bus}"\naddress = 0x{address:02x}\nchannel = {channel}\n'


def thermo(name: str, *, bus: str, address: int = 0x40) -> str:
    sensor = f'[sensor.{name}]\nmodel = "thermo"\nbus = "{bus}"\naddress = 0x{address:02x}\n'
    return f'{sensor}[stream.weather.channel.{name}]\nfrom = "{name}.temperature"\nrule = "mean"\nunit = "Cel"\n'


def unit(*parts: str) -> str:
    """A file with more buses and sensors; its sensor `air` leaves the adapter's own bus for them."""
    return edited(("[sensor.air]", "\n".join(parts) + "\n[sensor.air]"), ('bus = "pole"\naddress = 0x40', AIR))


AIR = 'bus = "pole"\naddress = 0x41'
LEFT, RIGHT = mux("left", channel=0), mux("right", channel=7)


def test_chips_with_one_address_behind_two_channels_are_right() -> None:
    text = unit(LEFT, RIGHT, thermo("one", bus="left"), thermo("two", bus="right"))
    assert findings(text) == []
    settings = resolved(text)
    assert settings.buses["right"] == BusPlan(
        name="right", kind=BusKind.MUX, path="", channel=MuxPlan(bus="pole", address=0x70, number=7)
    )
    assert settings.buses["pole"].kind is BusKind.I2C
    assert {plan.name: plan.address for plan in settings.sensors}["two"] == 0x40


def test_chips_with_one_address_behind_two_multiplexers_of_one_bus_are_right() -> None:
    other = mux("right", address=0x71)
    assert findings(unit(LEFT, other, thermo("one", bus="left"), thermo("two", bus="right"))) == []


def test_multiplexer_behind_a_multiplexer_is_right_and_its_buses_are_kept() -> None:
    text = unit(LEFT, mux("deep", bus="left", address=0x71, channel=3), thermo("one", bus="deep"))
    assert findings(text) == []
    assert set(resolved(text).buses) >= {"deep", "left", "pole"}


def test_bus_that_only_a_multiplexer_uses_is_not_called_unused() -> None:
    adapter = '[bus.roof]\nkind = "i2c"\npath = "/dev/i2c-3"\n'
    assert findings(unit(adapter, mux("left", bus="roof"), thermo("one", bus="left"))) == []


def test_channel_without_a_sensor_is_called_unused() -> None:
    assert findings(unit(LEFT)) == [("unused", "bus.left")]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        pytest.param(
            [mux("left", bus="pol"), thermo("one", bus="left")], ("unknown-bus", "bus.left.bus"), id="unknown-bus"
        ),
        pytest.param(
            [mux("left", bus="scan"), thermo("one", bus="left")], ("wrong-bus-kind", "bus.left.bus"), id="on-serial"
        ),
        pytest.param(
            [mux("left", bus="left"), thermo("one", bus="left")], ("bus-loop", "bus.left.bus"), id="behind-itself"
        ),
        pytest.param(
            [LEFT, mux("right", channel=0), thermo("one", bus="left"), thermo("two", bus="right")],
            ("duplicate-channel", "bus.right.channel"),
            id="channel-twice",
        ),
        pytest.param(
            [mux("left", channel=8), thermo("one", bus="left")], ("out-of-range", "bus.left.channel"), id="channel-8"
        ),
        pytest.param(
            [mux("left", address=0x40), thermo("one", bus="left")], ("out-of-range", "bus.left.address"), id="no-mux"
        ),
        pytest.param(
            [LEFT.replace("channel = 0\n", ""), thermo("one", bus="left")],
            ("missing-key", "bus.left"),
            id="no-channel",
        ),
        pytest.param(
            [LEFT.replace('bus = "pole"\n', ""), thermo("one", bus="left")], ("missing-key", "bus.left"), id="no-bus"
        ),
        pytest.param(
            [LEFT + 'path = "/dev/i2c-1"\n', thermo("one", bus="left")], ("no-effect", "bus.left.path"), id="path"
        ),
        pytest.param(
            [LEFT + "chanel = 1\n", thermo("one", bus="left")], ("unknown-key", "bus.left.chanel"), id="misspelt"
        ),
        pytest.param(
            [LEFT, thermo("one", bus="left", address=0x41)],
            ("duplicate-address", "sensor.one.address"),
            id="sensor-of-the-adapters-bus",
        ),
        pytest.param(
            [LEFT, thermo("one", bus="left"), thermo("two", bus="left")],
            ("duplicate-address", "sensor.two.address"),
            id="same-channel",
        ),
        pytest.param(
            [LEFT, mux("deep", bus="left", address=0x70), thermo("one", bus="deep")],
            ("duplicate-address", "bus.deep.address"),
            id="multiplexers-with-one-address",
        ),
        pytest.param(
            [LEFT, mux("deep", bus="left", address=0x71), thermo("one", bus="left"), thermo("two", bus="deep")],
            ("duplicate-address", "sensor.two.address"),
            id="sensor-of-the-channel-above",
        ),
        pytest.param(
            [LEFT, '[sensor.gas-two]\nmodel = "gas"\nbus = "left"\n'],
            ("duplicate-address", "sensor.gas-two.bus"),
            id="only-address-of-its-model",
        ),
    ],
)
def test_check_of_one_mistake_about_multiplexers_reports_exactly_that(parts: list[str], found: Finding) -> None:
    assert errors(unit(*parts)) == [found]


def test_loop_of_several_buses_is_told_with_its_way_and_ends() -> None:
    text = unit(
        mux("a", bus="b", address=0x71), mux("b", bus="c", address=0x72), mux("c", bus="a"), thermo("one", bus="a")
    )
    assert errors(text) == [("bus-loop", f"bus.{name}.bus") for name in "abc"]
    assert 'bus "a" is behind itself: a behind b behind c behind a' in outcome(text).report.text()


def test_bus_behind_a_loop_is_not_blamed_for_it() -> None:
    text = unit(
        mux("a", bus="b", address=0x71), mux("b", bus="a", address=0x72), mux("c", bus="a"), thermo("one", bus="c")
    )
    assert errors(text) == [("bus-loop", "bus.a.bus"), ("bus-loop", "bus.b.bus")]


def test_clash_says_who_has_the_address_and_what_to_do() -> None:
    told = outcome(unit(LEFT, thermo("one", bus="left", address=0x41))).report.text()
    assert 'sensor "air" has address 0x41 on bus "pole", so both would answer' in told
    assert "give one of them another address, or put it behind another channel" in told


def test_misspelt_bus_of_a_multiplexer_is_told_what_was_probably_meant() -> None:
    told = outcome(unit(mux("left", bus="pol"), thermo("one", bus="left"))).report.text()
    assert 'did you mean "pole"?' in told
