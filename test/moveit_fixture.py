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

"""A small move_group and gripper controller, with MoveIt's own messages, for tests."""

from __future__ import annotations

from typing import Any

from action_fixture import FakeAction
from control_msgs.action import GripperCommand, ParallelGripperCommand
from moveit_msgs.action import ExecuteTrajectory, MoveGroup
from moveit_msgs.msg import (
    AttachedCollisionObject,
    CollisionObject,
    PlanningScene,
    RobotTrajectory,
)
from moveit_msgs.srv import ApplyPlanningScene, GetCartesianPath
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectoryPoint

SUCCESS = 1


class FakeScene:
    """Keeps what MoveIt's planning scene would hold, and is as strict about what is removed."""

    def __init__(self) -> None:
        self.world: dict[str, CollisionObject] = {}
        self.attached: dict[str, AttachedCollisionObject] = {}

    def apply(self, scene: PlanningScene) -> bool:
        """Take a difference in, attached objects first; return whether all of it made sense."""
        assert scene.is_diff, 'a scene that is no difference replaces everything'
        assert scene.robot_state.is_diff, 'a state that is no difference drops attached objects'
        attached = [self._attach(thing) for thing in scene.robot_state.attached_collision_objects]
        changed = [self._change(thing) for thing in scene.world.collision_objects]
        return all(attached) and all(changed)

    def _attach(self, thing: AttachedCollisionObject) -> bool:
        name = thing.object.id
        if thing.object.operation == CollisionObject.REMOVE:
            if name not in self.attached:
                return False
            self.world[name] = self.attached.pop(name).object
            return True
        self.world.pop(name, None)
        self.attached[name] = thing
        return True

    def _change(self, thing: CollisionObject) -> bool:
        if thing.operation == CollisionObject.REMOVE:
            return self.world.pop(thing.id, None) is not None
        self.world[thing.id] = thing
        return True


class FakeMoveGroup(Node):
    """Plans and moves nothing; answers as its attributes say, and remembers what it was asked."""

    def __init__(self, *, gripper: Any = GripperCommand, **arguments: Any) -> None:
        super().__init__('move_group', **arguments)
        self.code, self.said, self.fraction = SUCCESS, '', 1.0
        self.positions = [0.0, 0.1]
        self.scene = FakeScene()
        self.scene_at_plan: list[tuple[set[str], set[str]]] = []
        self.scene_at_move: list[tuple[set[str], set[str]]] = []
        self.lines: list[Any] = []
        self.finger, self.stalled, self.reached = 0.02, True, False
        self.move = FakeAction(self, MoveGroup, 'move_action', self._moved)
        self.execute = FakeAction(self, ExecuteTrajectory, 'execute_trajectory', self._executed)
        self.gripper = FakeAction(
            self, gripper, 'gripper_controller/gripper_cmd', self._gripped(gripper)
        )
        self.create_service(GetCartesianPath, 'compute_cartesian_path', self._line)
        self.create_service(ApplyPlanningScene, 'apply_planning_scene', self._apply)

    def destroy(self) -> None:
        """Die; the node must not spin."""
        for action in (self.move, self.execute, self.gripper):
            action.destroy()

    def _moved(self, goal: Any) -> tuple[bool, Any]:
        self.scene_at_plan.append(self._things())
        if not goal.planning_options.plan_only:
            self.scene_at_move.append(self._things())
        return self._ended(MoveGroup.Result(planned_trajectory=self._trajectory()))

    def _executed(self, _goal: Any) -> tuple[bool, Any]:
        self.scene_at_move.append(self._things())
        return self._ended(ExecuteTrajectory.Result())

    def _ended(self, result: Any) -> tuple[bool, Any]:
        result.error_code.val, result.error_code.message = self.code, self.said
        return self.code == SUCCESS, result

    def _gripped(self, kind: Any) -> Any:
        def answer(_goal: Any) -> tuple[bool, Any]:
            result = kind.Result(stalled=self.stalled, reached_goal=self.reached)
            if kind is ParallelGripperCommand:
                result.state.name, result.state.position = ['finger_joint1'], [self.finger]
            else:
                result.position = self.finger
            return self.reached, result

        return answer

    def _line(self, request: Any, response: Any) -> Any:
        self.scene_at_plan.append(self._things())
        self.lines.append(request)
        response.fraction, response.error_code.val = self.fraction, self.code
        response.solution = self._trajectory()
        return response

    def _trajectory(self) -> RobotTrajectory:
        made = RobotTrajectory()
        made.joint_trajectory.joint_names = ['joint1']
        made.joint_trajectory.points = [
            JointTrajectoryPoint(positions=[position]) for position in self.positions
        ]
        return made

    def _apply(self, request: Any, response: Any) -> Any:
        response.success = self.scene.apply(request.scene)
        return response

    def _things(self) -> tuple[set[str], set[str]]:
        return set(self.scene.world), set(self.scene.attached)
