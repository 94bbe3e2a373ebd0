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

from vlm_robot.speech.acoustic.levelling import REACH  # noqa: E402
from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape  # noqa: E402
from vlm_robot.speech.acoustic.phones import FRAME, PHONES  # noqa: E402

pytestmark = pytest.mark.torch
SMALL = Shape(width=16, inner=32, layers=2, heads=2)


def network() -> AcousticNetwork:
    torch.manual_seed(0)
    return AcousticNetwork(SMALL).eval()


@pytest.mark.parametrize('rows', [1, 2, 3, 50])
def test_sound_of_any_length_has_a_row_per_frame_that_sums_to_one(rows: int) -> None:
    answer = network()(torch.randn(2, REACH + (rows - 1) * FRAME))
    assert answer.shape == (2, rows, len(PHONES))
    torch.testing.assert_close(answer.exp().sum(-1), torch.ones(2, rows))


def test_sound_in_a_batch_is_answered_as_it_is_alone() -> None:
    sound = torch.randn(2, REACH + 9 * FRAME)
    both = network()(sound)
    torch.testing.assert_close(both[:1], network()(sound[:1]))
    torch.testing.assert_close(both[1:], network()(sound[1:]))


def test_the_default_is_the_encoder_of_moonshine_tiny() -> None:
    from transformers import MoonshineConfig

    tiny, shape = MoonshineConfig(), Shape()
    assert (tiny.hidden_size, tiny.intermediate_size) == (shape.width, shape.inner)
    assert tiny.encoder_num_hidden_layers == shape.layers
    assert tiny.encoder_num_attention_heads == shape.heads


def test_a_shape_is_what_its_table_tells() -> None:
    assert Shape.of(SMALL.table()) == SMALL


@pytest.mark.parametrize(
    'table', [{}, {'width': '16'}, SMALL.table() | {'heads': 'x'}, {'inner': '1', 'layers': '1'}]
)
def test_a_table_that_tells_no_shape_is_a_value_error(table: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r'width|inner|invalid literal'):
        Shape.of(table)
