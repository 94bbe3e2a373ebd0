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

"""What may come next depends on the tokens alone, not on how they were come by."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('torch')

from rig import json_profile
from tiny_tokenizer import tiny_tokenizer

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.decode.grammar import make_grammars
from vlm_robot.models.decode.rules import GrammarRules, NoRules

pytestmark = pytest.mark.torch

PLAN = (
    '{"outcome":"ok","steps":[{"skill":"push","direction":"left","point":[4,133],"label":"mug"}]}'
)


@pytest.fixture
def rules() -> GrammarRules:
    tokenizer = tiny_tokenizer()
    made = make_grammars(json_profile(), tokenizer, vocabulary=len(tokenizer), end=2)
    assert made is not None
    grammar = made.fitting(ImageSize(64, 48), 4000)
    assert grammar is not None
    return grammar.rules()


def test_a_forced_token_is_the_only_one_allowed_and_is_how_the_tokenizer_writes(rules) -> None:
    ids = tiny_tokenizer().encode(PLAN, add_special_tokens=False)
    forced = 0
    for token in ids:
        must = rules.forced()
        assert must is None or (must == token and rules.allowed().tolist() == [token])
        forced += must is not None
        rules.take(token)
    assert forced > len(ids) / 3
    assert rules.forced() == 2, 'after the last bracket comes the end'


def test_asking_changes_nothing(rules: GrammarRules) -> None:
    tokenizer = tiny_tokenizer()
    ids = tokenizer.encode(PLAN, add_special_tokens=False)
    made = make_grammars(json_profile(), tokenizer, vocabulary=len(tokenizer), end=2)
    assert made is not None
    for at, token in enumerate(ids):
        rules.accepts(ids[at:])
        rules.accepts([7, 7])
        grammar = made.fitting(ImageSize(64, 48), 4000)
        assert grammar is not None
        anew = grammar.rules()
        for earlier in ids[:at]:
            anew.take(earlier)
        np.testing.assert_array_equal(anew.allowed(), rules.allowed())
        rules.take(token)


def test_a_token_that_is_not_allowed_cannot_be_taken(rules: GrammarRules) -> None:
    with pytest.raises(ValueError, match='token 7 is not allowed'):
        rules.take(7)


def test_without_a_grammar_everything_may_come() -> None:
    free = NoRules()
    free.take(3)
    assert (free.forced(), free.allowed(), free.accepts([1, 2])) == (None, None, 2)
