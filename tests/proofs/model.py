"""Proof: through any history the outbox keeps to a model of it, simple enough to be right.

A state machine stores, seals, publishes, receipts (late, again, of a receiver that was restored), refuses, evicts,
purges, holds and suspends, is killed, damaged, given another configuration and opened again, in any order. After each
step the whole store is read: every row that was ever offered waits exactly once, has left in an envelope that was
receipted, or is counted by a gap record; seqs are consecutive and linked; a resend has the same bytes; the files stay
below their cap; the disclosure log verifies and knows whatever was handed out. See `tests.support.outbox_model`.

The negative control plants faults in the outbox, one at a time: each must be found within the budget of the ordinary
tests.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from agent.wire.keyfile import SigningKey, generate
from tests.support.outbox_faults import PLANTED
from tests.support.outbox_machine import BUDGET, run


def control(key: SigningKey, fault: str, *, number: int) -> bool:
    """Plant a fault and return whether it is found, by a sentence that it breaks."""
    plant, sentence = PLANTED[fault]
    budget = settings(
        BUDGET, max_examples=2 * BUDGET.max_examples, phases=[Phase.generate], database=None, print_blob=False
    )
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        try:
            with pytest.raises(AssertionError, match=sentence):
                run(key, budget, number=number)
        except pytest.fail.Exception:
            return False
    return True


def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    key = generate(folder / "receiver.key")
    budget = settings(
        BUDGET, max_examples=options.histories, stateful_step_count=options.steps, database=None, print_blob=True
    )
    count = run(key, budget, number=options.seed)
    print(f"{count.histories} histories, {count.transactions} transactions: every sentence held after each")
    missed = [fault for fault in PLANTED if not control(key, fault, number=options.seed)]
    for fault in PLANTED:
        print(f"control, an outbox that {fault}: " + ("IS NOT FOUND" if fault in missed else "fails, as it must"))
    print(f"prove-model: {'FAILED' if missed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # each salvage says so
    parser = argparse.ArgumentParser(description="Run the outbox beside its model.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--histories", type=int, default=400)
    parser.add_argument("--steps", type=int, default=50, help="of each history, at most")
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made), parser.parse_args()))
