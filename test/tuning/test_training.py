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

"""A training that was interrupted goes on where it was."""

from __future__ import annotations

import itertools
from collections.abc import ItemsView
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch')

from vlm_robot.core.errors import ConfigurationError  # noqa: E402
from vlm_robot.models.tabletop import (  # noqa: E402
    TabletopConfig,
    TabletopForConditionalGeneration,
    TabletopProcessor,
)
from vlm_robot.models.tabletop.encoder import TabletopEncoder  # noqa: E402
from vlm_robot.sim.scene import sample_scene  # noqa: E402
from vlm_robot.tuning.build import build_model, build_processor  # noqa: E402
from vlm_robot.tuning.cache import Seen  # noqa: E402
from vlm_robot.tuning.facts import facts_of_scene  # noqa: E402
from vlm_robot.tuning.pretrain import Scenes, pretrain  # noqa: E402
from vlm_robot.tuning.tune import tune  # noqa: E402
from vlm_robot.tuning.turns import Batch, Turns  # noqa: E402

pytestmark = pytest.mark.torch

STEPS = 3


class PowerCut(Exception):  # noqa: N818
    """What interrupts a training."""


class CutOff(dict[str, np.ndarray]):
    """The arrays of scenes until a number of batches was taken."""

    batches = 2

    def items(self) -> ItemsView[str, np.ndarray]:
        if not self.batches:
            raise PowerCut
        self.batches -= 1
        return super().items()


def arrays() -> dict[str, np.ndarray]:
    """Two scenes with two objects each, as in a shard."""
    rng = np.random.default_rng(0)
    return {
        'rgb': rng.integers(0, 255, (2, 32, 48, 3), dtype=np.uint8),
        'owner': np.tile(np.array([0, 1, -1], np.int8), (2, 4, 2)),
        'point': rng.uniform(0, 31, (2, 2, 2)).astype(np.float32),
        'visible': np.full((2, 2), 100, np.int32),
        **{key: rng.integers(0, 2, (2, 2)).astype(np.int8) for key in ('kind', 'colour', 'size')},
    }


def encoder() -> TabletopEncoder:
    torch.manual_seed(0)
    two = ('a', 'b')
    config = TabletopConfig(
        image_height=32, image_width=48, widths=(8, 8, 8, 8), kinds=two, colours=two, sizes=two
    )
    return TabletopEncoder(config)


def saved_step(path: Path) -> int:
    return int(torch.load(path, weights_only=True)['step'])


def weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_pretraining_goes_on_after_an_interruption_and_ends_at_its_last_step(
    tmp_path: Path,
) -> None:
    path, half = tmp_path / 'encoder.pt', encoder()
    with pytest.raises(PowerCut):
        pretrain(half, Scenes(CutOff(arrays())), steps=STEPS, path=path, batch=2, save_s=0)
    assert saved_step(path) == 2
    whole = encoder()
    pretrain(whole, Scenes(arrays()), steps=STEPS, path=path, batch=2)
    assert saved_step(path) == STEPS
    state = torch.load(path, weights_only=True)
    assert state['schedule']['last_epoch'] == STEPS
    assert {int(s['step']) for s in state['optimiser']['state'].values()} == {STEPS}
    torch.testing.assert_close(state['encoder'], weights(whole))


def test_a_finished_pretraining_is_loaded_and_not_trained_on(tmp_path: Path) -> None:
    path, first, again = tmp_path / 'encoder.pt', encoder(), encoder()
    start = weights(first)
    pretrain(first, Scenes(arrays()), steps=1, path=path, batch=2)
    pretrain(again, Scenes(arrays()), steps=1, path=path, batch=2)
    torch.testing.assert_close(weights(again), weights(first), rtol=0, atol=0)
    assert any(not torch.equal(start[key], value) for key, value in weights(first).items())


@pytest.fixture(scope='module')
def processor() -> TabletopProcessor:
    return build_processor()


def model(processor: TabletopProcessor) -> TabletopForConditionalGeneration:
    torch.manual_seed(0)
    return build_model(processor, width=20, layers=1)


@pytest.fixture(scope='module')
def batches(processor: TabletopProcessor) -> list[Batch]:
    facts = facts_of_scene(sample_scene(0))
    points = {thing.index: (20 * thing.index, 100) for thing in facts.things}
    config = model(processor).config
    width = config.widths[2] + config.attributes + 3
    objects = torch.rand(config.object_tokens, width, generator=torch.Generator().manual_seed(0))
    turns = Turns(processor, [Seen(objects, facts, points)], batch=2, seed=0)
    return list(itertools.islice(turns, STEPS))


def test_tuning_that_was_interrupted_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, processor: TabletopProcessor, batches: list[Batch]
) -> None:
    path, straight, resumed = tmp_path / 'model.pt', model(processor), model(processor)
    tune(straight, batches, steps=STEPS, path=tmp_path / 'straight.pt')
    tune(model(processor), batches[:2], steps=STEPS, path=path, save_s=0)
    assert saved_step(path) == 2
    tune(resumed, batches[2:], steps=STEPS, path=path)
    assert saved_step(path) == STEPS
    torch.testing.assert_close(weights(resumed), weights(straight))


def test_tuning_changes_everything_but_the_encoder(
    tmp_path: Path, processor: TabletopProcessor, batches: list[Batch]
) -> None:
    tuned = model(processor)
    before = weights(tuned)
    tune(tuned, batches, steps=STEPS, path=tmp_path / 'model.pt')
    changed = {k.partition('.')[0] for k, v in weights(tuned).items() if not v.equal(before[k])}
    assert changed == {'connector', 'language_model', 'head'}


def test_there_is_a_loss_on_every_answer_and_on_no_prompt_or_padding(
    processor: TabletopProcessor, batches: list[Batch]
) -> None:
    for batch in batches:
        kept = batch.labels != -100
        assert kept.any(dim=1).all()
        torch.testing.assert_close(batch.labels[kept], batch.input_ids[kept])
        assert not kept[batch.attention_mask == 0].any()
        images = batch.input_ids == processor.tokenizer.convert_tokens_to_ids('<image>')
        assert images.sum(dim=1).tolist() == [processor.object_tokens] * len(images)
        assert not kept[images].any()


@pytest.mark.parametrize('content', [b'', b'no progress', b'\x80\x02}q\x00.'])
def test_a_file_that_is_no_progress_is_a_configuration_error(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / 'encoder.pt'
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match='is not progress of this training'):
        pretrain(encoder(), Scenes(arrays()), steps=1, path=path)


def test_progress_of_another_model_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / 'encoder.pt'
    torch.save({'encoder': {}, 'step': 1}, path)
    with pytest.raises(ConfigurationError, match='is not progress of this training'):
        pretrain(encoder(), Scenes(arrays()), steps=1, path=path)
