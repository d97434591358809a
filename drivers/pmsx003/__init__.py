"""Plantower PMS1003, PMS5003, PMS7003 and PMSA003: particulate matter on a serial line."""

from drivers import plantower
from drivers.model import Delivery, SerialModel
from drivers.pmsx003.driver import FRAME_TIMEOUT_S, Options, Pmsx003

MODEL = SerialModel(
    name="pmsx003",
    title="Plantower PMS1003/5003/7003/A003",
    agreement=(
        "capture of a real sensor (tests/captures/pmsx003.hexdump)",
        "independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",
    ),
    channels=(*plantower.masses(), *plantower.particles("0.3", "0.5", "1.0", "2.5", "5.0", "10")),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.2,
    timeout_s=FRAME_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Pmsx003,
)
"""What the registry and the configuration checker know of this sensor."""
