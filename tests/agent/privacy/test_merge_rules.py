from agent.privacy.merge import How
from agent.privacy.merge_rules import how
from agent.privacy.spec import Rule


def test_rules_merge_exactly_if_what_they_tell_can_be_combined() -> None:
    """The table a second time: of a new rule somebody must decide."""
    assert {rule: how(rule, grouped=False) for rule in Rule} == {
        Rule.MEAN: How.AVERAGE,
        Rule.MIN: How.LEAST,
        Rule.MAX: How.MOST,
        Rule.SUM: How.TOTAL,
        Rule.COUNT: How.TOTAL,
        Rule.LAST: How.LATER,
        Rule.COUNT_DISTINCT: How.NOTHING,
        Rule.GRID: How.POSITION,
        Rule.MEDIAN: How.NOTHING,
        Rule.P90: How.NOTHING,
        Rule.STDEV: How.NOTHING,
        Rule.CIRCULAR_MEAN: How.NOTHING,
        Rule.DWELL: How.NOTHING,
        Rule.HISTOGRAM: How.TOTAL,
    }
    changed = {rule for rule in Rule if how(rule, grouped=True) is not how(rule, grouped=False)}
    assert changed == {Rule.MEAN}, "how many people came in either half is not known"
