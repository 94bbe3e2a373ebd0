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

"""Motions by MoveIt's move_group: through free space, along lines, and what is around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from moveit_msgs.action import ExecuteTrajectory, MoveGroup
from moveit_msgs.msg import Constraints, RobotState, RobotTrajectory
from moveit_msgs.srv import ApplyPlanningScene, GetCartesianPath

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.moveit.codes import verdict_of
from vlm_robot.ros.moveit.goals import LinkGoal
from vlm_robot.ros.moveit.messages import Messages
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.moveit.scene import Surroundings
from vlm_robot.ros.supervised import Ended, SupervisedAction, SupervisedService

if TYPE_CHECKING:
    from rclpy.node import Node


class MoveGroupClient:
    """
    Actions `move_action` and `execute_trajectory`, service `compute_cartesian_path`.

    Every method blocks and raises a Refusal with what went wrong; without one the arm rests at
    the goal.
    """

    def __init__(self, node: Node, parameters: MoveItParameters, messages: Messages) -> None:
        self._messages = messages
        self._min_share = parameters.cartesian_min_share
        answer_s, motion_s = parameters.answer_timeout_s, parameters.motion_timeout_s
        self._move, self._execute = (
            SupervisedAction(node, action, name, answer_timeout_s=answer_s, timeout_s=motion_s)
            for action, name in (
                (MoveGroup, 'move_action'),
                (ExecuteTrajectory, 'execute_trajectory'),
            )
        )
        self._line = SupervisedService(
            node,
            GetCartesianPath,
            'compute_cartesian_path',
            answer_timeout_s=answer_s,
            timeout_s=parameters.planning_time_s + answer_s,
        )

    def reach(self, constraints: Constraints, *, cancel: Cancel) -> None:
        """Move through free space; planned and carried out by move_group."""
        goal = self._messages.move_group(constraints)
        _require(self._move.run(goal, cancel=cancel), constraints.name)

    def line(self, goal: LinkGoal, *, cancel: Cancel) -> None:
        """Move along a straight line, if most of it is possible."""
        trajectory = self.plan_line(goal, cancel=cancel)
        done = self._execute.run(ExecuteTrajectory.Goal(trajectory=trajectory), cancel=cancel)
        try:
            _require(done, goal.name)
        except Refusal as refusal:
            raise _on_the_way(refusal) from refusal

    def plan(
        self, constraints: Constraints, *, start: RobotState | None, cancel: Cancel
    ) -> RobotTrajectory:
        """Return a way through free space from a start. Nothing moves."""
        goal = self._messages.move_group(constraints, start=start, go=False)
        ended = self._move.run(goal, cancel=cancel)
        _require(ended, constraints.name)
        return _sound(ended.result.planned_trajectory, constraints.name)

    def plan_line(
        self, goal: LinkGoal, *, start: RobotState | None = None, cancel: Cancel
    ) -> RobotTrajectory:
        """Return a straight way from a start. Nothing moves."""
        answer = self._line.call(self._messages.line(goal, start=start), cancel=cancel)
        _require_code(answer.error_code, goal.name)
        if not answer.fraction >= self._min_share:
            raise Refusal(
                Outcome.MOTION_FAILED,
                f'MoveIt finds {100 * answer.fraction:.0f} % of the straight way of '
                f'{goal.name!r}: expected {100 * self._min_share:.0f} %',
            )
        return _sound(answer.solution, goal.name)


class SceneClient:
    """Service `apply_planning_scene`."""

    def __init__(self, node: Node, parameters: MoveItParameters, messages: Messages) -> None:
        self._messages = messages
        self._apply = SupervisedService(
            node,
            ApplyPlanningScene,
            'apply_planning_scene',
            answer_timeout_s=parameters.answer_timeout_s,
            timeout_s=parameters.answer_timeout_s,
        )
        self._shown = Surroundings(())

    def show(self, wanted: Surroundings, *, cancel: Cancel) -> None:
        """
        Make the planning scene hold what is wanted, of what is ours.

        :raises Refusal: when nobody takes it: without it, the arm would plan through things.
        """
        if not self._accepts(wanted, cancel):
            # a move_group that was started again refuses to remove what it does not know
            kept = self._shown.held if wanted.held is not None else None
            self._shown = Surroundings((), kept)
            if not self._accepts(wanted, cancel):
                raise Refusal(
                    Outcome.MOTION_FAILED,
                    'MoveIt did not accept the planning scene: its log says which object',
                )
        self._shown = wanted

    def tell(self, wanted: Surroundings) -> None:
        """Do as `show`, if it can be done without waiting."""
        self._apply.tell(self._request(wanted))
        self._shown = wanted

    def _accepts(self, wanted: Surroundings, cancel: Cancel) -> bool:
        return bool(self._apply.call(self._request(wanted), cancel=cancel).success)

    def _request(self, wanted: Surroundings) -> Any:
        names = {box.name for box in wanted.obstacles}
        scene = self._messages.scene(
            wanted,
            gone=[box.name for box in self._shown.obstacles if box.name not in names],
            attach=wanted.held is not None and wanted.held != self._shown.held,
            detach=wanted.held is None and self._shown.held is not None,
        )
        return ApplyPlanningScene.Request(scene=scene)


def _require(ended: Ended, what: str) -> None:
    """:raises Refusal: when a motion did not end well."""
    _require_code(ended.result.error_code, what)
    if not ended.succeeded:
        raise Refusal(
            Outcome.CONTROLLER_FAILED, f'MoveIt gave {what!r} up, though it names no error'
        )


def _require_code(code: Any, what: str) -> None:
    verdict = verdict_of(code.val, what, detail=code.message)
    if not verdict.ok:
        raise Refusal(verdict.outcome, verdict.message)


def _on_the_way(refusal: Refusal) -> Refusal:
    """Return what a refusal is when the arm has left its place already."""
    if refusal.outcome in (Outcome.CANCELED, Outcome.TIMEOUT):
        return refusal
    return Refusal(Outcome.CONTROLLER_FAILED, refusal.message)


def _sound(trajectory: RobotTrajectory, what: str) -> RobotTrajectory:
    """:raises Refusal: when a trajectory is none."""
    points = trajectory.joint_trajectory.points
    if not points:
        raise Refusal(Outcome.MOTION_FAILED, f'MoveIt planned {what!r} without a trajectory')
    if not all(np.isfinite(point.positions).all() for point in points):
        raise Refusal(
            Outcome.MOTION_FAILED,
            f'MoveIt planned {what!r} with positions that are not numbers',
        )
    return trajectory
