"""Microchip MCP9808: temperature on I2C."""

from drivers.mcp9808.driver import Mcp9808
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="mcp9808",
    title="Microchip MCP9808",
    addresses=(0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F),
    create=Mcp9808,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=(
        "independent driver: adafruit-circuitpython-mcp9808 on the simulated chip (tests/agreement/agree_mcp9808.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=12_500,
            accuracy="±0.5 °C from -20 to 100 °C, ±1 °C from -40 to 125 °C (DS25095A, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
