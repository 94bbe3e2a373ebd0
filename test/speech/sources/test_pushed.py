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

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.speech.sound import RATE_HZ, SoundError, SoundFault
from vlm_robot.speech.sources.pushed import PushedSource

FRAMES = np.full((1600, 2), 0.25, np.float32)


def test_what_is_pushed_is_heard_as_mono() -> None:
    source = PushedSource('/audio')
    source.push(FRAMES, RATE_HZ, heard_s=5.0)
    block = next(source.blocks())
    assert np.array_equal(block.samples, FRAMES[:, 0])
    assert (block.heard_s, block.fault) == (5.0, None)


def test_a_topic_on_which_nothing_comes_is_absent_and_one_that_falls_silent_is_lost() -> None:
    source = PushedSource('/audio', lost_after_s=0.01)
    with pytest.raises(SoundError, match="'/audio'") as caught:
        next(source.blocks())
    assert caught.value.fault is SoundFault.ABSENT
    source.push(FRAMES, RATE_HZ)
    blocks = source.blocks()
    next(blocks)
    with pytest.raises(SoundError, match='any more') as caught:
        next(blocks)
    assert caught.value.fault is SoundFault.LOST


def test_after_a_fault_the_same_source_is_listened_to_again() -> None:
    source = PushedSource('/audio', lost_after_s=0.01)
    with pytest.raises(SoundError):
        next(source.blocks())
    source.push(FRAMES, RATE_HZ)
    assert next(source.blocks()).samples.size == 1600


def test_a_closed_source_ends_without_a_fault() -> None:
    source = PushedSource('/audio')
    source.close()
    assert list(source.blocks()) == []


def test_a_format_that_cannot_be_used_is_refused_where_it_is_pushed() -> None:
    with pytest.raises(SoundError, match='65 channels'):
        PushedSource('/audio').push(np.zeros((10, 65), np.float32), RATE_HZ)
    with pytest.raises(SoundError, match='no channel 2'):
        PushedSource('/audio', channel=2).push(FRAMES, RATE_HZ)
