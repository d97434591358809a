"""Shipped devices beside the formulas of people who did not write them, retyped: any bytes give the same values.

Each formula says whose it is. They are written as those drivers write them, with floating point.
"""

from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.declared import examine_device
from agent.config.devices.stage import Said, i2c_reading, serial_reading
from agent.tomlfile import read
from drivers.declared.i2c import I2cMaker
from drivers.declared.streams import SerialMaker
from drivers.reading import Value

FOLDER = Path(__file__).parents[4] / "config" / "devices"
BYTE = st.integers(0, 255)


def played(name: str, *exchange: tuple[bytes | None, bytes | None]) -> dict[str, Value]:
    _, model = examine_device(read(FOLDER / f"{name}.toml"), name=name)
    assert model is not None
    said = [Said(sent, received) for sent, received in exchange]
    if isinstance(model.create, I2cMaker):
        return dict(i2c_reading(model.create.form, 0x28, said).values)
    assert isinstance(model.create, SerialMaker)
    return dict(serial_reading(model.create.form, said).values)


@given(st.integers(1, 0x3FFF), st.integers(0, 0x3FFF))
def test_hyt_gives_what_kite_machine_calculates(humidity: int, temperature: int) -> None:
    """nilshempelmann/kite-machine, arduino/HYT271/HYT271.ino; it divides by 2^14 where the maker says 2^14 - 1."""
    b1, b2, b3, b4 = humidity >> 8, humidity & 0xFF, temperature >> 6, temperature << 2 & 0xFF
    raw_humidity, raw_temperature = (b1 << 8 | b2) & 0x3FFF, b3 << 6 | b4 >> 2
    found = played("ist_hyt", (b"", None), (None, bytes([b1, b2, b3, b4])))
    assert found["humidity"] == pytest.approx(10 * 100.0 / 2**14 * raw_humidity, abs=0.6)
    assert found["temperature"] == pytest.approx(100 * (165.0 / 2**14 * raw_temperature - 40), abs=1.6)


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4))
def test_rain_gauge_gives_what_its_makers_library_calculates(rain: bytes, tips: bytes) -> None:
    """DFRobot/DFRobot_RainfallSensor, DFRobot_RainfallSensor.cpp, getRainfall and getRawData."""
    buff = rain
    rainfall = (buff[0] | buff[1] << 8 | buff[2] << 16 | buff[3] << 24) / 10000.0
    found = played("dfrobot_sen0575", (b"\x10", rain), (b"\x14", tips))
    assert found["rain"] == pytest.approx(100 * rainfall, abs=0.51)
    assert found["tips"] == tips[0] | tips[1] << 8 | tips[2] << 16 | tips[3] << 24


@given(BYTE, BYTE)
def test_distance_is_what_the_wiki_calculates(data_h: int, data_l: int) -> None:
    """wiki.dfrobot.com/sen0312: SUM = (Header + Data_H + Data_L) & 0x00FF, Distance = Data_H * 256 + Data_L."""
    frame = bytes([0xFF, data_h, data_l, (0xFF + data_h + data_l) & 0x00FF])
    assert played("dfrobot_a02yyuw", (None, frame)) == {"distance": data_h * 256 + data_l}


@given(BYTE, BYTE, BYTE, BYTE)
def test_dust_is_what_the_data_sheet_calculates(df1: int, df2: int, df3: int, df4: int) -> None:
    """Honeywell HPM Series data sheet, table 4; the same in avaldebe/PyPMS."""
    body = [0x40, 0x05, 0x04, df1, df2, df3, df4]
    answer = bytes([*body, (65536 - sum(body)) % 256])
    found = played("honeywell_hpma115s0", (bytes.fromhex("68010493"), answer))
    assert found == {"pm2_5": df1 * 256 + df2, "pm10": df3 * 256 + df4}


@given(st.none() | st.integers(0, 359), st.integers(0, 6000))
def test_wind_is_what_the_observatory_reads(direction: int | None, centimetres: int) -> None:
    """ts-ess-common.lsst.io: <STX>Q,[ddd],sss.ss,M,nn,<ETX>cc, the direction left out below 0.05 m/s."""
    told = "" if direction is None else f"{direction:03d}"
    text = f"Q,{told},{centimetres / 100:06.2f},M,00,".encode()
    check = reduce(lambda one, other: one ^ other, text)
    line = b"\x02" + text + b"\x03" + f"{check:02X}".encode() + b"\r\n"
    assert played("gill_windsonic", (None, line)) == {"direction": direction, "speed": centimetres}
