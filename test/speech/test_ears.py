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

"""Every block is listened to for stop words and for utterances, but for the robot's own voice."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.activity_settings import ActivitySettings, Listening
from vlm_robot.speech.ears import Ears, Said, Stage
from vlm_robot.speech.own_voice import OwnVoice
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.stopping.base import StopHeard

STEP_S = 0.032
WORD = 0.5  # the amplitude that says "stop"


class Spotter:
    """Hears a stop word where the sound is as loud as `WORD`."""

    def feed(self, samples: Samples) -> StopHeard | None:
        return StopHeard('stop', 0.9) if np.abs(samples).max() >= WORD else None

    def reset(self) -> None:
        pass


class Rig:
    """Ears with a detector that takes every loud sound for speech."""

    def __init__(self, **settings: object) -> None:
        self.said: list[Said] = []
        self.stops: list[float] = []
        self.own_voice = OwnVoice(echo_s=0.3)
        self.now_s = 100.0
        self.ears = Ears(
            Segmenter(
                ActivitySettings(**settings),  # type: ignore[arg-type]
                lambda samples: float(np.abs(samples).max() > 0.05),
            ),
            Spotter(),
            on_stop=lambda hit, at_s: self.stops.append(at_s),
            on_said=self.said.append,
            own_voice=self.own_voice,
            partial_s=0.4,
        )
        self._rng = np.random.default_rng(0)

    def hear(self, amplitude: float, length_s: float, fault: SoundFault | None = None) -> None:
        for _ in range(round(length_s / STEP_S)):
            self.now_s += STEP_S
            noise = self._rng.uniform(-1, 1, round(STEP_S * RATE_HZ)) * max(amplitude, 1e-3)
            noise[0] = amplitude
            self.ears.feed(Block(noise.astype(np.float32), self.now_s, fault))

    def stages(self) -> list[Stage]:
        return [one.stage for one in self.said if one.stage is not Stage.PARTIAL]


def test_an_utterance_is_told_at_its_pause_and_at_its_end() -> None:
    rig = Rig()
    rig.hear(0, 2.0)
    begin_s = rig.now_s

    rig.hear(0.2, 1.0)
    end_s = rig.now_s
    rig.hear(0, 1.5)

    assert rig.stages() == [Stage.PAUSED, Stage.ENDED]
    for said in rig.said:
        assert said.span.start_s < begin_s + 0.1
    assert rig.said[-1].span.end_s == pytest.approx(end_s, abs=0.1)
    assert (rig.said[-1].is_own, rig.said[-1].doubt) == (False, '')


def test_what_is_said_so_far_is_told_while_somebody_speaks() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.hear(0.2, 2.0)

    lengths = [said.samples.size for said in rig.said if said.stage is Stage.PARTIAL]

    assert len(lengths) >= 3
    assert lengths == sorted(set(lengths))


def test_an_utterance_that_is_accepted_at_its_pause_does_not_end_again() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.hear(0.2, 1.0)
    rig.hear(0, 0.5)
    paused = next(said for said in rig.said if said.stage is Stage.PAUSED)

    assert rig.ears.accept(paused.number, paused.span.end_s)
    assert not rig.ears.somebody_speaks
    rig.hear(0, 2.0)

    assert rig.stages() == [Stage.PAUSED]


def test_an_utterance_whose_speaker_has_gone_on_cannot_be_accepted() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.hear(0.2, 1.0)
    rig.hear(0, 0.4)
    paused = next(said for said in rig.said if said.stage is Stage.PAUSED)

    rig.hear(0.2, 0.5)

    assert not rig.ears.accept(paused.number, paused.span.end_s)


def test_a_stop_word_is_told_at_once_in_the_middle_of_speech() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.hear(0.2, 1.0)

    rig.hear(WORD, STEP_S)

    assert rig.stops == [rig.now_s]


def test_the_own_voice_is_no_utterance_and_stop_words_are_heard_all_the_same() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.own_voice.speaks('done', start_s=rig.now_s, end_s=rig.now_s + 2.0)

    rig.hear(0.2, 1.0)
    rig.hear(WORD, STEP_S)
    rig.hear(0.2, 0.9)
    rig.hear(0, 2.0)

    assert rig.said == []
    assert len(rig.stops) == 1


def test_a_stop_word_of_the_robot_itself_does_not_stop_it() -> None:
    rig = Rig()
    rig.own_voice.speaks('did you say stop?', start_s=rig.now_s, end_s=rig.now_s + 1.0)

    rig.hear(WORD, 1.2)
    assert rig.stops == []

    rig.hear(0, 0.5)
    rig.hear(WORD, STEP_S)
    assert len(rig.stops) == 1


def test_what_somebody_says_soon_after_the_own_voice_is_heard() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.own_voice.speaks('which one?', start_s=rig.now_s, end_s=rig.now_s + 1.0)
    rig.hear(0.2, 1.0)
    rig.hear(0, 0.6)

    rig.hear(0.2, 1.0)
    rig.hear(0, 1.5)

    assert rig.stages() == [Stage.PAUSED, Stage.ENDED]
    assert not any(said.is_own for said in rig.said)


def test_somebody_who_speaks_over_the_robot_is_told_so_and_not_understood() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    rig.hear(0.2, 0.5)
    rig.own_voice.speaks('done', start_s=rig.now_s, end_s=rig.now_s + 1.0)

    rig.hear(0.2, 2.0)
    rig.hear(0, 2.0)

    done = [said for said in rig.said if said.stage is not Stage.PARTIAL]
    assert done
    assert all(said.is_own for said in done)


def test_what_was_heard_with_lost_samples_is_doubtful_and_the_next_is_not() -> None:
    rig = Rig()
    rig.hear(0, 1.0)
    for fault in (SoundFault.OVERRUN, None):
        rig.hear(0.2, 0.5)
        rig.hear(0.2, STEP_S, fault)
        rig.hear(0.2, 0.5)
        rig.hear(0, 2.0)

    doubts = [said.doubt for said in rig.said if said.stage is Stage.ENDED]
    assert doubts == ['overrun', '']
    assert rig.ears.levels.counts[SoundFault.OVERRUN] == 1


def test_endless_sound_is_cut_and_named() -> None:
    rig = Rig(longest_s=2.0)
    rig.hear(0, 1.0)

    rig.hear(0.2, 5.0)

    assert rig.stages() == [Stage.CUT]
    assert rig.ears.levels.faults(rig.now_s) == (SoundFault.ENDLESS,)
    assert rig.ears.levels.faults(rig.now_s + 10.0) == ()


def test_while_a_button_is_held_everything_is_one_utterance() -> None:
    rig = Rig(mode=Listening.PUSH)
    rig.hear(0.2, 1.0)
    assert rig.said == []

    rig.ears.press()
    rig.hear(0.2, 0.5)
    rig.hear(0, 1.5)
    rig.hear(0.2, 0.5)
    rig.ears.release(rig.now_s)

    assert rig.stages() == [Stage.ENDED]
    assert rig.said[-1].samples.size >= 2.4 * RATE_HZ


def test_who_presses_the_button_interrupts_the_robot() -> None:
    rig = Rig(mode=Listening.PUSH)
    rig.own_voice.speaks('done', start_s=rig.now_s, end_s=rig.now_s + 5.0)
    rig.hear(0.2, 1.0)

    rig.own_voice.falls_silent(rig.now_s)
    rig.ears.press()
    rig.hear(0.2, 1.0)
    rig.ears.release(rig.now_s)

    assert rig.stages() == [Stage.ENDED]
    assert not rig.said[-1].is_own


def test_a_long_block_is_heard_as_many_short_ones_are() -> None:
    short, long = Rig(), Rig()
    rng = np.random.default_rng(1)
    quiet = rng.uniform(-1e-3, 1e-3, RATE_HZ * 2)
    loud = rng.uniform(-0.2, 0.2, RATE_HZ)
    sound = np.concatenate([quiet, loud, quiet]).astype(np.float32)
    for at in range(0, sound.size, 800):
        short.ears.feed(Block(sound[at : at + 800], (at + 800) / RATE_HZ))

    long.ears.feed(Block(sound, sound.size / RATE_HZ))

    assert long.stages() == short.stages() == [Stage.PAUSED, Stage.ENDED]
    assert [s.span.end_s for s in long.said] == pytest.approx([s.span.end_s for s in short.said])
