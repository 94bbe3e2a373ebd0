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

"""Names for words that are not in the grammar."""

from __future__ import annotations

import numpy as np
from phone_rendering import rendered

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.naming import Lexicon, Namer

SAID = {
    'dragon': (('D', 'R', 'AE', 'G', 'AH', 'N'),),
    'wagon': (('W', 'AE', 'G', 'AH', 'N'),),
    'hammer': (('HH', 'AE', 'M', 'ER'),),
}
LEXICON = Lexicon(SAID, dict.fromkeys(SAID, -10.0))


def test_a_word_is_named_by_its_sound() -> None:
    namer = Namer(LEXICON, known=())
    for word in SAID:
        rows = rendered(word, SAID, np.random.default_rng(1))
        assert namer.name(rows, CancelToken()) == word


def test_a_word_of_the_grammar_is_no_name_for_what_is_none() -> None:
    rows = rendered('dragon', SAID, np.random.default_rng(1))
    assert Namer(LEXICON, known=('dragon',)).name(rows, CancelToken()) == 'wagon'


def test_nothing_is_named_without_a_lexicon_or_without_sound() -> None:
    rows = rendered('dragon', SAID, np.random.default_rng(1))
    assert Namer(Lexicon({}, {}), known=()).name(rows, CancelToken()) == ''
    assert Namer(LEXICON, known=()).name(rows[:0], CancelToken()) == ''
