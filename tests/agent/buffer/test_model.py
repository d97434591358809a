"""The outbox beside a model of it, through any history; and outboxes that were broken on purpose, which it must find.

The histories are the same each time; `make prove-model` runs others, and for longer.
"""

import pytest
from hypothesis import Phase, settings

from agent.wire.keyfile import SigningKey, generate
from tests.support.outbox_faults import PLANTED
from tests.support.outbox_machine import BUDGET, run


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return generate(tmp_path_factory.mktemp("receiver") / "receiver.key")


def test_outbox_keeps_to_its_model_through_any_history(key: SigningKey) -> None:
    run(key, settings(BUDGET, derandomize=True, database=None))


@pytest.mark.parametrize("fault", PLANTED)
def test_fault_that_was_planted_is_found_within_the_ordinary_budget(
    key: SigningKey, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, sentence = PLANTED[fault]
    plant(monkeypatch)
    budget = settings(
        BUDGET, max_examples=2 * BUDGET.max_examples, phases=[Phase.generate], database=None, derandomize=True
    )
    with pytest.raises(AssertionError, match=sentence):
        run(key, budget)
