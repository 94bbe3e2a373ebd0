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

"""What is right and wrong with what moves the arm."""

from __future__ import annotations

from collections.abc import Iterator

from vlm_robot.doctor.facts import Facts, JointLook
from vlm_robot.doctor.finding import Finding, Level, ok, warn

_LISTENERS = {
    'trajectory': 'is its controller running?',
    'topic': "is the planner that takes vlm_robot's goals running?",
}
_OURS = 'trajectory'  # with another executor the arm is somebody else's to know


def check_arm(facts: Facts) -> Iterator[Finding]:
    """Yield findings of who takes motions, and of the joints, as the executor needs them."""
    if 'motion_node' not in facts.nodes:
        return
    executor = facts.of('motion_node').get('executor', '')
    level = Level.ERROR if executor == _OURS else Level.WARN
    yield from _listeners(facts, executor, level)
    for action, servers in sorted(facts.actions.items()):
        if servers:
            yield ok(action, f'is served (executor {executor!r})')
        else:
            yield warn(
                action,
                'nobody serves this action: is its node, of MoveIt or of the gripper, running?',
            )
    yield from _joints(facts, level)


def _listeners(facts: Facts, executor: str, level: Level) -> Iterator[Finding]:
    for topic, listeners in sorted(facts.controllers.items()):
        if listeners:
            yield ok(topic, f'has a listener (executor {executor!r})')
        else:
            yield Finding(level, topic, f'nobody listens: {_LISTENERS.get(executor, "why?")}')


def _joints(facts: Facts, level: Level) -> Iterator[Finding]:
    joints = facts.joints
    if joints is None:
        yield Finding(level, 'joint_states', 'nothing has arrived: nobody knows where the arm is')
        return
    if not joints.finite:
        yield Finding(level, joints.topic, 'has positions that are not numbers')
    elif missing := [name for name in facts.expected_joints if name not in joints.names]:
        yield Finding(level, joints.topic, _lacks(missing, joints, level))
    else:
        yield ok(joints.topic, f'has all {len(facts.expected_joints) or len(joints.names)} joints')


def _lacks(missing: list[str], joints: JointLook, level: Level) -> str:
    said = f'lacks {", ".join(missing)}: it has {", ".join(joints.names)}'
    if level is Level.ERROR:
        return f"{said}; the arm's settings name other joints"
    return f"{said}; the arm's settings (arm_file) name other joints, which matters to the gripper"
