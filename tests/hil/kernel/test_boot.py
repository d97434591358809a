"""One boot of the real kernel: it, our bridge to it and our driver read one simulated chip alike through i2c-dev."""

import pytest

from tests.hil.kernel.image import Missing
from tests.hil.kernel.runner import booted, chosen_cases, play


@pytest.mark.qemu
def test_kernels_driver_and_ours_agree_on_a_chip_behind_the_real_i2c_dev() -> None:
    told: list[str] = []
    try:
        with booted(processors=1) as machine:
            outcomes = play(machine, chosen_cases(["agreement", "control-agreement"]), tell=told.append)
    except Missing as missing:
        pytest.skip(str(missing))
    assert [outcome.holds for outcome in outcomes] == [True, True], "\n".join(told)
