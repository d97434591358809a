"""Plantower PMS5003T: particulate matter, temperature and humidity on a serial line."""

from drivers import plantower
from drivers.model import Delivery, SerialModel
from drivers.pms5003t.driver import FRAME_TIMEOUT_S, Options, Pms5003t

MODEL = SerialModel(
    name="pms5003t",
    title="Plantower PMS5003T",
    agreement=(
        "capture of a real sensor (tests/captures/pms5003t.hexdump)",
        "independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",
    ),
    channels=(
        *plantower.masses(),
        *plantower.particles("0.3", "0.5", "1.0", "2.5"),
        plantower.temperature(),
        plantower.humidity(),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.2,
    timeout_s=FRAME_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Pms5003t,
)
"""What the registry and the configuration checker know of this sensor."""
