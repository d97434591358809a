"""Texas Instruments ADS1115: four analogue inputs, for voltages and for 4-20 mA and voltage transmitters, on I2C."""

from drivers.ads1115.channels import channels
from drivers.ads1115.driver import Ads1115
from drivers.ads1115.options import Options
from drivers.ads1115.registers import ADDRESSES
from drivers.model import I2cModel

MODEL = I2cModel(
    name="ads1115",
    title="Texas Instruments ADS1115",
    addresses=ADDRESSES,
    create=Ads1115,
    interval_s=10.0,
    timeout_s=3.0,
    options=Options,
    channels=channels(Options()),
    channels_of=channels,
    agreement=(
        "independent driver: adafruit-circuitpython-ads1x15 on the simulated chip (tests/agreement/agree_ads1115.py)",
    ),
)
"""What the registry and the configuration checker know of this chip."""
