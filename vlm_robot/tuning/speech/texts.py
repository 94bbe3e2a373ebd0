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

"""Texts to train speech models on: what robots are told, and common words in any order."""

from __future__ import annotations

import functools
import re
import sysconfig
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.tuning import references, wording

_COMMON = 5000
_NUMBERS = ('one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'zero')
_SHORT = (
    'yes', 'no', 'stop', 'halt', 'freeze', 'yes please', 'no thanks', 'cancel', 'never mind', 'ok',
    'hey robot', 'robot', 'robot stop', 'stop it', 'stop now', 'please stop', 'hello robot',
    'what do you see', 'describe the scene', 'what is on the table', 'open the gripper',
    'close the gripper', 'go home', 'wait', 'hold on', 'the first one', 'the second one',
    'the left one', 'the right one', 'that one', 'correct', 'wrong', 'continue',
)  # fmt: skip


def text(rng: np.random.Generator) -> str:
    """Return a sentence in lower case without punctuation, a command as often as not."""
    return command(rng) if rng.uniform() < 0.5 else chatter(rng)


def chatter(rng: np.random.Generator) -> str:
    """Return one to six common words in any order: every phone next to every other."""
    count = int(rng.integers(1, 7))
    return ' '.join(_one(rng, common_words()) for _ in range(count))


def command(rng: np.random.Generator) -> str:
    """Return an instruction, a question or an answer, as people give them to a robot."""
    draw = rng.uniform()
    if draw < 0.12:
        return _one(rng, _SHORT)
    if draw < 0.24:
        return _question(rng)
    words = _clause(rng)
    if rng.uniform() < 0.2:
        words = f'{words} {_one(rng, wording.THEN)} {_clause(rng)}'
    return _plain(_politely(rng, words))


def thing(rng: np.random.Generator, *, related: bool = True) -> str:
    """Return a noun phrase without its article."""
    adjectives = [
        word
        for chance, words in ((0.3, _SIZES), (0.6, COLOURS), (0.08, _SUPERLATIVES))
        for word in [_one(rng, tuple(words))]
        if rng.uniform() < chance
    ]
    noun = _one(rng, _one(rng, _NOUNS))
    phrase = ' '.join((*adjectives, noun))
    if related and rng.uniform() < 0.2:
        relation = _one(rng, _one(rng, tuple(references.RELATIONS.values())))
        return f'{phrase} {relation} the {thing(rng, related=False)}'
    return phrase


@functools.cache
def pronunciations() -> dict[str, tuple[str, ...]]:
    """
    Return the first pronunciation of every word of PocketSphinx's dictionary, which is CMU's.

    :raises MissingPackageError: without PocketSphinx.
    """
    try:
        import pocketsphinx
    except ImportError as err:
        raise MissingPackageError('pocketsphinx', 'speech') from err
    table = Path(pocketsphinx.get_model_path('en-us/cmudict-en-us.dict'))
    lines = [line.split() for line in table.read_text('utf-8').splitlines()]
    known = {word: tuple(phones) for word, *phones in lines if not word.endswith(')')}
    return known | _MORE


def phones(sentence: str) -> tuple[str, ...]:
    """
    Return how a sentence is pronounced.

    :raises KeyError: for a word that is not in the dictionary.
    """
    return tuple(phone for word in sentence.split() for phone in pronunciations()[word])


@functools.cache
def common_words() -> tuple[str, ...]:
    """Return the words that Python's standard library uses most and the dictionary has."""
    known = pronunciations()
    counts: Counter[str] = Counter()
    for path in sorted(Path(sysconfig.get_path('stdlib')).glob('*.py')):
        counts.update(re.findall(r'(?<=\s)[a-z]{2,12}(?=[\s.,])', path.read_text('utf-8')))
    return tuple(word for word, _ in counts.most_common() if word in known)[:_COMMON]


_MORE = {
    word: tuple(phones.split())
    for word, phones in {
        'leftmost': 'L EH F T M OW S T',
        'rightmost': 'R AY T M OW S T',
        'leftwards': 'L EH F T W ER D Z',
        'rightwards': 'R AY T W ER D Z',
        'unscrew': 'AH N S K R UW',
    }.items()
}
_NOUNS = (*references.NOUNS.values(), references.ANYTHING)
_SIZES = tuple(chain.from_iterable(references.ADJECTIVES.values()))
_SUPERLATIVES = tuple(chain.from_iterable(references.SUPERLATIVES.values()))
_WHERE = (*wording.INTO, *wording.ONTO, *wording.BESIDE)
_WAYS = tuple(chain.from_iterable(wording.DIRECTIONS.values()))
_PLURALS = tuple(wording.plural(noun) for nouns in (*references.NOUNS.values(),) for noun in nouns)


def _clause(rng: np.random.Generator) -> str:
    draw = rng.uniform()
    if draw < 0.3:
        return f'{_one(rng, wording.PICK)} {_named(rng)}'
    if draw < 0.6:
        return f'{_one(rng, (*wording.PUT, "stack"))} {_named(rng)} {_place(rng)}'
    if draw < 0.7:
        put = f'{_one(rng, wording.PUT)} it {_place(rng)}'
        return f'{_one(rng, wording.PICK)} {_named(rng)} and {put}'
    if draw < 0.9:
        return f'{_one(rng, wording.PUSH)} {_named(rng)} {_one(rng, _WAYS)}'
    other = _one(rng, [text for text in wording.UNSUPPORTED if references.UNKNOWN not in text])
    return other.format(a=_named(rng), b=_named(rng), c=_one(rng, tuple(COLOURS)))


def _place(rng: np.random.Generator) -> str:
    return f'{_one(rng, _WHERE)} {_named(rng)}'


def _named(rng: np.random.Generator) -> str:
    return f'{_one(rng, ("the", "the", "the", "the", "a"))} {thing(rng)}'


def _question(rng: np.random.Generator) -> str:
    colour, place = _one(rng, tuple(COLOURS)), _one(rng, ('', 'on the table', 'in the tray'))
    start = _one(rng, wording.QUESTIONS[:7])
    if start == 'how many':
        return f'how many {colour} {_one(rng, _PLURALS)} are there {place}'.strip()
    if start == 'are there':
        number = _one(rng, ('any', *_NUMBERS))
        return f'are there {number} {colour} {_one(rng, _PLURALS)} {place}'.strip()
    if start.endswith(('is', 'are')):
        return f'{start} {_named(rng)}'
    return f'{start} {thing(rng)}'


def _politely(rng: np.random.Generator, words: str) -> str:
    draw = rng.uniform()
    if draw < 0.2:
        return f'{_one(rng, (*wording.POLITE, "hey robot"))} {words}'
    if draw < 0.35:
        return f'{words} {_one(rng, ("please", *wording.MANNER))}'
    return words


def _plain(words: str) -> str:
    return ' '.join(words.replace(',', ' ').split())


def _one(rng: np.random.Generator, items: Sequence) -> str:
    return items[int(rng.integers(len(items)))]
