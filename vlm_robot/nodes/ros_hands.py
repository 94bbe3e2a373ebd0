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

"""The executive's hands: the actions of the other nodes, the gate, and the operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.safety import Gate
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Plan, Step
from vlm_robot.nodes.approval import Approval
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.conversions import plan_value, step_message, verdict_value
from vlm_robot_interfaces.action import ExecuteStep, GoHome, PlanInstruction

if TYPE_CHECKING:
    from rclpy.node import Node


class RosHands:
    """
    Asks vlm_node and motion_node; see `Hands`.

    :param discovery_s: how long to wait for those nodes.
    :param approval: asked about every plan; None when nobody needs to be asked.
    """

    def __init__(
        self, node: Node, gate: Gate, approval: Approval | None, *, discovery_s: float
    ) -> None:
        self._clock = node.get_clock()
        self._gate = gate
        self._approval = approval
        self._holding = False
        self._planner = ActionCaller(
            node,
            PlanInstruction,
            'plan_instruction',
            missing=Outcome.MODEL_ERROR,
            discovery_s=discovery_s,
        )
        self._stepper = ActionCaller(
            node,
            ExecuteStep,
            'execute_step',
            missing=Outcome.CONTROLLER_FAILED,
            discovery_s=discovery_s,
        )
        self._homer = ActionCaller(
            node, GoHome, 'go_home', missing=Outcome.CONTROLLER_FAILED, discovery_s=discovery_s
        )

    def plan(self, instruction: str, cancel: CancelToken) -> Plan:
        """Ask vlm_node."""
        result = self._planner.call(PlanInstruction.Goal(instruction=instruction), cancel)
        cancel.check()
        if not result.plan.instruction:  # refused before there was a plan
            return Plan(instruction, verdict_value(result.error_code, result.error_msg))
        return plan_value(result.plan)

    def admit(
        self, plan: Plan, cancel: CancelToken, *, on_wait: Callable[[float], None]
    ) -> Verdict:
        """Check with the gate; ask the operator about what passes."""
        verdict = self._check(plan, approved=False)
        if self._approval is None or verdict.outcome is not Outcome.NOT_APPROVED:
            return verdict
        decision = self._approval.wait(
            plan.instruction,
            cancel,
            at_most_s=self._gate.expires_in_s(plan, self._now_ns()),
            on_wait=on_wait,
        )
        return self._check(plan, approved=True) if decision.ok else decision

    def execute(
        self, step: Step, cancel: CancelToken, *, on_phase: Callable[[str], None]
    ) -> Verdict:
        """Ask motion_node."""
        message = step_message(step, stamp_ns=self._now_ns(), camera_frame='')
        result = self._stepper.call(
            ExecuteStep.Goal(step=message),
            cancel,
            on_feedback=lambda feedback: on_phase(feedback.phase),
        )
        verdict = verdict_value(result.error_code, result.error_msg)
        self._holding = self._still_holding(step.skill, verdict)
        return (
            cancel.verdict if verdict.outcome is Outcome.CANCELED and cancel.is_set() else verdict
        )

    def go_home(self, cancel: CancelToken) -> Verdict:
        """Ask motion_node."""
        result = self._homer.call(GoHome.Goal(), cancel)
        return verdict_value(result.error_code, result.error_msg)

    def _check(self, plan: Plan, *, approved: bool) -> Verdict:
        return self._gate.check(plan, self._now_ns(), approved=approved, holding=self._holding)

    def _still_holding(self, skill: Skill, verdict: Verdict) -> bool:
        """Tell whether the gripper holds something after a step, as far as is known."""
        if verdict.ok:
            return skill is Skill.PICK
        return self._holding and verdict.outcome is not Outcome.GRASP_FAILED

    def _now_ns(self) -> int:
        return int(self._clock.now().nanoseconds)
