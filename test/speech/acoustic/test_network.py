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

"""The acoustic network."""

from __future__ import annotations

import pytest

torch = pytest.importorskip('torch')

from vlm_robot.speech.acoustic.features import BANDS, HOPS  # noqa: E402
from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape  # noqa: E402
from vlm_robot.speech.acoustic.phones import PHONES  # noqa: E402

pytestmark = pytest.mark.torch
SMALL = Shape(channels=16, dilations=(1, 2))


def network() -> AcousticNetwork:
    torch.manual_seed(0)
    return AcousticNetwork(SMALL).eval()


@pytest.mark.parametrize('rows', [1, 2, 3, 50])
def test_an_utterance_of_any_length_has_a_row_per_frame_that_sums_to_one(rows: int) -> None:
    answer = network()(torch.randn(2, HOPS * rows, BANDS))
    assert answer.shape == (2, rows, len(PHONES))
    torch.testing.assert_close(answer.exp().sum(-1), torch.ones(2, rows))


def test_an_utterance_in_a_batch_is_answered_as_it_is_alone() -> None:
    one, other = torch.randn(1, HOPS * 9, BANDS), torch.randn(1, HOPS * 20, BANDS)
    padded = torch.zeros(2, HOPS * 20, BANDS)
    padded[:1, : HOPS * 9], padded[1:] = one, other
    mask = (torch.arange(20) < torch.tensor([[9], [20]])).float()[:, None]
    both = network()(padded, mask)
    torch.testing.assert_close(both[:1, :9], network()(one))
    torch.testing.assert_close(both[1:], network()(other))


def test_a_row_changes_only_with_what_is_heard_around_it() -> None:
    spectra = torch.randn(1, HOPS * 40, BANDS)
    later = spectra.clone()
    later[:, HOPS * 30 :] += 1.0
    before, after = network()(spectra)[0], network()(later)[0]
    reach = 2 * sum(SMALL.dilations) + 2
    torch.testing.assert_close(before[: 30 - reach], after[: 30 - reach])
    assert not torch.allclose(before[30:], after[30:])


def test_a_shape_is_what_its_table_tells() -> None:
    assert Shape.of(SMALL.table()) == SMALL


@pytest.mark.parametrize(
    'table', [{}, {'channels': '16'}, {'channels': 'x', 'dilations': '1'}, {'dilations': '1'}]
)
def test_a_table_that_tells_no_shape_is_a_value_error(table: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r'channels|dilations|invalid literal'):
        Shape.of(table)
