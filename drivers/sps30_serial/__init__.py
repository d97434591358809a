"""Sensirion SPS30 on a serial line (SHDLC): particulate matter by size."""

from drivers.model import SerialModel
from drivers.sps30_output import CHANNELS, WARM_UP_S, Options
from drivers.sps30_serial.driver import SAMPLE_TIMEOUT_S, Sps30Serial
from drivers.sps30_serial.frames import BAUDRATE

MODEL = SerialModel(
    name="sps30_serial",
    title="Sensirion SPS30 on a serial line",
    baudrate=BAUDRATE,
    create=Sps30Serial,
    interval_s=10.0,
    fastest_s=1.0,
    timeout_s=SAMPLE_TIMEOUT_S,
    options=Options,
    warm_up_s=WARM_UP_S,
    agreement=(
        "capture of a real sensor (tests/captures/sps30.hexdump)",
        "independent driver: sensirion-uart-sps30 on the simulated sensor (tests/agreement/agree_sps30_serial.py)",
    ),
    channels=CHANNELS,
)
"""What the registry and the configuration checker know of this sensor."""
