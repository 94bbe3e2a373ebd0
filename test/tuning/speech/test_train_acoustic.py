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

"""A training of the acoustic network learns, goes on where it was, and leaves a model."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('jiwer')

from vlm_robot.core.errors import ConfigurationError  # noqa: E402
from vlm_robot.resources import share_path  # noqa: E402
from vlm_robot.speech.acoustic.levelling import levelled  # noqa: E402
from vlm_robot.speech.acoustic.model import AcousticModel  # noqa: E402
from vlm_robot.speech.acoustic.network import Shape  # noqa: E402
from vlm_robot.speech.acoustic.phones import PHONES  # noqa: E402
from vlm_robot.tuning.speech.batches import Batch, Batches, batch_of, sound  # noqa: E402
from vlm_robot.tuning.speech.corpus import Saying, Spoken, sayings  # noqa: E402
from vlm_robot.tuning.speech.judge_phones import Trial, phone_errors  # noqa: E402
from vlm_robot.tuning.speech.recipe import AcousticRecipe, load_section  # noqa: E402
from vlm_robot.tuning.speech.rooms import Rooms  # noqa: E402
from vlm_robot.tuning.speech.speakers import (  # noqa: E402
    HELD_OUT_SPEAKERS,
    TRAINING_SPEAKERS,
    Speaker,
)
from vlm_robot.tuning.speech.train_acoustic import Training, ctc, pace  # noqa: E402

pytestmark = pytest.mark.torch
SHIPPED = share_path('config', 'training') / 'speech.yaml'
SMALL = Shape(width=32, inner=64, layers=1, heads=2)
HERTZ = {1: 400.0, 2: 1200.0, 3: 3000.0}


def beeps(columns: list[int]) -> Spoken:
    """Return 'phones' that are tones with gaps between them."""
    t = np.arange(1600) / 16_000
    gap = np.zeros(800)
    parts = [part for c in columns for part in (np.sin(2 * np.pi * HERTZ[c] * t), gap)]
    samples = np.round(np.concatenate([gap, *parts]) * 16_000).astype(np.int16)
    saying = Saying(Speaker('espeak', 'none'), 'beep', 1.0, 50)
    return Spoken(samples, np.array(columns, np.int16), saying)


@functools.cache
def corpus() -> list[Spoken]:
    rng = np.random.default_rng(0)
    return [beeps(rng.integers(1, 4, rng.integers(1, 6)).tolist()) for _ in range(60)]


def batches(size: int = 8) -> Batches:
    return Batches(corpus(), Rooms.made(4, np.random.default_rng(0)), size=size, seed=0)


NO_ROOMS = Rooms(())


class Quiet(Batches):
    """The corpus as it was said: no noise, no room and no other throats."""

    def __getitem__(self, step: int) -> Batch:
        said = [corpus()[(8 * step + i) % 60] for i in range(8)]
        sounds = [levelled(sound(one)) for one in said]
        return batch_of(sounds, [one.phones for one in said])


def plan(steps: int, *, judged_every: int = 1000) -> AcousticRecipe:
    return AcousticRecipe(
        sentences=60,
        steps=steps,
        batch=8,
        rate=2e-3,
        loaders=0,
        judged_every=judged_every,
        fitted=4,
    )


def trial(columns: list[int]) -> Trial:
    one = beeps(columns)
    return Trial('clean tester', levelled(sound(one)), ' '.join(PHONES[c] for c in columns))


def test_a_training_learns_to_tell_tones_and_leaves_a_model_that_does(tmp_path: Path) -> None:
    checkpoint = tmp_path / 'there' / 'model.safetensors'
    judged = [trial([1, 2, 3]), trial([3, 1])]
    training = Training(plan(70), tmp_path / 'progress.pt', shape=SMALL)
    training.run(Quiet(corpus(), NO_ROOMS, size=8, seed=0), judged, checkpoint)
    told = json.loads(checkpoint.with_suffix('.json').read_text(encoding='utf-8'))
    assert told['step'] == told['recipe']['steps'] == 70
    assert told['phone_error_rate']['clean'] <= 0.2
    samples = beeps([2, 3, 1]).samples.astype(np.float32) / 32767
    answer = AcousticModel(checkpoint).log_probabilities(samples).argmax(axis=1)
    assert [c for c in dict.fromkeys(answer.tolist()) if c] == [2, 3, 1]


def test_a_head_that_is_fitted_alone_leaves_the_encoder_as_it_was(tmp_path: Path) -> None:
    training = Training(plan(1), tmp_path / 'progress.pt', shape=SMALL)
    before = copy.deepcopy(training._network.state_dict())
    batch = Quiet(corpus(), NO_ROOMS, size=8, seed=0)[0]
    losses = [ctc(training._network(batch.sound), batch).item()]
    training.fit_head(20 * [batch])
    losses.append(ctc(training._network(batch.sound), batch).item())
    assert losses[1] < losses[0] / 2
    after = training._network.state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == {
        'head.weight', 'head.bias',
    }  # fmt: skip


class PowerCut(Exception):  # noqa: N818
    """What interrupts a training."""


class CutOff(Batches):
    """Batches until a step."""

    def __getitem__(self, step: int) -> Batch:
        if step == 2:
            raise PowerCut
        return super().__getitem__(step)


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    rooms = Rooms.made(4, np.random.default_rng(0))
    cut = CutOff(corpus(), rooms, size=8, seed=0)
    recipe = plan(4)

    def train(on: Batches, name: str) -> None:
        training = Training(recipe, tmp_path / f'{name}.pt', shape=SMALL, save_s=0.0)
        training.run(on, [trial([1])], tmp_path / f'{name}.safetensors')

    with pytest.raises(PowerCut):
        train(cut, 'cut')
    half = torch.load(tmp_path / 'cut.pt', weights_only=True)
    train(batches(), 'cut')
    train(batches(), 'whole')
    cut_state, whole_state = (
        torch.load(tmp_path / f'{name}.pt', weights_only=True) for name in ('cut', 'whole')
    )
    assert (half['step'], cut_state['step'], whole_state['step']) == (2, 4, 4)
    for part in ('network', 'average'):
        torch.testing.assert_close(cut_state[part], whole_state[part], rtol=1e-3, atol=1e-5)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(half['network'], whole_state['network'], rtol=1e-3, atol=1e-5)


def test_progress_of_another_training_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / 'progress.pt'
    Training(plan(1), path, shape=SMALL).run(batches(), [trial([1])], tmp_path / 'a.safetensors')
    other = Training(plan(1), path, shape=Shape(width=16, inner=16, layers=1, heads=2))
    with pytest.raises(ConfigurationError, match=r"progress.pt' is not progress of this training"):
        other.run(batches(), [trial([1])], tmp_path / 'a.safetensors')


def test_a_batch_holds_every_utterance_and_silence_beyond_its_end() -> None:
    sounds = [levelled(sound(beeps(columns))) for columns in ([1], [1, 2, 3])]
    batch = batch_of(sounds, [np.array([1]), np.array([1, 2, 3])])
    assert batch.phones.tolist() == [1, 1, 2, 3]
    assert batch.counts.tolist() == [1, 3]
    for row, one in zip(batch.sound, sounds, strict=True):
        np.testing.assert_array_equal(row[: one.size], one)
        assert not row[one.size :].any()


def test_a_step_s_batch_is_the_same_whenever_it_is_asked_for() -> None:
    some = batches(4)
    first, again, other = some[5], some[5], some[6]
    assert torch.equal(first.sound, again.sound)
    assert first.sound.shape != other.sound.shape or not torch.equal(first.sound, other.sound)


def test_phone_errors_are_told_in_all_and_per_speaker() -> None:
    network = Training(plan(1), Path('unused.pt'), shape=SMALL)._average
    errors = phone_errors(network, [trial([1, 2]), trial([3])])
    assert set(errors) == {'clean', 'clean tester'}
    assert errors['clean'] == errors['clean tester'] > 0


@pytest.mark.parametrize('steps', [1, 7, 100, 3000])
def test_the_pace_rises_to_1_and_falls_but_never_to_nothing(steps: int) -> None:
    paces = [pace(step, steps) for step in range(steps)]
    assert max(paces) <= 1
    assert min(paces) > 0
    assert paces[-1] == min(paces) or steps < 10


def test_no_speaker_is_both_trained_and_judged_on() -> None:
    assert {said.speaker for said in sayings(3000, seed=0)} <= set(TRAINING_SPEAKERS)
    assert not set(TRAINING_SPEAKERS) & set(HELD_OUT_SPEAKERS)


def test_more_sentences_begin_with_the_fewer_ones() -> None:
    assert sayings(30, seed=1)[:10] == sayings(10, seed=1)
    assert sayings(10, seed=2) != sayings(10, seed=1)


def test_the_recipe_that_ships_loads() -> None:
    assert load_section(SHIPPED, 'acoustic', AcousticRecipe).steps > 0


@pytest.mark.parametrize(
    ('content', 'reason'),
    [('', 'acoustic'), ('- 1', 'acoustic'), ('other: {}', 'acoustic'), ('acoustic: [', 'acoustic'),
     ('acoustic: 3', 'acoustic'), ('acoustic: {steps: 0}', 'steps')],
)  # fmt: skip
def test_a_file_that_is_no_recipe_is_a_configuration_error(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / 'recipe.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigurationError, match=rf"recipe.yaml'[^$]*{reason}"):
        load_section(path, 'acoustic', AcousticRecipe)
