"""Plantower PMS5003ST: particulate matter, formaldehyde, temperature and humidity on a serial line."""

from drivers import plantower
from drivers.model import Delivery, SerialModel
from drivers.pms5003st.driver import FRAME_TIMEOUT_S, Options, Pms5003st
from drivers.reading import Channel

_HIGHEST_UG_M3 = 2000

MODEL = SerialModel(
    name="pms5003st",
    title="Plantower PMS5003ST",
    agreement=("independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",),
    channels=(
        *plantower.masses(),
        *plantower.particles("0.3", "0.5", "1.0", "2.5", "5.0", "10"),
        Channel(
            name="formaldehyde",
            title="Formaldehyde",
            property="http://qudt.org/vocab/quantitykind/MassConcentration",
            unit="ug/m3",
            minimum=0,
            maximum=_HIGHEST_UG_M3,
        ),
        plantower.temperature(),
        plantower.humidity(),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.2,
    timeout_s=FRAME_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Pms5003st,
)
"""What the registry and the configuration checker know of this sensor."""
