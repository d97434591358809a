"""Sensirion SPS30 on I2C: particulate matter by size."""

from drivers.model import I2cModel
from drivers.sensirion_fan import SAMPLE_TIMEOUT_S
from drivers.sps30.commands import ADDRESS
from drivers.sps30.driver import Sps30
from drivers.sps30_output import CHANNELS, WARM_UP_S, Options

MODEL = I2cModel(
    name="sps30",
    title="Sensirion SPS30 on I2C",
    addresses=(ADDRESS,),
    create=Sps30,
    interval_s=10.0,
    fastest_s=1.0,
    timeout_s=SAMPLE_TIMEOUT_S,
    options=Options,
    warm_up_s=WARM_UP_S,
    agreement=(
        "bytes of a real sensor, recorded by embvm-drivers/sensirion-sps-30 (tests/drivers/sps30/test_decode.py)",
        "independent driver: sensirion-i2c-sps30 on the simulated chip (tests/agreement/agree_sps30.py)",
    ),
    channels=CHANNELS,
)
"""What the registry and the configuration checker know of this sensor."""
