"""The MCP9808's registers and settings. All but one have two bytes, high byte first.

Sources, by number:
    [1] Microchip, MCP9808 data sheet, DS25095A, 2011.
    [2] Linux, ``drivers/hwmon/jc42.c``, for chips with these registers.
    [3] Adafruit, Adafruit_CircuitPython_MCP9808 3.3.32, ``adafruit_mcp9808.py``.
    [4] Microchip, MCP9808 at onlinedocs.microchip.com, section 5.8.4.
"""

from typing import Final

CHIP: Final = "mcp9808"

CONFIGURATION: Final = 0x01
CONTINUOUS: Final = 0x0000
"""Measuring, no alert: the value after power-up."""
SHUTDOWN: Final = 0x0100
"""[2] `JC42_CFG_SHUTDOWN`."""

TEMPERATURE: Final = 0x05
"""[1] page 24, register 5-4: three flags, a sign, 12 bits, together 13 bits in two's complement of 1/16 degree."""
TEMPERATURE_BITS: Final = 13

MANUFACTURER_ID: Final = 0x06
MICROCHIP: Final = 0x0054
"""[1] page 27, section 5.1.4."""
DEVICE_ID: Final = 0x07
MCP9808: Final = 0x0400
DEVICE_ID_MASK: Final = 0xFF00
"""[1] page 28, section 5.1.5: the upper byte; the lower one is the revision."""

RESOLUTION: Final = 0x08
SIXTEENTH: Final = 0x03
"""[3]: one byte; 0.0625 degree, measured in 250 ms, and the value after power-up ([4] table 5-9)."""

CONVERSION_S: Final = 0.3
"""[4] table 5-9: 250 ms, typical; a fifth more for safety."""
