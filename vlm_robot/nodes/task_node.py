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

"""task_node: the executive. An instruction is planned, checked, carried out; or stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from std_msgs.msg import Empty
from std_srvs.srv import SetBool, Trigger

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.executive import Executive, Progress, Report
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.safety import Gate
from vlm_robot.core.values import Plan
from vlm_robot.nodes.approval import Approval
from vlm_robot.nodes.gate import gate_settings
from vlm_robot.nodes.ros_hands import RosHands
from vlm_robot.nodes.task_parameters import TaskParameters
from vlm_robot.ros import parameters, qos
from vlm_robot.ros.conversions import plan_message, plan_value
from vlm_robot.ros.jobs import ActionJobs, Call, Jobs, Policy
from vlm_robot.ros.logs import log_verdict
from vlm_robot.ros.spin import run
from vlm_robot.ros.streams.surroundings import watch_surroundings
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.msg import Plan as PlanMessage

_STOPPED = 'stopped: call ~/clear to go on'


class TaskNode(Node):
    """
    Carries out instructions (action `execute_instruction`) and plans (topic `plan`).

    Any message on `stop` cancels everything at once and refuses what comes after, until `~/clear`
    is called: the topic is a `std_msgs/Empty`, so that nothing that is sent there can mean "go".
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__('task_node', **arguments)
        self.parameters = parameters.declare(self, TaskParameters)
        gate = self.parameters.gate
        self._approval = Approval(gate.approval_timeout_s)
        hands = RosHands(
            self,
            Gate(gate_settings(gate)),
            self._approval if gate.approval_required else None,
            discovery_s=self.parameters.discovery_s,
        )
        self._executive = Executive(
            hands, replans=self.parameters.replans, go_home=self.parameters.go_home
        )
        self._jobs = Jobs(self, policy=Policy(self.parameters.policy))
        self._stopped = False
        self._status = self.create_publisher(DiagnosticStatus, '~/status', qos.STATE)
        watch_surroundings(self)
        self._serve()
        self._show('idle')

    def close(self) -> None:
        """Cancel everything."""
        self._jobs.close()

    def _serve(self) -> None:
        group = ReentrantCallbackGroup()  # none of these may wait for another
        self._action = ActionJobs(
            self,
            self._jobs,
            ExecuteInstruction,
            'execute_instruction',
            self._execute,
            crash=Outcome.MOTION_FAILED,
        )
        make = self.create_subscription
        make(PlanMessage, 'plan', self._on_plan, qos.COMMAND, callback_group=group)
        make(Empty, 'stop', self._on_stop, qos.COMMAND, callback_group=group)
        self.create_service(Trigger, '~/clear', self._on_clear, callback_group=group)
        self.create_service(SetBool, '~/approve', self._on_approve, callback_group=group)

    def _execute(self, call: Call) -> ExecuteInstruction.Result:
        report = self._run(
            call.goal.instruction,
            call.cancel,
            on_progress=lambda progress: call.feedback(_feedback(progress)),
        )
        return ExecuteInstruction.Result(
            error_code=int(report.verdict.outcome),
            error_msg=report.verdict.message,
            plan=plan_message(report.plan),
            steps_done=report.steps_done,
        )

    def _on_plan(self, message: PlanMessage) -> None:
        try:
            plan = plan_value(message)
        except Refusal as refusal:
            self._end(refusal.verdict, message.instruction)
            return

        def job(cancel: CancelToken) -> None:
            self._run(plan.instruction, cancel, on_progress=lambda _: None, plan=plan)

        verdict = self._jobs.post(job)
        if not verdict.ok:
            self._end(verdict, plan.instruction)

    def _run(
        self,
        instruction: str,
        cancel: CancelToken,
        *,
        on_progress: Callable[[Progress], None],
        plan: Plan | None = None,
    ) -> Report:
        def progress(at: Progress) -> None:
            self._show(
                ' '.join(filter(None, (at.stage, at.phase))), instruction=instruction, step=at.step
            )
            if at.stage == 'approval':
                self.get_logger().info(f'{instruction[:80]!r} waits {at.phase} for ~/approve')
            on_progress(at)

        if self._stopped:
            report = Report(Verdict(Outcome.CANCELED, _STOPPED), plan or Plan(instruction))
        else:
            with deadline(cancel, self.parameters.timeout_s):
                report = self._executive.run(instruction, cancel, on_progress=progress, plan=plan)
        self._end(report.verdict, instruction)
        return report

    def _on_stop(self, _: Empty) -> None:
        self._stopped = True
        self._jobs.cancel_all(_STOPPED)
        self.get_logger().warning(_STOPPED)
        self._show('idle')

    def _on_clear(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        response.message = 'instructions are accepted again' if self._stopped else 'not stopped'
        self._stopped = False
        self._show('idle')
        return response

    def _on_approve(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        instruction = self._approval.decide(approved=request.data)
        response.success = bool(instruction)
        response.message = instruction or 'no plan waits for approval'
        return response

    def _end(self, verdict: Verdict, instruction: str) -> None:
        log_verdict(self.get_logger(), repr(instruction[:80]), verdict)
        self._show('idle', instruction=instruction, verdict=verdict)

    def _show(
        self,
        stage: str,
        *,
        instruction: str = '',
        step: int | None = None,
        verdict: Verdict | None = None,
    ) -> None:
        """Publish the stage, the instruction, and how the last one ended."""
        values = [KeyValue(key='instruction', value=instruction)]
        if step is not None:
            values.append(KeyValue(key='step', value=str(step + 1)))
        if verdict is not None:
            values.append(KeyValue(key='outcome', value=verdict.outcome.name))
            values.append(KeyValue(key='message', value=verdict.message))
        warn = self._stopped or not (verdict is None or verdict.ok)
        level = DiagnosticStatus.WARN if warn else DiagnosticStatus.OK
        message = 'stopped' if self._stopped else stage
        self._status.publish(
            DiagnosticStatus(level=level, name=self.get_name(), message=message, values=values)
        )


def _feedback(progress: Progress) -> ExecuteInstruction.Feedback:
    feedback = ExecuteInstruction.Feedback(stage=progress.stage)
    feedback.step, feedback.phase = progress.step, progress.phase
    if progress.plan is not None:
        feedback.plan = plan_message(progress.plan)
    return feedback


def main() -> int:
    """Run the node until it is asked to stop."""
    return run(TaskNode)


if __name__ == '__main__':
    sys.exit(main())
