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

"""Topics that are called otherwise on somebody's robot: what was chosen -> remappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vlm_robot.bringup.graph import Value
from vlm_robot.core.errors import ConfigurationError

Chosen = Mapping[str, Value]
"""Argument -> value, for those that were given."""

_NAME = r'(~?/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*'
_RULE = re.compile(rf'(?P<old>(\w+:)?(?!__){_NAME}):=(?P<new>{_NAME})')


@dataclass(frozen=True)
class Topic:
    """
    A name of a node's that an argument changes.

    :param below: what follows it in the names that are changed with it; '' is the name itself.
    """

    node: str
    name: str
    below: tuple[str, ...] = ('',)

    def rules(self, argument: str, given: str) -> dict[str, str]:
        """
        Return the remappings to a name, of which what is `below` may be a part.

        :raises ConfigurationError: for what is no name.
        """
        if not re.fullmatch(_NAME, given):
            raise ConfigurationError(
                f'{argument} is {given!r}: expected a name like /camera/{self.name}'
            )
        for end in filter(None, self.below):
            given = given.removesuffix(end)
        return {f'{self.name}{end}': f'{given}{end}' for end in self.below}


TOPICS = {
    'image': Topic('vlm_node', 'image_raw', ('', '/compressed')),
    'depth': Topic('vlm_node', 'depth/image_raw', ('', '/compressedDepth')),
    'camera_info': Topic('vlm_node', 'camera_info'),
    'depth_camera_info': Topic('vlm_node', 'depth/camera_info'),
    'arm_controller': Topic('motion_node', 'arm_controller', ('/joint_trajectory',)),
    'gripper_controller': Topic(
        'motion_node', 'gripper_controller', ('/joint_trajectory', '/gripper_cmd')
    ),
    'joint_states': Topic('motion_node', 'joint_states'),
    'goal_pose': Topic('motion_node', 'goal_pose'),
    'gripper_command': Topic('motion_node', 'gripper_command'),
    'motion_cancel': Topic('motion_node', 'motion_cancel'),
    'motion_result': Topic('motion_node', 'motion_result'),
    'audio': Topic('speech_node', 'audio'),
}
"""Argument -> the name that it changes."""

_TRANSPORTS = {
    'image': ('/compressed', 'transport'),
    'depth': ('/compressedDepth', 'depth_transport'),
}


def remappings(node: str, chosen: Chosen) -> dict[str, str]:
    """
    Return the remappings of a node; those of `remap` count for every node, and win.

    :raises ConfigurationError: for what is no name or no rule.
    """
    rules: dict[str, str] = {}
    for argument, topic in TOPICS.items():
        if argument in chosen and topic.node == node:
            rules |= topic.rules(argument, str(chosen[argument]))
    return rules | rules_of(str(chosen.get('remap', '')))


def with_transports(chosen: Chosen) -> Chosen:
    """
    Return what was chosen, with the transports that the ends of topics stand for.

    :raises ConfigurationError: when something else was chosen, too.
    """
    found: dict[str, Value] = {}
    for argument, (end, transport) in _TRANSPORTS.items():
        if str(chosen.get(argument, '')).endswith(end):
            found[transport] = 'compressed'
            if chosen.get(transport, 'compressed') != 'compressed':
                raise ConfigurationError(
                    f'{argument} is {chosen[argument]!r} but {transport} is '
                    f'{chosen[transport]!r}: leave {transport} out, or {end!r}'
                )
    return {**chosen, **found}


def rules_of(text: str) -> dict[str, str]:
    """
    Return 'old:=new', several separated by blanks, as remappings.

    :raises ConfigurationError: for what is none.
    """
    found = {}
    for word in text.split():
        rule = _RULE.fullmatch(word)
        if rule is None:
            raise ConfigurationError(
                f"remap has {word!r}: expected 'old:=new', several separated by blanks"
            )
        found[rule['old']] = rule['new']
    return found
