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

"""Texts to train speech models on."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('pocketsphinx')

from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.tuning import vocabulary
from vlm_robot.tuning.speech.texts import (
    chatter,
    command,
    common_words,
    phones,
    pronunciations,
    text,
)


def test_every_text_can_be_pronounced() -> None:
    rng = np.random.default_rng(0)
    for _ in range(2000):
        sentence = text(rng)
        assert sentence == ' '.join(sentence.lower().split())
        assert indices(phones(sentence))


def test_a_seed_draws_the_same_texts_again() -> None:
    first, second = (np.random.default_rng(3) for _ in range(2))
    assert [text(first) for _ in range(50)] == [text(second) for _ in range(50)]


def test_commands_use_nearly_all_words_that_the_embedded_model_knows() -> None:
    rng = np.random.default_rng(1)
    said = {word for _ in range(6000) for word in command(rng).split()}
    known = {word for word in vocabulary.words() if word in pronunciations()}
    assert len(known - said) <= 0.12 * len(known), sorted(known - said)


def test_chatter_uses_every_phone() -> None:
    rng = np.random.default_rng(2)
    used = {phone for _ in range(1000) for phone in phones(chatter(rng))}
    assert used == set(PHONES[1:])


def test_common_words_are_many_and_each_is_there_once() -> None:
    words = common_words()
    assert len(set(words)) == len(words) > 3000
