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

"""vlm_node: a camera frame and an instruction become a typed plan. Nothing moves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import Image
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import VlmRobotError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Plan
from vlm_robot.nodes.anticipating import Anticipating
from vlm_robot.nodes.perception import Perception, make_perception
from vlm_robot.nodes.questions import Questions
from vlm_robot.nodes.self_test import SelfTesting
from vlm_robot.nodes.vlm_parameters import VlmParameters
from vlm_robot.ros import parameters, qos
from vlm_robot.ros.camera.images import rgb_message
from vlm_robot.ros.conversions import header_message, plan_message
from vlm_robot.ros.detections import detections_publisher
from vlm_robot.ros.jobs import ActionJobs, Call, Jobs, Policy
from vlm_robot.ros.logs import log_verdict
from vlm_robot.ros.markers import plan_markers
from vlm_robot.ros.overlay import draw_plan
from vlm_robot.ros.spin import run
from vlm_robot.ros.streams.newest import streams_of
from vlm_robot.ros.streams.surroundings import watch_surroundings
from vlm_robot_interfaces.action import PlanInstruction
from vlm_robot_interfaces.msg import Plan as PlanMessage


class VlmNode(LifecycleNode):
    """
    Answers instructions and questions with a vision-language model.

    Configuring loads the model; activating tests it and serves: a model that fails its self-test
    leaves the node inactive. With the parameter `autostart` it does both by itself. Inference
    runs on a worker, one at a time.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__('vlm_node', **arguments)
        self.parameters = parameters.declare(self, VlmParameters)
        self._jobs = Jobs(self, policy=Policy.QUEUE)
        self._perception: Perception | None = None
        self._failure: VlmRobotError | None = None
        self._testing = SelfTesting(self, watch_surroundings(self), self.parameters.self_test)
        self._plans = self.create_publisher(PlanMessage, 'plan', qos.COMMAND)
        self._overlays = self.create_publisher(Image, '~/overlay', qos.STATE)
        self._markers = self.create_publisher(MarkerArray, '~/markers', qos.STATE)
        self._detect = detections_publisher(self)
        self._served: list[Callable[[], object]] = []
        if self.parameters.autostart:
            self._start()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and subscribe to the camera."""
        try:
            self._perception = make_perception(self, self.parameters)
        except VlmRobotError as err:
            self._failure = err
            self.get_logger().error(f'{type(err).__name__}: {err}')
            return TransitionCallbackReturn.FAILURE
        self.get_logger().info(f'the model is {self._perception.model!r}')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to serve, unless the model fails its self-test."""
        assert self._perception is not None  # configured before activated
        if not self._testing.passes(self._perception):
            return TransitionCallbackReturn.FAILURE
        action = ActionJobs(
            self,
            self._jobs,
            PlanInstruction,
            'plan_instruction',
            self._serve_plan,
            crash=Outcome.MODEL_ERROR,
        )
        topic = self.create_subscription(String, 'instruction', self._on_instruction, qos.COMMAND)
        questions = Questions(
            self,
            self._jobs,
            self._perception,
            describe_question=self.parameters.describe_question,
        )
        anticipating = Anticipating(
            self, self._jobs, self._perception, period_s=self.parameters.anticipation_period_s
        )
        self._served = [
            anticipating.destroy,
            action.destroy,
            lambda: self.destroy_subscription(topic),
            questions.destroy,
        ]
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what runs, and serve no more."""
        self._jobs.cancel_all('vlm_node was deactivated')
        for destroy in self._served:
            destroy()
        self._served = []
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the model and the camera."""
        self._perception = None
        for stream in streams_of(self):
            stream.destroy()
        self._testing.forget()
        return super().on_cleanup(state)

    def close(self) -> None:
        """Cancel what runs and stop the worker."""
        self._testing.close()
        self._jobs.close()

    def _start(self) -> None:
        """
        Configure and activate.

        :raises VlmRobotError: why the model or the camera cannot be used.
        """
        self.trigger_configure()
        if self._failure is not None:
            self._jobs.close()
            raise self._failure
        self.trigger_activate()

    def _serve_plan(self, call: Call) -> PlanInstruction.Result:
        plan = self._plan(
            call.goal.instruction,
            call.cancel,
            on_stage=lambda stage: call.feedback(PlanInstruction.Feedback(stage=stage)),
        )
        return PlanInstruction.Result(
            error_code=int(plan.outcome), error_msg=plan.verdict.message, plan=plan_message(plan)
        )

    def _on_instruction(self, message: String) -> None:
        def job(cancel: CancelToken) -> None:
            plan = self._plan(message.data, cancel, on_stage=lambda _: None)
            self._plans.publish(plan_message(plan))

        verdict = self._jobs.post(job)
        if not verdict.ok:
            self._plans.publish(plan_message(Plan(message.data, verdict)))

    def _plan(
        self, instruction: str, cancel: CancelToken, *, on_stage: Callable[[str], None]
    ) -> Plan:
        assert self._perception is not None  # served only while configured
        with deadline(cancel, self.parameters.timeout_s):
            plan, frame = self._perception.plan(instruction, cancel, on_stage=on_stage)
        took_s = sum(plan.timings_s.values())
        log_verdict(self.get_logger(), f'{instruction[:80]!r} in {took_s:.2f} s', plan.verdict)
        if frame is not None:
            seen = frame
            self._jobs.post(lambda _: self._show(plan, seen))  # the arm waits for the plan alone
        return plan

    def _show(self, plan: Plan, frame: Frame) -> None:
        header = header_message(frame.stamp_ns, frame.frame_id)
        self._overlays.publish(rgb_message(draw_plan(frame.rgb, plan), header))
        self._markers.publish(plan_markers(plan))
        self._detect(plan)


def main() -> int:
    """Run the node until it is asked to stop."""
    return run(VlmNode)


if __name__ == '__main__':
    sys.exit(main())
