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

"""What MoveIt's error codes mean here."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.core.outcome import OK, Outcome, Verdict


@dataclass(frozen=True)
class Code:
    """One constant of `moveit_msgs/msg/MoveItErrorCodes`."""

    name: str
    outcome: Outcome
    meaning: str  # for a person, as half a sentence


_FAILED = Outcome.MOTION_FAILED  # the arm has not moved
_LOST = Outcome.CONTROLLER_FAILED  # it may have

CODES = {
    1: Code('SUCCESS', Outcome.OK, 'done'),
    0: Code('UNDEFINED', _FAILED, 'it gave no reason'),
    99999: Code('FAILURE', _FAILED, 'it gave no closer reason'),
    -1: Code('PLANNING_FAILED', _FAILED, 'no way was found'),
    -2: Code('INVALID_MOTION_PLAN', _FAILED, 'the way that was found is not valid'),
    -3: Code(
        'MOTION_PLAN_INVALIDATED_BY_ENVIRONMENT_CHANGE',
        _LOST,
        'something came into the way of the arm, which stopped',
    ),
    -4: Code('CONTROL_FAILED', _LOST, 'the controller did not carry the trajectory out'),
    -5: Code('UNABLE_TO_AQUIRE_SENSOR_DATA', _LOST, 'a sensor that it looks through is silent'),
    -6: Code('TIMED_OUT', Outcome.TIMEOUT, 'planning or execution took too long'),
    -7: Code('PREEMPTED', Outcome.CANCELED, 'the motion was stopped from outside'),
    -10: Code('START_STATE_IN_COLLISION', _FAILED, 'the arm touches something where it stands'),
    -11: Code('START_STATE_VIOLATES_PATH_CONSTRAINTS', _FAILED, 'the arm may not be where it is'),
    -12: Code('GOAL_IN_COLLISION', _FAILED, 'the arm would touch something at the end'),
    -13: Code('GOAL_VIOLATES_PATH_CONSTRAINTS', _FAILED, 'the end lies outside the constraints'),
    -14: Code('GOAL_CONSTRAINTS_VIOLATED', _FAILED, 'the end of the way is not the goal'),
    -15: Code('INVALID_GROUP_NAME', _FAILED, 'moveit.group names no group of the SRDF'),
    -16: Code('INVALID_GOAL_CONSTRAINTS', _FAILED, 'the goal makes no sense to it'),
    -17: Code('INVALID_ROBOT_STATE', _FAILED, 'it does not know the state of the joints'),
    -18: Code('INVALID_LINK_NAME', _FAILED, 'tool.frame of the arm names no link of it'),
    -19: Code('INVALID_OBJECT_NAME', _FAILED, 'an object is not in the planning scene'),
    -21: Code(
        'FRAME_TRANSFORM_FAILURE',
        Outcome.NO_TRANSFORM,
        'base_frame has no transform to its planning frame',
    ),
    -22: Code('COLLISION_CHECKING_UNAVAILABLE', _FAILED, 'it cannot check for collisions'),
    -23: Code('ROBOT_STATE_STALE', _LOST, 'joint_states are too old'),
    -24: Code('SENSOR_INFO_STALE', _LOST, 'its sensors are too old'),
    -25: Code('COMMUNICATION_FAILURE', _LOST, 'it lost the controller or the planner'),
    -26: Code('START_STATE_INVALID', _FAILED, 'the arm stands outside its limits'),
    -27: Code('GOAL_STATE_INVALID', _FAILED, 'the end lies outside the limits'),
    -28: Code('UNRECOGNIZED_GOAL_TYPE', _FAILED, 'the planner does not take such goals'),
    -29: Code('CRASH', _LOST, 'the planner crashed'),
    -30: Code('ABORT', _FAILED, 'it gave up'),
    -31: Code('NO_IK_SOLUTION', Outcome.UNREACHABLE, 'the arm cannot reach there'),
}
"""Value -> constant, complete for MoveIt 2.6."""


def verdict_of(code: int, what: str, *, detail: str = '') -> Verdict:
    """
    Return what a code means for a motion.

    :param what: the motion's name.
    :param detail: what MoveIt says itself.
    """
    known = CODES.get(code)
    if known is None:
        known = Code('an unknown code', _FAILED, 'this is newer than what vlm_robot knows')
    if known.outcome is Outcome.OK:
        return OK
    said = f' ({detail})' if detail else ''
    return Verdict(
        known.outcome, f'MoveIt ended {what!r} with {known.name} {code}: {known.meaning}{said}'
    )
