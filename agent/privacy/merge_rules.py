"""Which rules merge, and how: the table of `agent.privacy.merge`. Pure.

In: a rule. Out: how two of its values become one. Never: a way for a rule that nobody has decided about.
"""

from collections.abc import Mapping
from typing import Final

from agent.privacy.merge import How
from agent.privacy.spec import Rule

_HOW: Final[Mapping[Rule, How]] = {
    Rule.MEAN: How.AVERAGE,
    Rule.MIN: How.LEAST,
    Rule.MAX: How.MOST,
    Rule.SUM: How.TOTAL,
    Rule.COUNT: How.TOTAL,
    Rule.HISTOGRAM: How.TOTAL,
    Rule.LAST: How.LATER,
    Rule.GRID: How.POSITION,
}
"""Every rule that is not here is `NOTHING`."""


def how(rule: Rule, *, grouped: bool) -> How:
    """Return how the values of a rule merge; `grouped`: they are derived from people or vehicles.

    How many of those came in either half is not known, so that a mean of their values has no weights.
    """
    return How.NOTHING if grouped and rule is Rule.MEAN else _HOW.get(rule, How.NOTHING)
