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

"""A judgement counts what was told in time, what was missed and what nobody said."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.speech.stopping.mels import BANDS, FRAMES, HOP, HOP_S
from vlm_robot.speech.stopping.network import MEL_MEAN, MEL_SCALE, Convolution, StopNetwork
from vlm_robot.tuning.speech.judge_stop import Stream, judged
from vlm_robot.tuning.speech.stop_corpus import Said

WORD_END = 20  # hops


def ear() -> StopNetwork:
    """Return a network that tells 'stop' in a hop whose newest frame has a loud first band."""
    weight = np.zeros((1, 4, BANDS), np.float32)
    weight[0, 3, 0] = 1
    layer = Convolution(weight, np.zeros(1, np.float32), stride=4)
    words, bias = np.array([[0], [20]], np.float32), np.array([0, -10], np.float32)
    return StopNetwork(('stop',), 0.5, (layer,), words, bias)


def stream(*high: int, said: bool = True) -> Stream:
    """Return a stream that sounds like a stop word in some hops."""
    mels = np.full((100, FRAMES, BANDS), MEL_MEAN, np.float32)
    mels[list(high), 3, 0] = MEL_MEAN + MEL_SCALE
    word = (Said('stop', 10 * HOP, WORD_END * HOP),) if said else ()
    return Stream('somebody', mels, word)


def test_a_word_told_after_its_end_is_heard_with_its_delay() -> None:
    judgement = judged(ear(), [stream(WORD_END + 2, WORD_END + 3)])
    assert judgement.recall == 1
    assert judgement.delays_s == pytest.approx((3 * HOP_S,))


def test_a_word_told_before_its_end_has_a_negative_delay() -> None:
    assert judged(ear(), [stream(WORD_END - 3)]).delays_s == pytest.approx((-2 * HOP_S,))


@pytest.mark.parametrize('high', [(), (2,), (90,)])
def test_a_word_told_never_too_early_or_too_late_is_missed(high: tuple[int, ...]) -> None:
    judgement = judged(ear(), [stream(*high), stream(WORD_END)])
    assert judgement.recall == 0.5
    assert judgement.missed == ('somebody',)


def test_what_nobody_said_is_counted_with_its_time() -> None:
    judgement = judged(ear(), [stream(9, 49, said=False), stream(said=False)])
    assert judgement.false == ('somebody at 0.4 s', 'somebody at 2.0 s')
    assert judgement.hours == pytest.approx(200 * HOP_S / 3600)


def test_a_higher_threshold_tells_less() -> None:
    assert judged(ear(), [stream(WORD_END)], threshold=0.99999).recall == 0
