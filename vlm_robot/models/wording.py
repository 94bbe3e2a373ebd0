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

"""How people word instructions, as the embedded model was taught it; speech listens for it."""

from __future__ import annotations

from vlm_robot.core.skills import Direction
from vlm_robot.sim.catalogue import Kind, Size

NOUNS: dict[Kind, tuple[str, ...]] = {
    Kind.CUBE: ('cube', 'cube', 'block', 'box'),
    Kind.BALL: ('ball', 'ball', 'sphere'),
    Kind.CYLINDER: ('cylinder', 'cylinder', 'can'),
    Kind.MUG: ('mug', 'mug', 'cup'),
    Kind.BOWL: ('bowl',),
    Kind.PLATE: ('plate', 'plate', 'dish'),
    Kind.TRAY: ('tray',),
}
ADJECTIVES: dict[Size, tuple[str, ...]] = {
    Size.SMALL: ('small', 'little', 'tiny'),
    Size.LARGE: ('large', 'big'),
}
ANYTHING = ('object', 'thing', 'one', 'item')
RELATIONS: dict[str, tuple[str, ...]] = {
    'left': ('left of', 'to the left of', 'on the left of'),
    'right': ('right of', 'to the right of', 'on the right of'),
    'front': ('in front of',),
    'behind': ('behind',),
    'beside': ('next to', 'beside', 'near'),
    'in': ('in', 'inside'),
    'on': ('on', 'on top of'),
}
SUPERLATIVES: dict[str, tuple[str, ...]] = {
    'left': ('leftmost',),
    'right': ('rightmost',),
    'near': ('nearest', 'closest'),
    'far': ('farthest', 'furthest'),
}
PICK = ('pick up', 'pick', 'grab', 'take', 'lift', 'lift up', 'grasp', 'get', 'hold')
PUT = ('put', 'place', 'set', 'move', 'drop')
INTO = ('in', 'into', 'inside', 'in to')
ONTO = ('on', 'onto', 'on top of')
BESIDE = ('next to', 'beside', 'near', 'by')
PUSH = ('push', 'slide', 'move', 'nudge', 'shove')
DIRECTIONS: dict[Direction, tuple[str, ...]] = {
    Direction.LEFT: ('left', 'to the left', 'leftwards'),
    Direction.RIGHT: ('right', 'to the right', 'rightwards'),
    Direction.FORWARD: ('forward', 'forwards', 'away', 'ahead'),
    Direction.BACK: ('back', 'backward', 'backwards', 'towards you', 'toward you'),
}
THEN = ('and then', ', then', 'then', 'and', ', and then', ', after that')
MANNER = ('gently', 'carefully', 'slowly', 'quickly', 'again', 'for me')
POLITE = (
    'hey',
    'hello',
    'ok',
    'just',
    'let us',
    'i need you to',
    'please',
    'could you',
    'can you',
    'robot',
    'now',
    'would you please',
    'i want you to',
)
