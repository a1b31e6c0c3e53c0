"""The line-fit figure computes the error, the gradient and the steps of numpy and torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from figure_core import run_core

POINTS = [[0.6, 1.6], [1.5, 1.3], [2.4, 3.1], [3.4, 2.6], [4.3, 4.6], [5.5, 3.9], [6.6, 5.7]]


def torch_path(points: list[list[float]], start: list[float], rate: float, steps: int):
    """Return the MSE, the gradient and the line after each step of `torch.optim.SGD`."""
    x, y = torch.tensor(points, dtype=torch.float64).T
    line = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([line], lr=rate)
    rows = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(line[0] * x + line[1], y)
        loss.backward()
        gradient = line.grad.tolist()
        optimizer.step()
        rows.append((loss.item(), gradient, line.tolist()))
    return rows


def test_each_step_is_that_of_torch(tmp_path):
    line = [-0.6, 6.5]
    for loss, gradient, after in torch_path(POINTS, line, 0.03, 4):
        found = run_core(
            "line-fit",
            [
                ("mse", [POINTS, *line]),
                ("gradient", [POINTS, *line]),
                ("step", [POINTS, line, 0.03]),
            ],
            tmp_path,
        )
        assert found[0] == pytest.approx(loss)
        assert found[1] == pytest.approx(gradient)
        assert found[2] == pytest.approx(after)
        line = after


def test_the_best_line_is_that_of_least_squares(tmp_path):
    slope, intercept = run_core("line-fit", [("best", [POINTS])], tmp_path)[0]
    x, y = np.array(POINTS).T
    assert [slope, intercept] == pytest.approx(np.polyfit(x, y, 1).tolist())


def test_steps_diverge_just_above_the_limit_and_converge_just_below(tmp_path):
    limit = run_core("line-fit", [("limit", [POINTS])], tmp_path)[0]
    start = [-0.6, 6.5]
    below = torch_path(POINTS, start, 0.98 * limit, 300)
    above = torch_path(POINTS, start, 1.02 * limit, 300)
    assert below[-1][0] < below[0][0] < above[-1][0]
