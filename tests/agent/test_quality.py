from agent.quality import PRECEDENCE, Quality, strongest


def test_precedence_names_every_code_once() -> None:
    assert sorted(PRECEDENCE) == sorted(Quality)


def test_strongest_of_several_codes_is_the_one_that_says_most() -> None:
    assert strongest(Quality.PARTIAL, Quality.SUPPRESSED, Quality.NO_DATA) is Quality.SUPPRESSED
    assert strongest(Quality.SUPPRESSED, Quality.WITHHELD, Quality.BUDGET_SPENT) is Quality.WITHHELD
    assert strongest() is Quality.OK
