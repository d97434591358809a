"""A sensor that the kernel's hardware monitoring drives.

In: a tree of attributes. Out: readings. Never: a file that is written.
"""

from drivers.bridge_driver import BridgeDriver


class Hwmon(BridgeDriver):
    """One device below /sys/class/hwmon."""
