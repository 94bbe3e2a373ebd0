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

"""The network learns what is in the bands, and what is shipped is what was trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from vlm_robot.resources import share_path
from vlm_robot.speech.stopping.mels import BANDS, FRAMES, HOP
from vlm_robot.speech.stopping.network import StopNetwork
from vlm_robot.tuning.speech.judge_stop import Stream, judged
from vlm_robot.tuning.speech.recipe import load_section
from vlm_robot.tuning.speech.speakers import Speaker
from vlm_robot.tuning.speech.stop_corpus import Said
from vlm_robot.tuning.speech.stop_steps import (
    Batches,
    Steps,
    quiet_hops,
    read_steps,
    when_told,
    write_steps,
)
from vlm_robot.tuning.speech.stop_texts import STOP_WORDS

pytestmark = pytest.mark.torch
SCENES, LENGTH = 40, 60


@pytest.fixture(scope='module')
def steps() -> Steps:
    """Scenes in which some bands are loud for the eight hops of a word."""
    rng = np.random.default_rng(0)
    mels = rng.normal(5, 0.5, (SCENES, LENGTH, FRAMES, BANDS))
    said = []
    for scene in range(SCENES):
        word, end = int(rng.integers(3)), int(rng.integers(18, 40))
        mels[scene, end - 8 : end, :, 8 * word : 8 * word + 8] += 4
        said.append((scene, word, (end - 8) * HOP, end * HOP, 1))
    flat = mels.reshape(-1, FRAMES, BANDS).astype(np.float16)
    return Steps(flat, np.full(SCENES, LENGTH), np.array(said))


@pytest.fixture(scope='module')
def network(steps: Steps) -> StopNetwork:
    pytest.importorskip('torch')
    from vlm_robot.tuning.speech.train_stop import StopRecipe, trained

    plan = StopRecipe(parts=1, scenes=1, steps=40, batch=8, rate=0.005, dropout=0.0)
    return trained(Batches(steps, plan.batch, seed=0), plan)


def streams(steps: Steps) -> list[Stream]:
    scenes = np.split(steps.mels.astype(np.float32), SCENES)
    words = [Said(STOP_WORDS[w], int(a), int(b)) for _, w, a, b, _ in steps.said]
    return [Stream(word.word, x, (word,)) for x, word in zip(scenes, words, strict=True)]


def test_nothing_is_asked_around_a_word_and_quiet_elsewhere(steps: Steps) -> None:
    for row in steps.said:
        quiet, told = quiet_hops(steps, int(row[0])), when_told(row)
        assert not quiet[told.first : told.last].any()
        assert quiet[: told.first - 6].all()
        assert quiet[told.first + 20 :].all()


def test_a_word_should_be_told_from_the_hop_of_its_last_sample_on() -> None:
    assert when_told(np.array([0, 1, 0, 5 * HOP, 1])).first == 4
    assert when_told(np.array([0, 1, 0, 5 * HOP + 1, 1])).first == 5


def test_a_guessed_end_leaves_more_room_than_an_exact_one() -> None:
    exact, guessed = (when_told(np.array([0, 1, 0, 20 * HOP, x])) for x in (1, 0))
    assert guessed.first < exact.first < exact.last < guessed.last


def test_a_batch_holds_words_where_its_bands_are_loud(steps: Steps) -> None:
    batch = Batches(steps, 16, seed=0).draw()
    assert batch.told
    for told in batch.told:
        loud = batch.mels[told.scene, told.first, :, 8 * told.word : 8 * told.word + 8]
        assert loud.mean() > 7
        assert not batch.quiet[told.scene, told.first : told.last].any()


def test_a_network_learns_to_tell_words_and_nothing_else(
    steps: Steps, network: StopNetwork
) -> None:
    judgement = judged(network, streams(steps))
    assert judgement.recall > 0.9
    quiet = [Stream('noise', x.mels[:9]) for x in streams(steps)]
    assert len(judged(network, quiet).false) <= 2


def test_the_network_names_the_word_that_was_said(steps: Steps, network: StopNetwork) -> None:
    named = 0
    for stream in streams(steps):
        scores, _ = network.scores(stream.mels, network.silence())
        named += STOP_WORDS[int(scores.max(axis=0).argmax())] == stream.said[0].word
    assert named > 0.9 * SCENES


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')
def test_what_is_written_of_scenes_is_read_as_one(tmp_path: Path) -> None:
    pytest.importorskip('livekit.wakeword')
    speakers = (Speaker('espeak', 'en-us+Mike'),)
    paths = [tmp_path / 'a.npz', tmp_path / 'b.npz']
    for seed, path in enumerate(paths):
        write_steps(path, tmp_path, scenes=1, seed=(seed,), speakers=speakers, clips=2)
    first, both = read_steps(paths[:1]), read_steps(paths)
    np.testing.assert_array_equal(both.mels[: len(first.mels)], first.mels)
    assert both.lengths.sum() == len(both.mels)
    later = set(both.said[len(first.said) :, 0].tolist())
    assert later <= set(range(len(first.lengths), len(both.lengths)))


def test_the_recipe_that_ships_is_one() -> None:
    pytest.importorskip('torch')
    from vlm_robot.tuning.speech.train_stop import StopRecipe

    plan = load_section(share_path('config', 'training') / 'speech.yaml', 'stop', StopRecipe)
    assert plan.parts * plan.scenes >= 500
