"""The simulated MLX90614, by its words."""

import pytest

from drivers.sim.mlx90614 import Mlx90614Chip


def _word(chip: Mlx90614Chip, command: int) -> bytes:
    chip.write(bytes([command]))
    reply = chip.read(3)
    chip.stop()
    return reply


def test_word_of_the_data_sheets_example_has_its_code() -> None:
    chip = Mlx90614Chip()
    chip.set(object_c=28.01)
    assert _word(chip, 0x07) == bytes([0xD2, 0x3A, 0x30])


def test_word_is_forgotten_when_the_transaction_ends() -> None:
    chip = Mlx90614Chip()
    chip.write(b"\x07")
    chip.stop()
    assert chip.read(2) == bytes(2)


@pytest.mark.parametrize("address", [0x5A, 0x5D], ids=hex)
def test_eeprom_holds_emissivity_and_address(address: int) -> None:
    chip = Mlx90614Chip(address=address)
    assert _word(chip, 0x24)[:2] == b"\xff\xff"
    assert _word(chip, 0x2E)[:2] == bytes([address, 0])


@pytest.mark.parametrize(("celsius", "word"), [(-300, 0x27AD), (500, 0x7FFF)], ids=["too cold", "too hot"])
def test_temperature_beyond_the_scale_stays_at_its_end(celsius: float, word: int) -> None:
    chip = Mlx90614Chip()
    chip.set(object_c=celsius, ambient_c=celsius)
    assert _word(chip, 0x07)[:2] == _word(chip, 0x06)[:2] == word.to_bytes(2, "little")


def test_error_of_the_object_shows_in_its_highest_bit_only() -> None:
    chip = Mlx90614Chip()
    good = _word(chip, 0x07)
    chip.object_error = True
    flagged = _word(chip, 0x07)
    assert (flagged[0], flagged[1]) == (good[0], good[1] | 0x80)
    assert chip.presented["object_temperature"] is None


def test_bad_codes_are_as_many_as_ordered() -> None:
    chip = Mlx90614Chip()
    good = _word(chip, 0x06)
    chip.bad_codes = 1
    assert _word(chip, 0x06) != good
    assert _word(chip, 0x06) == good


def test_write_of_nothing_or_of_a_word_changes_nothing() -> None:
    chip = Mlx90614Chip()
    chip.write(b"")
    chip.write(bytes([0x24, 0x00, 0x00, 0x28]))
    chip.stop()
    assert _word(chip, 0x24)[:2] == b"\xff\xff"
