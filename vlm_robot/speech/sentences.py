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

"""What is said aloud about how an instruction ended: one short sentence, made for the ear."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Direction, Skill
from vlm_robot.core.values import Step

MAX_CHARACTERS = 120

SENTENCES: dict[Outcome, tuple[str, str]] = {
    Outcome.OK: ('done', 'done'),
    Outcome.NOT_FOUND: ('I do not see that', 'I see no {}'),
    Outcome.AMBIGUOUS: ('I see several things like that, which one?',) * 2,
    Outcome.UNSUPPORTED: ('I have not learned to do that',) * 2,
    Outcome.UNSAFE: ('I will not do that, it is not safe',) * 2,
    Outcome.BAD_INSTRUCTION: ('I did not understand, please say it again',) * 2,
    Outcome.NO_FRAME: ('I see nothing, the camera gives no picture',) * 2,
    Outcome.STALE_FRAME: ('the picture is too old, please say it again',) * 2,
    Outcome.BAD_FRAME: ('I cannot use the picture of the camera',) * 2,
    Outcome.NO_DEPTH: ('I cannot tell how far away that is', 'I cannot tell how far the {} is'),
    Outcome.NO_CAMERA_INFO: ('I do not know the lens of the camera',) * 2,
    Outcome.NO_TRANSFORM: ('I do not know where the camera is',) * 2,
    Outcome.INVALID_ANSWER: ('I could not make a plan of that',) * 2,
    Outcome.MODEL_ERROR: ('something went wrong while I was thinking',) * 2,
    Outcome.TIMEOUT: ('that took too long, I gave up',) * 2,
    Outcome.USED_PLAN: ('I did that already, please say it again',) * 2,
    Outcome.FORBIDDEN_SKILL: ('I am not allowed to do that',) * 2,
    Outcome.LOW_CONFIDENCE: (
        'I am not sure what you mean',
        'I am not sure which one is the {}',
    ),
    Outcome.OUTSIDE_WORKSPACE: (
        'that is outside of where I may work',
        'the {} is outside of where I may work',
    ),
    Outcome.KEEP_OUT: ('I may not go there', 'I may not go where the {} is'),
    Outcome.UNREACHABLE: ('I cannot reach that', 'I cannot reach the {}'),
    Outcome.NO_GRASP: ('I cannot grasp that', 'I cannot grasp the {}'),
    Outcome.NOT_APPROVED: ('I did nothing, because nobody said yes',) * 2,
    Outcome.BUSY: ('I am busy, please wait',) * 2,
    Outcome.GRASP_FAILED: ('I could not grasp it', 'I could not grasp the {}'),
    Outcome.MOTION_FAILED: ('I found no clear way to do that',) * 2,
    Outcome.CONTROLLER_FAILED: ('my arm does not follow',) * 2,
    Outcome.CANCELED: ('I have ended that',) * 2,
}
"""Outcome -> what is said, and what is said where the thing that it is about is known."""

_SOUNDS_LIKE_STOP = re.compile(
    r'\b(?:s?hops?|chops?|drop\w*|pops?|props?|mops?|cops?|crops?|flops?|taps?|\w*top\w*|halt\w*|'
    r'hold|salts?|malts?|faults?|vaults?|freez\w*|froze\w*|frees?|breez\w*|frieze\w*|trees?)\b',
    re.IGNORECASE,
)
_THING = re.compile(
    r"""(?P<quote>['"])(?P<quoted>[^'"_]*)(?P=quote)|^the (?P<subject>[a-z -]+?) is\b|"""
    r'\bthe (?P<last>(?:(?!\bthe\b)[a-z -])+)$'
)
_SEVERAL = re.compile(r'^I see (\d{1,3}) things like that, each an? ([a-z ]+): which one')
_EITHER = re.compile(r'^do you mean ([a-z ,]+)\?$')
_NO_ROOM = 'there is no free spot'
_NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
_POLITE = re.compile(r'^(?:please|(?:can|could|would|will) you(?: please)?)\s+', re.IGNORECASE)
_NO_LABEL = frozenset(
    [
        'a',
        'an',
        'and',
        'approach',
        'are',
        'arm',
        'as',
        'at',
        'camera',
        'does',
        'gripper',
        'hand',
        'has',
        'home',
        'image',
        'instruction',
        'is',
        'not',
        'of',
        'or',
        'plan',
        'retreat',
        'target',
        'that',
        'the',
        'to',
        'was',
        'way',
        'what',
        'which',
        'with',
    ]
)
"""Words that no name of a thing has; messages name waypoints and parts of the robot as well."""


def outcome_sentence(outcome: Outcome, message: str = '', *, thing: str = '') -> str:
    """
    Return what is said aloud of how an instruction ended.

    It never holds a stop word or what sounds like one, since the robot hears itself; nor numbers
    with units, names of files or code, which belong on a screen.

    :param message: the sentence that explains the outcome on a screen; a thing that it names, or
        a choice that it offers, is said.
    :param thing: what it is about, where that is known otherwise.
    """
    plain, about = SENTENCES[outcome]
    thing = speakable_label(thing or _named(message))
    candidates = [about.format(thing)] if thing else []
    if outcome is Outcome.AMBIGUOUS:
        candidates = [_which(message)]
    if message.startswith(_NO_ROOM):
        candidates = ['there is no room for it there']
    return _first_speakable((*candidates, plain))


def approval_question(instruction: str, steps: Iterable[Step] = ()) -> str:
    """
    Return how an operator is asked to approve a plan.

    :param steps: of the plan, where they are known: the question is about what will be done.
    """
    what = summary(steps) or _POLITE.sub('', _plain(instruction))
    return _first_speakable((f'shall I {what}?' if what else '', 'shall I do that?'))


def did_you_mean(text: str) -> str:
    """Return the question that asks back what was not heard well."""
    heard = _plain(text)
    return _first_speakable(
        (f'did you mean, {heard}?' if heard else '', 'I did not understand, please say it again')
    )


def summary(steps: Iterable[Step]) -> str:
    """Return what a plan does, as one says it: 'put the red cube in the bowl'."""
    said: list[str] = []
    held = ''
    for step in steps:
        thing = f'the {speakable_label(step.target.label) or "thing"}'
        if step.skill is Skill.PLACE:
            said.append(f'put {held or "it"} {_where(step, thing)}')
            held = ''
            continue
        if held:
            said.append(f'pick up {held}')
        held = thing if step.skill is Skill.PICK else ''
        if step.skill is Skill.PUSH:
            said.append(_push(step, thing))
    return ' and '.join([*said, f'pick up {held}'] if held else said)


def speakable_label(label: str) -> str:
    """Return a thing's name as one says it, '' for what is no name: code, numbers, a sentence."""
    words = label.replace('_', ' ').lower().split()
    plain = ' '.join(words)
    good = 0 < len(plain) <= 40 and all(word.replace('-', '').isalpha() for word in words)
    return plain if good and _NO_LABEL.isdisjoint(words) and is_speakable(plain) else ''


def is_speakable(text: str) -> bool:
    """Whether a text may be said aloud: short, in words, and nothing that sounds like "stop"."""
    return (
        0 < len(text) <= MAX_CHARACTERS
        and not re.search(r"[^\w\s,.?'-]|[\d_]|\w\.\w", text)
        and not _SOUNDS_LIKE_STOP.search(text)
    )


def _where(step: Step, thing: str) -> str:
    if step.relation.of_two and step.other is not None:
        return f'between {thing} and the {speakable_label(step.other.label) or "thing"}'
    return f'{step.relation.words} {thing}'


def _push(step: Step, thing: str) -> str:
    if step.direction is Direction.NONE:
        return f'push {thing}'
    side = step.direction in (Direction.LEFT, Direction.RIGHT)
    return f'push {thing} {"to the " if side else ""}{step.direction.name.lower()}'


def _named(message: str) -> str:
    """Return the thing that a message names: in quotes, as its subject, or at its end."""
    found = [m['quoted'] or m['subject'] or m['last'] or '' for m in _THING.finditer(message)]
    return next((label for label in found if speakable_label(label)), '')


def _which(message: str) -> str:
    """Return the question of an AMBIGUOUS message, as one says it."""
    if several := _SEVERAL.match(message):
        number, label = int(several[1]), speakable_label(several[2])
        count = _NUMBERS[number] if number < len(_NUMBERS) else 'several'
        return f'I see {count} {_plural(label)}, which one?' if label else ''
    return message if _EITHER.match(message) else ''


def _plural(label: str) -> str:
    if re.search(r'(?:s|x|z|ch|sh)$', label):
        return f'{label}es'
    return f'{label[:-1]}ies' if re.search(r'[^aeiou]y$', label) else f'{label}s'


def _plain(text: str) -> str:
    return ' '.join(re.sub(r"[^\w\s,'-]", ' ', text).split())


def _first_speakable(candidates: Iterable[str]) -> str:
    return next(filter(is_speakable, candidates))
