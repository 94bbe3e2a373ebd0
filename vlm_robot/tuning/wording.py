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

"""The words of instructions and answers, beside those that name things."""

from __future__ import annotations

from vlm_robot.core.skills import Relation
from vlm_robot.models.wording import BESIDE as BESIDE
from vlm_robot.models.wording import DIRECTIONS as DIRECTIONS
from vlm_robot.models.wording import INTO as INTO
from vlm_robot.models.wording import MANNER as MANNER
from vlm_robot.models.wording import ONTO as ONTO
from vlm_robot.models.wording import PICK as PICK
from vlm_robot.models.wording import POLITE as POLITE
from vlm_robot.models.wording import PUSH as PUSH
from vlm_robot.models.wording import PUT as PUT
from vlm_robot.models.wording import THEN as THEN
from vlm_robot.tuning.references import UNKNOWN

UNSUPPORTED = (
    'open the drawer', 'close the door', 'pour water into {a}', 'throw {a} away', 'cut {a}',
    'wipe the table', 'clean {a}', 'rotate {a}', 'turn on the light', 'sing a song',
    'tell me a joke', 'squeeze {a}', 'flip {a}', 'wash {a}', 'break {a}', 'shake {a}',
    'give me {a}', 'hand me {a}', 'bring me {a}', 'fold the cloth', 'paint {a} {c}', 'kick {a}',
    'throw {a} at {b}', 'roll {a}', 'stir {a}', 'spin {a}', 'screw {a} into {b}', 'unscrew {a}',
    'turn {a} around', 'put {a} to the left of {b}', 'put {a} behind {b}',
    'put {a} in front of {b}',
    'move {a} to the right of {b}', 'put {a} between {b} and the wall', 'tidy up', 'point at {a}',
    'dance', 'wave', 'go home', 'what is the weather', 'hit {a}', 'crush {a}',
    f'{UNKNOWN} {{a}}', f'{UNKNOWN} the {UNKNOWN}', f'{UNKNOWN} {{a}} {UNKNOWN} {{b}}', UNKNOWN,
)  # fmt: skip
QUESTIONS = (
    'how many', 'are there', 'is there a', 'is there an', 'what colour is', 'what color is',
    'where is', 'what do you see', 'describe the scene', 'what is on the table', 'do you see a',
)  # fmt: skip
ANSWER_WORDS = (
    'pick', 'place', 'push', 'in', 'on', 'beside', 'left', 'right', 'forward', 'back', ';', ',',
    'missing', 'or', 'from', 'unsupported', 'answer', 'count', 'yes', 'no',
    *(str(n) for n in range(11)),
)  # fmt: skip
PLURALS = {'box': 'boxes', 'dish': 'dishes'}
RELATION_WORDS = {Relation.IN: 'in', Relation.ON: 'on', Relation.NEXT_TO: 'beside'}
"""How answers name a relation."""


def plural(words: str) -> str:
    """Put a description's noun, its last word, into the plural."""
    *front, noun = words.split()
    return ' '.join((*front, noun if noun == UNKNOWN else PLURALS.get(noun, noun + 's')))
