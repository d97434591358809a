"""The bridge to the kernel's hardware monitoring: temperatures, voltages, currents, power, fans."""

from drivers.bridge import channels_of
from drivers.hwmon.decode import Options
from drivers.hwmon.driver import Hwmon
from drivers.model import SysfsModel

MODEL = SysfsModel(
    name="hwmon",
    title="Linux hardware monitoring: any chip that the kernel drives",
    channels=Options.bridge.general(),
    channels_of=channels_of,
    interval_s=10.0,
    timeout_s=10.0,
    options=Options,
    create=Hwmon,
    agreement=("independent reader: psutil on the files of simulated chips (tests/agreement/agree_hwmon.py)",),
)
"""What the registry and the configuration checker know of this bridge."""
