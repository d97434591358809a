"""The driver of an SDS198: the family's driver with this model's reports."""

from drivers.novafitness_driver import REPORT_TIMEOUT_S, NovaFitness, Options, Report
from drivers.sds198 import decode, frames

__all__ = ["REPORT_TIMEOUT_S", "Options", "Sds198"]


class Sds198(NovaFitness):
    """One Nova SDS198."""

    report = Report(frames.CHIP, header=frames.DATA_HEADER, decode=decode)
