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
from vlm_robot.speech.acoustic.network import Shape  # noqa: E402
from vlm_robot.speech.sound import RATE_HZ  # noqa: E402
from vlm_robot.speech.stopping.base import STOP_WORDS  # noqa: E402
from vlm_robot.speech.stopping.network import ROWS, StopNetwork  # noqa: E402
from vlm_robot.tuning.speech.recipe import load_section  # noqa: E402
from vlm_robot.tuning.speech.speakers import Speaker  # noqa: E402
from vlm_robot.tuning.speech.stop_windows import Heard, WindowDraw, scenes  # noqa: E402
from vlm_robot.tuning.speech.train_stop import (  # noqa: E402
    Lessons,
    StopRecipe,
    chances,
    train_head,
)

SCENES, SECONDS, WORD = 20, 4, 30
HERTZ = (400.0, 1200.0, 3000.0)
SMALL = Shape(width=32, inner=32, layers=1, heads=2)


def made(number: int) -> Heard:
    """Return hiss with a tone in it, which is the word."""
    rng = np.random.default_rng(number)
    word, end = number % 3, int(rng.integers(180, 300))
    sound = 0.02 * rng.standard_normal(SECONDS * RATE_HZ)
    t = np.arange(160 * WORD) / RATE_HZ
    sound[160 * (end - WORD) : 160 * end] += 0.5 * np.sin(2 * np.pi * HERTZ[word] * t)
    samples = np.round(32767 * sound).astype(np.int16)
    return Heard(samples, np.array([[word, end - WORD, end, 1]]))


@pytest.fixture(scope='module')
def draw() -> WindowDraw:
    return WindowDraw([made(number) for number in range(SCENES)], seed=0)


@pytest.fixture
def network() -> StopNetwork:
    torch.manual_seed(0)
    return StopNetwork(SMALL).eval()


def test_a_window_in_which_a_word_is_told_ends_after_that_word(draw: WindowDraw) -> None:
    windows = draw.told(24)
    assert set(windows[:, 2]) <= {1, 2, 3}
    for scene, end, word in windows:
        said = made(int(scene)).said[0]
        assert word == said[0] + 1
        assert 4 <= end - said[2] < 25


def test_a_quiet_window_never_ends_right_after_a_word(draw: WindowDraw) -> None:
    for scene, end, word in draw.quiet(500):
        said = made(int(scene)).said[0]
        assert not -12 <= end - said[2] < 55
        assert word == 0


def test_a_window_s_sound_is_the_second_before_its_end(draw: WindowDraw) -> None:
    windows = draw.told(6)
    for sound, word in zip(draw.sound(windows), windows[:, 2], strict=True):
        spectrum = np.abs(np.fft.rfft(sound))
        peak_hz = spectrum.argmax() * RATE_HZ / sound.size
        assert peak_hz == pytest.approx(HERTZ[word - 1], abs=5)


def test_what_is_mined_is_what_scores_highest(draw: WindowDraw, network: StopNetwork) -> None:
    lessons = Lessons(network.head, network.inside, draw)
    windows = draw.quiet(40)
    share = lessons.mine(windows, 10)
    scores = chances(network.head, lessons.listen(windows))
    assert share == pytest.approx(float((scores > 0.5).float().mean()))
    assert lessons.rows.shape == (10, ROWS, SMALL.width)
    assert lessons.classes.tolist() == [0] * 10
    kept = chances(network.head, lessons.rows)
    torch.testing.assert_close(kept, scores.sort(descending=True).values[:10])


def test_a_head_learns_to_tell_words_and_nothing_else(
    draw: WindowDraw, network: StopNetwork
) -> None:
    torch.set_num_threads(1)
    plan = StopRecipe(
        parts=1, scenes=1, told=120, quiet=120, rounds=2, mined=60, kept=20, steps=60, rate=3e-3
    )
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    lessons = Lessons(network.head, network.inside, draw)
    train_head(lessons, plan)
    told, quiet = draw.told(60), draw.quiet(60)
    scores = chances(network.head, lessons.listen(np.concatenate([told, quiet])))
    assert np.mean((scores.numpy() > 0.5) == np.repeat([True, False], 60)) > 0.9
    with torch.inference_mode():
        named = network.head(lessons.listen(told).float()).argmax(1).numpy()
    assert np.mean(named == told[:, 2]) > 0.9
    after = network.encoder.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')
def test_scenes_hold_words_that_end_inside_of_them(tmp_path: Path) -> None:
    speakers = (Speaker('espeak', 'en-us+Mike'),)
    heard = list(scenes(2, tmp_path, (3,), speakers=speakers))
    assert len(heard) == 2
    for one in heard:
        assert one.samples.dtype == np.int16
        assert np.all(one.said[:, 0] < len(STOP_WORDS))
        assert np.all(one.said[:, 1] < one.said[:, 2])
        assert np.all(160 * one.said[:, 2] <= one.samples.size)


def test_the_recipe_that_ships_is_one() -> None:
    recipe = share_path('config', 'training') / 'speech.yaml'
    assert load_section(recipe, 'stop', StopRecipe).steps > 0
