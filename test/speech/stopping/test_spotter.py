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

"""Stop words are heard in running speech and in noise, once each, and other words are not."""

from __future__ import annotations

import itertools
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import StopSpotter
from vlm_robot.speech.stopping.spotter import HOP_S, EmbeddedStopSpotter, Trigger
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.speakers import Speaker, speech
from vlm_robot.tuning.speech.stop_corpus import trimmed

pytestmark = pytest.mark.torch
torch = pytest.importorskip('torch')

from vlm_robot.speech.stopping.network import CONTEXT  # noqa: E402

BLOCK = 512
WORDS = ('stop', 'halt', 'freeze')
HELD_OUT = Speaker('flite', 'slt')
needs_flite = pytest.mark.skipif(shutil.which('flite') is None, reason='flite is not installed')


@pytest.fixture(scope='module')
def spotter() -> EmbeddedStopSpotter:
    return EmbeddedStopSpotter()


def pause(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def said(*texts: str) -> Samples:
    parts = [part for text in texts for part in (trimmed(speech(HELD_OUT, text)), pause(0.05))]
    return np.concatenate([pause(0.5), *parts, pause(0.7)])


def in_noise(samples: Samples, snr_db: float) -> Samples:
    return noise.mixed(samples, noise.motor(samples.size, np.random.default_rng(4)), snr_db)


def heard(spotter: StopSpotter, samples: Samples, *, block: int = BLOCK) -> list[str]:
    blocks = (samples[at : at + block] for at in range(0, samples.size, block))
    return [word.word for x in blocks if (word := spotter.feed(x)) is not None]


@needs_flite
@pytest.mark.parametrize('word', WORDS)
def test_a_stop_word_in_a_pause_beside_a_motor_is_told_once(
    spotter: EmbeddedStopSpotter, word: str
) -> None:
    spotter.reset()
    assert heard(spotter, in_noise(said(word), 20.0)) == [word]


@needs_flite
def test_stop_inside_running_speech_and_a_motor_is_told_once(spotter: EmbeddedStopSpotter) -> None:
    spotter.reset()
    spoken = said('take the winding path', 'stop', 'the box was thrown beside the truck')
    assert heard(spotter, in_noise(spoken, 15.0)) == ['stop']


@needs_flite
def test_commands_hold_no_stop_word(spotter: EmbeddedStopSpotter) -> None:
    spotter.reset()
    commands = ('put the red cube on top of the blue box', 'drop the ball next to the tray')
    assert heard(spotter, said(*commands)) == []


@needs_flite
def test_every_stop_of_a_long_stream_is_told(spotter: EmbeddedStopSpotter) -> None:
    spotter.reset()
    spoken = np.concatenate([said('stop', 'the lazy cow lay in the cool grass')] * 2)
    assert heard(spotter, spoken) == ['stop', 'stop']


@needs_flite
@pytest.mark.parametrize('block', [100, 640, 1600, 3333])
def test_the_size_of_the_blocks_changes_nothing(spotter: EmbeddedStopSpotter, block: int) -> None:
    spotter.reset()
    assert heard(spotter, said('stop'), block=block) == ['stop']


@needs_flite
def test_samples_that_are_no_numbers_do_not_deafen_it(spotter: EmbeddedStopSpotter) -> None:
    spotter.reset()
    bad = np.full(RATE_HZ, np.nan, np.float32)
    bad[::3], bad[1::3] = np.inf, -1e30
    heard(spotter, np.concatenate([bad, pause(1.0)]))
    assert heard(spotter, said('stop')) == ['stop']


@pytest.mark.parametrize('kind', [noise.room, noise.motor, noise.music])
def test_noise_is_no_stop_word(spotter: EmbeddedStopSpotter, kind: object) -> None:
    spotter.reset()
    assert callable(kind)
    assert heard(spotter, kind(5 * RATE_HZ, np.random.default_rng(0))) == []


def test_no_sound_at_all_is_no_stop_word(spotter: EmbeddedStopSpotter) -> None:
    spotter.reset()
    assert spotter.feed(pause(0)) is None
    assert heard(spotter, pause(2.0)) == []


@pytest.mark.parametrize('threshold', [0.0, 1.0, -3.0, float('nan')])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigurationError, match='threshold'):
        EmbeddedStopSpotter(threshold)


def surest(spotter: EmbeddedStopSpotter, samples: Samples) -> float:
    """Return the highest odds in a stream, as a logarithm."""
    spotter.reset()
    found = []
    for at in range(0, samples.size, BLOCK):
        spotter.feed(samples[at : at + BLOCK])
        found.append(float(spotter._odds.mean()))
    return max(found)


@needs_flite
def test_a_word_that_only_the_first_head_hears_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spotter = EmbeddedStopSpotter()
    with torch.no_grad():
        spotter._network.second.words.bias[0] += 50.0
    misfit = np.full(len(WORDS) + 2, -99.0)
    monkeypatch.setattr(spotter._spelling._speller, 'fits', lambda rows: misfit)
    assert heard(spotter, said('stop')) == []


@needs_flite
def test_a_word_that_the_second_head_does_not_hear_is_doubted_so_far_and_no_further() -> None:
    spotter = EmbeddedStopSpotter()
    sure = surest(spotter, said('stop'))
    doubted = []
    for bias in (50.0, 500.0):
        with torch.no_grad():
            spotter._network.second.words.bias[0] += bias
        doubted.append(surest(spotter, said('stop')))
    assert doubted[0] == pytest.approx(doubted[1])
    assert doubted[0] < sure - 1.0


@needs_flite
def test_a_word_whose_phones_do_not_fit_is_doubted(
    spotter: EmbeddedStopSpotter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = surest(spotter, said('stop'))
    monkeypatch.setattr(spotter._spelling, 'odds', lambda rows: (-1.0, np.full(len(WORDS), -1.0)))
    assert surest(spotter, said('stop')) < sure - 1.0


@needs_flite
def test_the_second_head_hears_what_was_said_before_the_last_second(
    spotter: EmbeddedStopSpotter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Samples] = []
    inside = spotter._ear.inside

    def listened(sound: torch.Tensor) -> torch.Tensor:
        asked.append(sound[0].numpy())
        return inside(sound)

    monkeypatch.setattr(spotter._ear, 'inside', listened)
    spotter.reset()
    assert heard(spotter, said('the box was thrown beside the truck', 'stop')) == ['stop']
    assert {sound.size for sound in asked} == {levelled(np.zeros(CONTEXT, np.float32)).size}
    assert np.abs(asked[-1][: CONTEXT // 4]).max() > 0.01


@needs_flite
def test_the_highest_threshold_tells_nothing_that_is_unsure() -> None:
    assert heard(EmbeddedStopSpotter(1 - 1e-9), said('stop')) == []


@given(st.lists(st.floats(0, 1), max_size=200), st.floats(0.05, 0.95))
def test_between_two_words_the_score_falls_and_time_passes(
    scores: list[float], threshold: float
) -> None:
    trigger = Trigger(threshold)
    told = [i for i, score in enumerate(scores) if trigger.step(score)]
    assert all(scores[i] >= threshold for i in told)
    for first, second in itertools.pairwise(told):
        assert (second - first) * HOP_S >= 0.6 - 1e-9
        assert min(scores[first:second]) < threshold / 2


@given(st.floats(0.05, 0.95))
def test_the_first_score_that_is_high_enough_is_told(threshold: float) -> None:
    assert Trigger(threshold).step(threshold)
