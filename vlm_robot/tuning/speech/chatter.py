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

"""
Talk that is no command: everyday and workshop talk, text read aloud, and what nearly commands.

No sentence has a meaning for the arm, and none has a stop word: whatever is done about them is
a false trigger.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Iterator, Sequence
from importlib import import_module

import numpy as np

from vlm_robot.models import wording
from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.tuning.speech.lexicon import words_of
from vlm_robot.tuning.speech.meaning import meaning

KINDS = ('everyday', 'workshop', 'nearly a command', 'read aloud')

_WORDS: dict[str, tuple[str, ...]] = {
    'who': ('my sister', 'the manager', 'nobody', 'our neighbour', 'Tom', 'the new colleague',
            'she', 'he', 'your brother', 'the customer', 'everyone', 'I', 'we', 'they'),
    'when': ('yesterday', 'last week', 'on Monday', 'this morning', 'after lunch', 'next year',
             'around noon', 'all the time', 'before the meeting', 'in the summer'),
    'food': ('a sandwich', 'soup', 'coffee', 'tea', 'an apple', 'rice with vegetables', 'pizza'),
    'place': ('the station', 'the office', 'the kitchen', 'the cupboard', 'the supermarket',
              'the basement', 'Berlin', 'the hospital', 'the garden', 'the hall', 'the shelf'),
    'did': ('went to', 'came back from', 'walked past', 'called from', 'drove to', 'cleaned'),
    'tool': ('screwdriver', 'drill', 'spanner', 'saw', 'hammer', 'lathe', 'soldering iron',
             'battery', 'gearbox', 'conveyor', 'compressor', 'welding mask', 'cable', 'bearing'),
    'fault': ('is broken again', 'makes a strange noise', 'needs new oil', 'was too hot',
              'has been repaired', 'is on the list', 'will arrive tomorrow',
              'looks fine to me'),
    'asked': ('open the door', 'turn on the light', 'tell me a joke', 'sing a song',
              'pour the tea', 'fold the towel', 'wash the dishes', 'paint the wall',
              'call my mother', 'go home'),
    'number': ('two', 'three', 'five', 'eleven', 'twenty', 'forty two', 'a hundred'),
    'like': ('loves', 'does not like', 'forgot', 'was talking about', 'paid for', 'dreams of'),
    'past': ('put', 'placed', 'dropped', 'picked up', 'pushed', 'moved', 'took', 'stacked'),
    'noun': tuple(dict.fromkeys(n for nouns in wording.NOUNS.values() for n in nouns)),
    'colour': tuple(COLOURS),
}  # fmt: skip
_TEMPLATES: dict[str, tuple[str, ...]] = {
    'everyday': (
        '{who} {did} {place} {when}', '{who} had {food} for breakfast {when}',
        'what is the weather like at {place}', '{who} {like} {food}', 'how are you doing today',
        'the train to {place} was {number} minutes late', 'have you seen the match {when}',
        'did you know that {who} {did} {place}', 'let us meet at {place} {when}',
        'it costs {number} euros and that is too much', 'see you {when}', 'thank you very much',
        'the children were playing in {place} {when}', 'my phone rang {number} times {when}',
        'I think it is going to rain', 'good morning everybody', 'what time is it now',
        '{who} will be on holiday {when}', 'could somebody bring {food} to {place}',
        'well I really do not know', 'that was on top of everything else',
        'the shop at {place} closes at {number}', 'sorry I was not listening to you',
    ),
    'workshop': (
        'the {tool} {fault}', 'where did {who} leave the {tool}', 'we need {number} more of these',
        'hand me the {tool} please', 'who has borrowed the {tool} {when}',
        'mind your fingers near the {tool}', 'the {tool} and the {tool} are in {place}',
        'there are {number} boxes of screws in {place}', 'the temperature is {number} degrees',
        'write down the serial number of the {tool}', 'the {tool} goes back to {place} {when}',
        'is the {tool} still under warranty', 'the next shift starts {when}',
        'measure it {number} times and cut it once', 'the robot was repaired {when}',
        'tighten the bolts of the {tool}', 'the {tool} from {place} {fault}',
    ),
    'nearly a command': (
        'I {past} the {colour} {noun} in {place} {when}', 'the {noun} is {colour}',
        'the {colour} {noun} belongs to {who}', '{who} {past} a {noun} {when}',
        'who {past} the {colour} {noun}', 'my {noun} was {colour} and yours was {colour}',
        'why is there a {noun} in {place}', 'the {colour} paint is next to the {tool}',
        'do not touch the {noun} it is hot', 'I would like a {colour} {noun} for {place}',
        'we picked up {who} at {place} {when}', 'on the left you can see {place}',
        'take {number} of them to {place} {when}', 'put the {tool} in {place}', '{asked}',
        'pick a number between {number} and {number}', 'push the button of the {tool}',
        'robot {asked}', 'please {asked}', 'the {noun} and the {noun} are both {colour}',
        'move over I cannot see the {tool}', 'a {colour} {noun} with a {colour} lid',
    ),
}  # fmt: skip
_READ = (
    'argparse', 'statistics', 'subprocess', 'random', 'datetime', 'threading', 'decimal',
    'pathlib',
)  # fmt: skip
_READ_WORDS = (5, 16)
_TRIES = 100


def chatter(rng: np.random.Generator, kind: str) -> str:
    """
    Return a sentence that is no command.

    :param kind: one of `KINDS`; 'read aloud' is the documentation of Python's own library.
    """
    for _ in range(_TRIES):
        text = _one(rng, documentation(_READ)) if kind == 'read aloud' else _filled(rng, kind)
        if is_chatter(text):
            return text
    raise AssertionError(f'no chatter of the kind {kind!r} in {_TRIES} draws')


def is_chatter(text: str) -> bool:
    """Whether a text asks for nothing: neither a command nor a reply, and without a stop word."""
    return meaning(text) is None and set(STOP_WORDS).isdisjoint(words_of(text))


def _filled(rng: np.random.Generator, kind: str) -> str:
    template = _one(rng, _TEMPLATES[kind])
    for _ in range(2):  # what is filled in may ask for more
        template = re.sub(r'\{(\w+)\}', lambda m: _one(rng, _WORDS[m[1]]), template)
    return template


@functools.cache
def documentation(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Return sentences of the documentation in modules of Python, without a stop word."""
    found = dict.fromkeys(text for name in modules for text in _sentences(name))
    return tuple(text for text in found if set(STOP_WORDS).isdisjoint(words_of(text)))


def _sentences(module: str) -> Iterator[str]:
    tree = ast.parse(inspect.getsource(import_module(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            prose = (ast.get_docstring(node) or '').split('\n\n')[0]
            for sentence in re.split(r'[.:;]\s', ' '.join(prose.split())):
                if _can_be_read(sentence):
                    yield sentence.strip(' .')


def _can_be_read(sentence: str) -> bool:
    low, high = _READ_WORDS
    plain = re.fullmatch(r"[A-Za-z][a-z' ,-]+\.?", sentence) is not None
    return plain and low <= len(sentence.split()) <= high


def _one(rng: np.random.Generator, items: Sequence[str]) -> str:
    return items[int(rng.integers(len(items)))]
