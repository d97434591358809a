"""A sensor that the kernel's Industrial I/O drives.

In: a tree of attributes. Out: readings. Never: a file that is written.
"""

from drivers.bridge_driver import BridgeDriver


class Iio(BridgeDriver):
    """One device below /sys/bus/iio/devices."""
