# Copyright 2026 The vlm_robot authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The optimiser for matrices."""

from __future__ import annotations

import pytest

torch = pytest.importorskip('torch')

from vlm_robot.tuning.muon import Muon, orthogonal  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize('shape', [(16, 16), (40, 12), (12, 40)])
def test_the_iteration_keeps_directions_and_brings_all_lengths_near_one(
    shape: tuple[int, int],
) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape)
    result = orthogonal(matrices)
    assert result.shape == matrices.shape
    for before, after in zip(matrices, result, strict=True):
        left, _, right = torch.linalg.svd(before, full_matrices=False)
        lengths = left.T @ after @ right.T
        torch.testing.assert_close(lengths, lengths.diag().diag(), atol=1e-3, rtol=0)
        assert lengths.diag().min() > 0.5
        assert lengths.diag().max() < 1.3


def test_a_matrix_of_zeros_stays_finite() -> None:
    assert orthogonal(torch.zeros(1, 4, 6)).isfinite().all()


def test_the_first_step_has_the_size_that_adamw_steps_have() -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.zeros(32, 64))
    weight.grad = 1e-6 * torch.randn(32, 64)
    Muon([weight], lr=0.1).step()
    assert weight.square().mean().sqrt().item() == pytest.approx(0.1 * 0.2, rel=0.2)


def test_it_finds_the_matrix_of_a_linear_map() -> None:
    torch.manual_seed(0)
    wanted, inputs = torch.randn(8, 6), torch.randn(64, 6)
    weight = torch.nn.Parameter(torch.zeros(8, 6))
    optimiser = Muon([weight], lr=0.3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, total_iters=300)
    for _ in range(300):
        optimiser.zero_grad()
        (inputs @ (weight - wanted).T).square().mean().backward()
        optimiser.step()
        schedule.step()
    torch.testing.assert_close(weight.detach(), wanted, atol=0.05, rtol=0)


def test_weight_decay_pulls_towards_zero() -> None:
    weight = torch.nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros(4, 4)
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(weight.detach(), torch.full((4, 4), 0.95))
