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

"""How words are said."""

from __future__ import annotations

import pytest

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.phones import PHONES
from vlm_robot.speech.grammar.lexicon import LEXICON
from vlm_robot.speech.grammar.pronunciations import pronunciations


def test_our_own_lexicon_has_each_word_once_and_known_phones_alone() -> None:
    lines = [line.split(' ', 1) for line in LEXICON.strip().splitlines()]
    words = [word for word, _ in lines]
    assert len(set(words)) == len(words)
    for ways in pronunciations(words).values():
        assert all(phone in PHONES[1:] for phones in ways for phone in phones)


def test_the_operators_pronunciations_come_before_our_own() -> None:
    more = ('gizmo G IH1 Z M OW0', 'Gizmo jh ih z m ow', 'cube K UW B')
    said = pronunciations(['gizmo', 'cube'], more)
    assert said['gizmo'] == (('G', 'IH', 'Z', 'M', 'OW'), ('JH', 'IH', 'Z', 'M', 'OW'))
    assert said['cube'] == (('K', 'UW', 'B'),)


def test_a_word_that_nobody_can_say_is_named_with_the_parameter_that_helps() -> None:
    with pytest.raises(ConfigurationError, match=r"'qwxgizmo'.*pronunciations"):
        pronunciations(['cube', 'qwxgizmo'])


@pytest.mark.parametrize('entry', ['', 'gizmo', 'gizmo G IH Q', 'gizmo <blank>'])
def test_a_pronunciation_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(ConfigurationError, match='is no pronunciation'):
        pronunciations(['cube'], [entry])


def test_a_common_word_is_found_in_the_dictionary_of_pocketsphinx() -> None:
    pytest.importorskip('pocketsphinx')
    assert ('D', 'R', 'AE', 'G', 'AH', 'N') in pronunciations(['dragon'])['dragon']
