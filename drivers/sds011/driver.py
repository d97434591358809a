"""The driver of an SDS011: the family's driver with this model's reports."""

from drivers.novafitness_driver import REPORT_TIMEOUT_S, NovaFitness, Options, Report
from drivers.sds011 import decode, frames

__all__ = ["REPORT_TIMEOUT_S", "Options", "Sds011", "framer"]

REPORT = Report(frames.CHIP, header=frames.DATA_HEADER, decode=decode)
framer = REPORT.framer


class Sds011(NovaFitness):
    """One Nova SDS011, SDS018 or SDS021."""

    report = REPORT
