"""What to mind, from made-up findings."""

from functools import cache

from agent.scanning.advice import about_adapter, about_nothing, about_port
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Match, Owner, Port
from drivers.bus.mux import Hop
from drivers.identity import Certainty

built_in = cache(Candidates.built_in)


def _about(*chips: Chip, name: str = "") -> list[str]:
    branch = Branch(path="/dev/i2c-1", way=(Hop(0x70, 3),), chips=chips)
    return list(about_adapter(Adapter(path="/dev/i2c-1", name=name, branches=(branch,)), built_in()))


def test_advice_on_a_sensor_that_holds_the_clock_is_for_the_pi_s_own_controller_only() -> None:
    chip = Chip(address=0x61, matches=(Match("scd30", Certainty.CERTAIN, ""),))
    assert _about(chip, name="CP2112 SMBus Bridge") == []
    (text,) = _about(chip, name="bcm2835 (i2c@7e804000)")
    assert text.startswith("/dev/i2c-1 multiplexer 0x70 channel 3 address 0x61: this sensor holds the clock")
    possible = Chip(address=0x61, matches=(Match("scd30", Certainty.POSSIBLE, ""),))
    assert _about(possible, name="bcm2835 (i2c@7e804000)") == []


def test_advice_on_a_stranger_is_given_where_a_model_could_be() -> None:
    assert "two chips have this address" in _about(Chip(address=0x62))[0]
    assert _about(Chip(address=0x3C)) == _about(Chip(address=0x70, multiplexer=True)) == []


def test_advice_on_a_chip_of_the_kernel_without_measurements_names_its_driver() -> None:
    (text,) = _about(Chip(address=0x70, owner=Owner(driver="pca9548")))
    assert "the kernel's driver pca9548 has it" in text


def test_advice_on_a_port_without_a_lasting_name_says_so() -> None:
    (text,) = about_port("/dev/ttyUSB0", Port(path="/dev/ttyUSB0"), lasting=None, unsteady=True)
    assert "has no name under /dev/serial/by-id" in text
    assert list(about_port("/dev/ttyS0", Port(path="/dev/ttyS0"), lasting=None, unsteady=False)) == []


def test_advice_on_a_modbus_line_says_where_a_model_comes_from() -> None:
    (text,) = about_port("/dev/x", Port(path="/dev/x", slaves=(1,)), lasting=None, unsteady=False)
    assert "register map" in text


def test_advice_on_nothing_is_one_sentence_for_each_kind_that_is_missing() -> None:
    assert len(list(about_nothing(adapters=[], ports=[]))) == 2
    assert list(about_nothing(adapters=["/dev/i2c-1"], ports=["/dev/x"])) == []
