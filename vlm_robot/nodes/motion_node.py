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

"""motion_node: carries out grounded steps with an arm behind ROS topics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.values import Step
from vlm_robot.nodes.arms import OURS, make_arm
from vlm_robot.nodes.motion_parameters import MotionParameters
from vlm_robot.ros import parameters, qos
from vlm_robot.ros.conversions import pose_message, step_value
from vlm_robot.ros.jobs import ActionJobs, Call, Jobs, Policy
from vlm_robot.ros.logs import log_verdict
from vlm_robot.ros.spin import run
from vlm_robot.ros.streams.surroundings import watch_surroundings
from vlm_robot_interfaces.action import ExecuteStep, GoHome

if TYPE_CHECKING:
    from rclpy.publisher import Publisher


class MotionNode(Node):
    """
    Plans and executes one step at a time; a second one is refused with BUSY.

    A canceled step stops the arm smoothly where it is. Shutting down cancels too.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__('motion_node', **arguments)
        self.parameters = parameters.declare(self, MotionParameters)
        self._arm = make_arm(self, self.parameters)
        self._goals = self._goal_publisher()
        self._jobs = Jobs(self, policy=Policy.REJECT)
        watch_surroundings(self)
        self._served = [
            ActionJobs(self, self._jobs, action, name, serve, crash=Outcome.MOTION_FAILED)
            for action, name, serve in (
                (ExecuteStep, 'execute_step', self._execute),
                (GoHome, 'go_home', self._go_home),
            )
        ]

    def close(self) -> None:
        """Stop the arm and the worker."""
        self._jobs.close()

    def _execute(self, call: Call) -> ExecuteStep.Result:
        step = step_value(call.goal.step)
        self._require_base_frame(step)
        verdict = self._plan(step) if call.goal.dry_run else self._move(step, call)
        return ExecuteStep.Result(error_code=int(verdict.outcome), error_msg=verdict.message)

    def _go_home(self, call: Call) -> GoHome.Result:
        verdict = self._arm.go_home(
            cancel=call.cancel,
            on_phase=lambda phase: call.feedback(GoHome.Feedback(phase=phase)),
        )
        return GoHome.Result(error_code=int(verdict.outcome), error_msg=verdict.message)

    def _plan(self, step: Step) -> Verdict:
        self._arm.check(step)
        return OK

    def _move(self, step: Step, call: Call) -> Verdict:
        self._publish_goal(step, call)
        verdict = self._arm.execute(
            step,
            cancel=call.cancel,
            on_phase=lambda phase: call.feedback(ExecuteStep.Feedback(phase=phase)),
        )
        if verdict.outcome is Outcome.CANCELED:
            verdict = call.cancel.verdict
        log_verdict(self.get_logger(), f'{step.skill.name} {step.target.label!r}', verdict)
        return verdict

    def _goal_publisher(self) -> Publisher[PoseStamped] | None:
        """Return what publishes goals for people to see; other executors command by that topic."""
        if self.parameters.executor != OURS:
            return None
        return self.create_publisher(PoseStamped, 'goal_pose', qos.COMMAND)

    def _publish_goal(self, step: Step, call: Call) -> None:
        """Publish where the gripper is sent: to the thing, or to where the skill ends."""
        if self._goals is None:
            return
        assert step.target.grounding is not None  # see _require_base_frame
        position = step.goal or step.target.grounding.position
        pose = pose_message(position, yaw=step.target.grounding.yaw)
        message = PoseStamped(pose=pose)
        message.header = call.goal.step.target.header
        self._goals.publish(message)

    def _require_base_frame(self, step: Step) -> None:
        """:raises Refusal: when the step is not grounded in the arm's base frame."""
        found, wanted = step.target.grounding, self.parameters.base_frame
        if found is None:
            raise Refusal(Outcome.NO_DEPTH, f'{step.target.label!r} is not grounded')
        if found.frame_id != wanted:
            raise Refusal(
                Outcome.NO_TRANSFORM,
                f'{step.target.label!r} is in frame {found.frame_id!r}: expected {wanted!r}',
            )


def main() -> int:
    """Run the node until it is asked to stop."""
    return run(MotionNode)


if __name__ == '__main__':
    sys.exit(main())
