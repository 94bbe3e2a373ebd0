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

"""Words that sound like stop words."""

from __future__ import annotations

import pytest

from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.tuning.speech.lookalikes import _distance, words_by_distance

STOP = ('S', 'T', 'AA', 'P')


@pytest.mark.parametrize(
    ('word', 'distance'),
    [('S T AA P', 0), ('S T AA P T', 0), ('AH S T AA P', 0), ('T AA P', 1), ('S T EH P', 1),
     ('S T R AA P', 1), ('S T', 2), ('SH AA P', 2), ('B IY', 4), ('', 4)],
)  # fmt: skip
def test_the_distance_is_how_many_phones_are_missing_or_others(word: str, distance: int) -> None:
    assert _distance(STOP, tuple(word.split())) == distance


def test_words_are_told_by_their_distance_and_no_stop_word_is_among_them() -> None:
    pytest.importorskip('pocketsphinx')
    words = words_by_distance()
    assert set(words) == {1, 2, 3}
    assert {'top', 'step', 'trees', 'hot'} <= set(words[1])
    assert not set(STOP_WORDS) & {word for those in words.values() for word in those}
