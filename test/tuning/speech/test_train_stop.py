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

"""The stop network learns which word has just ended, of windows that are cut out right."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip('torch')

from vlm_robot.resources import share_path  # noqa: E402
from vlm_robot.speech.acoustic.features import BANDS  # noqa: E402
from vlm_robot.speech.acoustic.network import Shape  # noqa: E402
from vlm_robot.speech.stopping.base import STOP_WORDS  # noqa: E402
from vlm_robot.speech.stopping.network import COLUMNS, StopNetwork  # noqa: E402
from vlm_robot.tuning.speech.recipe import load_section  # noqa: E402
from vlm_robot.tuning.speech.speakers import Speaker  # noqa: E402
from vlm_robot.tuning.speech.stop_windows import Heard, WindowDraw, scenes  # noqa: E402
from vlm_robot.tuning.speech.train_stop import StopRecipe, scorer, trained  # noqa: E402

SCENES, LENGTH, WORD = 20, 400, 30


def made(number: int) -> Heard:
    """Return a scene in which some bands are loud while a word is said."""
    rng = np.random.default_rng(number)
    word, end = number % 3, int(rng.integers(180, 300))
    power = rng.normal(-5, 0.3, (LENGTH, BANDS))
    power[end - WORD : end, 16 * word : 16 * word + 16] += 4
    return Heard(power.astype(np.float16), np.array([[word, end - WORD, end, 1]]))


@pytest.fixture(scope='module')
def draw() -> WindowDraw:
    return WindowDraw([made(number) for number in range(SCENES)], seed=0)


def test_a_window_in_which_a_word_is_told_ends_after_that_word(draw: WindowDraw) -> None:
    spectra, classes = draw.draw(24, 0)
    assert spectra.shape == (24, COLUMNS, BANDS)
    for spectrum, number in zip(spectra, classes, strict=True):
        bands = spectrum.reshape(COLUMNS, 4, 16).mean(2)
        loud = bands[-25 - WORD : -5].mean(0)
        assert loud.argmax() == number - 1
        assert bands[-5:, number - 1].mean() < loud[number - 1]


def test_a_quiet_window_never_ends_right_after_a_word() -> None:
    one = made(0)
    draw = WindowDraw([one], seed=1)
    end = int(one.said[0, 2])
    assert set(np.unique(draw._quiet[:, 1])).isdisjoint(range(end - 12, end + 55))
    assert np.all(draw._quiet[:, 1] >= COLUMNS)


def test_what_is_mined_is_what_scores_highest(draw: WindowDraw) -> None:
    share = draw.mine(80, lambda spectra: np.linspace(0, 1, len(spectra)))
    assert share == pytest.approx(0.5, abs=0.02)
    assert len(draw._hard) == 10


def test_a_network_learns_to_tell_words_and_nothing_else() -> None:
    torch.set_num_threads(1)
    draw = WindowDraw([made(number) for number in range(SCENES)], seed=2)
    network = StopNetwork(Shape(16, (1, 2)))
    plan = StopRecipe(
        parts=1, scenes=1, steps=60, told=24, quiet=24, rate=0.01, mined_every=40, mined=64
    )
    trained(network, draw, plan)
    spectra, classes = draw.draw(60, 60)
    scores = scorer(network)(spectra)
    assert np.mean((scores > 0.5) == (classes > 0)) > 0.9
    with torch.inference_mode():
        named = network(torch.from_numpy(spectra[:60])).argmax(1).numpy()
    assert np.mean(named == classes[:60]) > 0.9


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')
def test_scenes_hold_words_that_end_inside_of_them(tmp_path: Path) -> None:
    speakers = (Speaker('espeak', 'en-us+Mike'),)
    heard = list(scenes(2, tmp_path, (3,), speakers=speakers))
    assert len(heard) == 2
    for one in heard:
        assert one.log_power.shape[1] == BANDS
        assert np.all(one.said[:, 0] < len(STOP_WORDS))
        assert np.all(one.said[:, 1] < one.said[:, 2])
        assert np.all(one.said[:, 2] <= len(one.log_power))


def test_the_recipe_that_ships_is_one() -> None:
    recipe = share_path('config', 'training') / 'speech.yaml'
    assert load_section(recipe, 'stop', StopRecipe).steps > 0
