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

"""An arm behind MoveIt, and what it is asked, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ros_fixture import Ros

from vlm_robot.core.geometry import from_approach, quat_xyzw_of
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Step, Target
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_parameters import MotionParameters
from vlm_robot.ros.moveit.make import make_moveit_robot
from vlm_robot.ros.moveit.parameters import MoveItParameters

if TYPE_CHECKING:
    from vlm_robot.ros.moveit.robot import MoveItRobot

SETTINGS = ArmSettings.load()
DOWN = quat_xyzw_of(from_approach((0, 0, -1), yaw=0.0))
TRAVEL = PoseGoal('above', (0.5, 0.1, 0.22), DOWN, False, None)
LINE = PoseGoal('approach', (0.5, 0.1, 0.03), DOWN, True, 0.15)
CUBE = Target('cube', grounding=Grounding('base_link', (0.5, 0.1, 0.02), 0.0, (0.04,) * 3))
BOWL = Target('bowl', grounding=Grounding('base_link', (0.4, -0.2, 0.03), 0.0, (0.12, 0.12, 0.06)))
PICK = Step(Skill.PICK, CUBE)
PLACE = Step(Skill.PLACE, BOWL, relation=Relation.IN, goal=(0.4, -0.2, 0.01))


def arm(ros: Ros, **changed: Any) -> MoveItRobot:
    given = MoveItParameters(**{'group': 'arm', 'answer_timeout_s': 10.0, **changed})
    node = ros.bare_node('motion')
    parameters = MotionParameters(state_timeout_s=0.05, moveit=given)
    robot = make_moveit_robot(node, parameters, SETTINGS)
    ros.spin(node)
    return robot  # type: ignore[return-value]
