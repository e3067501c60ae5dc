"""Parts of a longer state, measured by themselves."""

from __future__ import annotations

from math import isnan, nan

import pytest
import torch

from solver.gradients.parts import EveryPart, LeadingPart, WithRest
from solver.tolerance import Tolerance


def test_parts_of_a_state_are_measured_by_themselves() -> None:
    tolerance = Tolerance(rtol=0.0, atol=1.0)
    error, zero = torch.tensor([1.0, 1.0, 3.0, 3.0]), torch.zeros(4)
    assert LeadingPart(tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(1.0)
    assert EveryPart(tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(3.0)
    assert WithRest(LeadingPart(tolerance, 2), tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(3.0)
    assert WithRest(LeadingPart(tolerance, 2), tolerance, 2).norms([error], zero) == pytest.approx([3.0])
    error[3] = nan
    assert isnan(EveryPart(tolerance, 2).ratio([error], 1.0, zero, zero))
    assert isnan(WithRest(LeadingPart(tolerance, 2), tolerance, 2).ratio([error], 1.0, zero, zero))
