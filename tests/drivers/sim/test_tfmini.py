from drivers.sim.tfmini import SimulatedTfmini


def test_frame_has_nine_bytes_and_a_sum() -> None:
    sensor = SimulatedTfmini()
    sensor.set(distance_cm=1000, strength=0x0102, temperature_c=25)

    assert sensor.frame() == bytes.fromhex("5959 e803 0201 c808") + bytes(
        [(0x59 * 2 + 0xE8 + 3 + 2 + 1 + 0xC8 + 8) % 256]
    )
    assert sensor.presented == {"distance": 1000, "strength": 0x0102, "temperature": 25_000}


def test_echo_that_is_no_echo_has_a_negative_distance() -> None:
    sensor = SimulatedTfmini()
    words = []
    sensor.set(distance_cm=100, strength=100)
    words.append(sensor.frame()[2:4].hex())
    sensor.set(distance_cm=100, strength=0xFFFF)
    words.append(sensor.frame()[2:4].hex())
    sensor.dazzle()
    words.append(sensor.frame()[2:4].hex())

    assert words == ["ffff", "feff", "fcff"]
    assert sensor.presented["distance"] is None


def test_commands_in_any_portions_are_answered_and_wrong_ones_are_not() -> None:
    sensor = SimulatedTfmini()

    assert sensor.command(bytes.fromhex("00 5a 06 03")) == b""
    assert sensor.command(bytes.fromhex("0a 00 6d")) == bytes.fromhex("5a 06 03 0a 00 6d")
    assert sensor.rate_hz == 10
    assert sensor.command(bytes.fromhex("5a 05 05 01 65")) == bytes.fromhex("5a 05 05 01 65")
    assert sensor.command(bytes.fromhex("5a 06 03 64 00 00")) == b""
    assert sensor.rate_hz == 10


def test_first_tfmini_has_no_temperature() -> None:
    sensor = SimulatedTfmini(thermometer=False)

    assert sensor.frame()[6:8] == b"\x02\x00"
    assert sensor.presented["temperature"] is None
