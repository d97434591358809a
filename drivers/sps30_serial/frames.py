"""The SPS30's commands on its serial line, as numbers.

Source: Sensirion, SPS30 data sheet, version 2.0, June 2023: sections 5 (line) and 5.3 (commands, table 7); the same
in Sensirion's sensirion-uart-sps30 1.0.0, ``sensirion_uart_sps30/commands.py``.
"""

from typing import Final

CHIP: Final = "sps30_serial"
BAUDRATE: Final = 115_200

START: Final = 0x00
STOP: Final = 0x01
READ: Final = 0x03
WAKE_UP: Final = 0x11
DEVICE_INFORMATION: Final = 0xD0

LOW_PULSE: Final = b"\xff"
"""Wakes the interface of a sleeping sensor, just before `WAKE_UP`; another sensor takes no notice (section 5.3.5)."""
PRODUCT_TYPE: Final = b"\x00"
FLOATS: Final = b"\x01\x03"
"""Output format: IEEE 754 singles, which every firmware knows (section 5.3.1)."""
