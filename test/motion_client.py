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

"""A client of motion_node that stays connected, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from ros_fixture import DEADLINE_S, Ros

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Step
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.conversions import step_message, verdict_value
from vlm_robot_interfaces.action import ExecuteStep, GoHome


class MotionClient:
    """Asks motion_node, and returns its verdicts."""

    def __init__(self, ros: Ros) -> None:
        node = Node('motion_client', context=ros.context)

        def caller(action: Any, name: str) -> ActionCaller:
            return ActionCaller(
                node, action, name, missing=Outcome.TIMEOUT, discovery_s=DEADLINE_S
            )

        self._steps = caller(ExecuteStep, 'execute_step')
        self._home = caller(GoHome, 'go_home')
        ros.spin(node)

    def execute(
        self,
        step: Step,
        *,
        dry_run: bool = False,
        cancel: CancelToken | None = None,
        on_phase: Callable[[str], object] = lambda _: None,
    ) -> Verdict:
        """Have a step carried out, or only planned."""
        goal = ExecuteStep.Goal(
            step=step_message(step, stamp_ns=1, camera_frame='camera'), dry_run=dry_run
        )
        result = self._steps.call(
            goal,
            cancel or CancelToken(),
            on_feedback=lambda feedback: on_phase(feedback.phase),
        )
        return verdict_value(result.error_code, result.error_msg)

    def go_home(self) -> Verdict:
        """Have the arm moved out of the view."""
        result = self._home.call(GoHome.Goal(), CancelToken())
        return verdict_value(result.error_code, result.error_msg)
