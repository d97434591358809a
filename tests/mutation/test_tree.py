from pathlib import Path
from typing import Any

from agent.privacy import spec
from tests.mutation.tree import lift_properties

SOURCE = '''class Box:
    """A box."""

    @property
    def sides(self) -> int:
        """How many."""
        return 6

    @classmethod
    def make(cls) -> "Box":
        return cls()

    @property
    def edges(self) -> int:
        return 2 * self.sides


def sides() -> int:
    return 1
'''


def test_lifted_properties_answer_as_before_and_are_plain_functions_too() -> None:
    names: dict[str, Any] = {}
    exec(lift_properties(SOURCE), names)
    box = names["Box"]()
    assert (box.sides, box.edges, names["sides"]()) == (6, 12, 1)
    assert names["Box"].plain_sides(box) == 6
    assert isinstance(names["Box"].__dict__["edges"], property)


def test_source_without_a_decorated_property_is_left_as_it_is() -> None:
    source = SOURCE.replace("    @property\n", "")
    assert lift_properties(source) == source


def test_no_property_of_a_module_of_ours_is_left() -> None:
    source = Path(spec.__file__).read_text()
    assert "@property" in source
    assert "@property" not in lift_properties(source)
