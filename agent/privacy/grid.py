"""Positions snapped to the centres of a fixed grid, in integers only, so that every machine draws the same cells.

Rows of cells run from pole to pole, each row cut into equal cells from antimeridian to antimeridian; both divide the
globe without a rest. A cell is never narrower or lower than the declared edge: one degree is taken at its shortest
(WGS 84: 110,574 m of latitude at the equator; 111,319 m of longitude there, times the cosine of the whole degree
poleward of the row). It is wider by up to 3 % at 60 degrees, and beyond 89 degrees a row is one cell.

Snapping depends on the snapped latitude only, so snapping a snapped position changes nothing.
"""

from dataclasses import dataclass

from agent.privacy.rounding import divide_half_even

SHORTEST_LATITUDE_DEGREE_M = 110_574
LONGEST_DEGREE_M = 111_694
"""One degree of latitude at the poles: no degree of anything is longer."""
EQUATOR_DEGREE_M = 111_319
_MILLION = 1_000_000

COSINE_MILLIONTHS = (
    *(1000000, 999847, 999390, 998629, 997564, 996194, 994521, 992546, 990268, 987688, 984807, 981627, 978147),
    *(974370, 970295, 965925, 961261, 956304, 951056, 945518, 939692, 933580, 927183, 920504, 913545, 906307),
    *(898794, 891006, 882947, 874619, 866025, 857167, 848048, 838670, 829037, 819152, 809016, 798635, 788010),
    *(777145, 766044, 754709, 743144, 731353, 719339, 707106, 694658, 681998, 669130, 656059, 642787, 629320),
    *(615661, 601815, 587785, 573576, 559192, 544639, 529919, 515038, 500000, 484809, 469471, 453990, 438371),
    *(422618, 406736, 390731, 374606, 358367, 342020, 325568, 309016, 292371, 275637, 258819, 241921, 224951),
    *(207911, 190808, 173648, 156434, 139173, 121869, 104528, 87155, 69756, 52335, 34899, 17452, 0),
)
"""Cosine of each whole degree from 0 to 90, cut (not rounded) to millionths."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid for one sensor.

    Attributes:
        edge_m: shortest edge of a cell, in metres.
        exponent: coordinates are integers in units of ``10 ** exponent`` degrees, heights of ``10 ** exponent``
            metres; at most 0.
    """

    edge_m: int
    exponent: int

    def latitude(self, latitude: int) -> int:
        """Return the latitude of the middle of the row."""
        half_turn = 180 * self._per_unit
        rows = self._rows
        return (2 * self._row(latitude) + 1) * half_turn // (2 * rows) - half_turn // 2

    def longitude(self, longitude: int, *, latitude: int) -> int:
        """Return the longitude of the middle of the cell, in that latitude's row; 180 W and 180 E are one line."""
        turn = 360 * self._per_unit
        cells = self._cells(self._row(latitude))
        cell = (longitude + turn // 2) * cells // turn % cells
        return (2 * cell + 1) * turn // (2 * cells) - turn // 2

    def has_latitude(self, latitude: int) -> bool:
        """Return whether there is such a latitude."""
        return abs(latitude) <= 90 * self._per_unit

    def height(self, height: int) -> int:
        """Return the nearest multiple of the edge, half to even."""
        step = self.edge_m * self._per_unit
        return step * divide_half_even(height, step)

    @property
    def _per_unit(self) -> int:
        return int(10**-self.exponent)

    @property
    def _rows(self) -> int:
        return max(1, 180 * SHORTEST_LATITUDE_DEGREE_M // self.edge_m)

    def _row(self, latitude: int) -> int:
        half_turn = 180 * self._per_unit
        row = (latitude + half_turn // 2) * self._rows // half_turn
        return min(max(row, 0), self._rows - 1)

    def _cells(self, row: int) -> int:
        """Return how many cells a row has: as many as fit at its poleward edge."""
        rows = self._rows
        poleward = max(abs(180 * row - 90 * rows), abs(180 * (row + 1) - 90 * rows))
        degree = -(-poleward // rows)
        return max(1, 360 * EQUATOR_DEGREE_M * COSINE_MILLIONTHS[degree] // (_MILLION * self.edge_m))
