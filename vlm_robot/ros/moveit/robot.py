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

"""An arm behind MoveIt 2, as a robot that takes poses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

from moveit_msgs.msg import RobotState, RobotTrajectory

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Verdict
from vlm_robot.core.values import Step
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.ros.arm.joint_states import JointStates
from vlm_robot.ros.moveit.goals import LinkGoal, ToolLink, home_goals
from vlm_robot.ros.moveit.gripper import MoveItGripper
from vlm_robot.ros.moveit.messages import Messages, end_of
from vlm_robot.ros.moveit.motion import MoveGroupClient, SceneClient
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.moveit.scene import StepScene, Surroundings, Table
from vlm_robot.ros.moveit.servo import Forward, ServoClient

if TYPE_CHECKING:
    from rclpy.node import Node


class MoveItRobot:
    """
    Sends poses to MoveIt and openings to the gripper's action, see `PoseRobot`.

    Blocks: runs on a worker. Before every motion the planning scene is told the table, the things
    of the step and what is held; without that nothing moves.

    :param base_frame: of all poses.
    :param state_timeout_s: longest silence of joint_states, where they are needed.
    :param forward: for straight lines by MoveIt Servo; None takes Cartesian paths.
    """

    def __init__(
        self,
        node: Node,
        parameters: MoveItParameters,
        settings: ArmSettings,
        *,
        base_frame: str,
        state_timeout_s: float,
        forward: Forward | None = None,
    ) -> None:
        self._tool = ToolLink.of(settings.tool)
        self._home = home_goals(settings)
        self._messages = Messages(parameters, base_frame=base_frame, tool_link=self._tool.name)
        self._things = StepScene(Table.of(parameters))
        self._group = MoveGroupClient(node, parameters, self._messages)
        self._gripper = MoveItGripper(node, parameters, settings.gripper)
        self._states = JointStates(node, settings, timeout_s=state_timeout_s)
        self._servo = forward and ServoClient(
            node, parameters, self._messages, self._tool, self._states, forward
        )
        self._scene = SceneClient(node, parameters, self._messages) if parameters.scene else None

    def begin_step(self, step: Step) -> None:
        """Take the step's things into the planning scene from the next motion on."""
        self._things.begin(step)

    def end_step(self) -> None:
        """Take the step's things out of the planning scene; what is held stays."""
        self._things.end()
        if self._scene is not None:
            self._scene.tell(self._things.now())

    def rehearse(self, goals: Sequence[PoseGoal], *, cancel: Cancel) -> Verdict:
        """
        Plan a way through poses, one after the other. Nothing moves.

        :return: OK, or the verdict of the first pose that the planner finds no way to.
        """
        things, start = copy(self._things), None
        try:
            for goal in goals:
                self._show(things.moves(straight=goal.straight), cancel)
                start = end_of(self._planned(goal, start, cancel))
                things.arrived(goal.position[2])
        except Refusal as refusal:
            return refusal.verdict
        return OK

    def move(self, goal: PoseGoal, *, cancel: Cancel) -> Verdict:
        """Move the tcp to a pose, see `PoseRobot`."""
        try:
            link = self._tool.goal(goal)
            self._show(self._things.moves(straight=goal.straight), cancel)
            self._gripper.forget()
            self._go(goal, link, cancel)
            self._things.arrived(goal.position[2])
        except Refusal as refusal:
            return refusal.verdict
        return OK

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `PoseRobot`."""
        try:
            self._gripper.move(opening_m, cancel=cancel)
            self._show(self._things.gripped(opening_m, self.opening_m()), cancel)
        except Refusal as refusal:
            return refusal.verdict
        return OK

    def opening_m(self) -> float | None:
        """
        Return how far the fingers are open now, see `PoseRobot`.

        By joint_states; where they do not tell, by the gripper's action until the arm moves on.
        """
        try:
            state = self._states.next()
        except Refusal:
            state = None
        if state is None or not math.isfinite(state.opening_m):
            return self._gripper.opening_m()
        return state.opening_m

    def home(self, *, cancel: Cancel) -> Verdict:
        """Move the arm to the home pose of its settings."""
        try:
            self._show(self._things.moves(straight=False), cancel)
            self._gripper.forget()
            self._group.reach(self._messages.joint_constraints('home', self._home), cancel=cancel)
        except Refusal as refusal:
            return refusal.verdict
        return OK

    def _go(self, goal: PoseGoal, link: LinkGoal, cancel: Cancel) -> None:
        if not goal.straight:
            self._group.reach(self._messages.link_constraints(link), cancel=cancel)
        elif self._servo is not None:
            self._servo.line(goal, cancel=cancel)
        else:
            self._group.line(link, cancel=cancel)

    def _planned(
        self, goal: PoseGoal, start: RobotState | None, cancel: Cancel
    ) -> RobotTrajectory:
        link = self._tool.goal(goal)
        if goal.straight:
            return self._group.plan_line(link, start=start, cancel=cancel)
        constraints = self._messages.link_constraints(link)
        return self._group.plan(constraints, start=start, cancel=cancel)

    def _show(self, wanted: Surroundings, cancel: Cancel) -> None:
        if self._scene is not None:
            self._scene.show(wanted, cancel=cancel)
