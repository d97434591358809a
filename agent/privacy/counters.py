"""What a filter counts about itself, for `lamppost status`: plain integers, nothing measured, nobody's identifier."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(slots=True, kw_only=True)
class FilterCounters:
    """Totals since the filter was made.

    For the unit's own status only: how many sightings there were in a short time is what suppression hides, so these
    numbers are never published.

    Attributes:
        readings: readings taken into a window.
        late_readings: readings outside the open windows, dropped.
        dropped_fields: values of channels that the stream does not list, dropped.
        refused_values: values of another type than their channel has, dropped.
        out_of_range_values: samples outside the driver's plausible range, dropped.
        unattributed_values: values that came without the identifier they belong to, dropped.
        identifiers_withheld: identifiers that were counted and kept in; none ever leaves.
        groups_suppressed: groups nulled in a window, because they had fewer than k contributors.
        histograms_suppressed: histograms nulled in a window, because a bin had contributors, but fewer than k.
        windows_unpaid: windows whose counts did not leave, because no noise could be paid for: no budget, no ledger,
            or no synchronised clock.
        values_saturated: counts held at the bound of their range.
        trips_mac, trips_ip, trips_email, trips_phone, trips_card, trips_plate: readings dropped as a whole, because
            what looks like such an identifier was in the place of a number.
        rows_released: rows given out, with or without values.
        rows_withheld: rows given out empty, because a rule failed.
        rows_repeated: windows not given out, because one that is no earlier was given out before.
        windows_abandoned: windows that were never closed: `begin` was called again without `interrupt`.
        clock_jumps: calls of `advance` that skipped more windows than a stalled unit can explain.
    """

    readings: int = 0
    late_readings: int = 0
    dropped_fields: int = 0
    refused_values: int = 0
    out_of_range_values: int = 0
    unattributed_values: int = 0
    identifiers_withheld: int = 0
    groups_suppressed: int = 0
    histograms_suppressed: int = 0
    windows_unpaid: int = 0
    values_saturated: int = 0
    trips_mac: int = 0
    trips_ip: int = 0
    trips_email: int = 0
    trips_phone: int = 0
    trips_card: int = 0
    trips_plate: int = 0
    rows_released: int = 0
    rows_withheld: int = 0
    rows_repeated: int = 0
    windows_abandoned: int = 0
    clock_jumps: int = 0

    def copy(self) -> Self:
        """Return the totals as they are now."""
        return replace(self)
