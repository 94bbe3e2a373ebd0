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

"""The services of vlm_node that answer questions about what the camera sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Verdict
from vlm_robot.nodes.perception import Answer, Perception
from vlm_robot.ros.conversions import target_message
from vlm_robot.ros.jobs import Jobs
from vlm_robot_interfaces.srv import Ask

if TYPE_CHECKING:
    from rclpy.node import Node


class Questions:
    """
    Serves `~/ask` and `~/describe`.

    :param jobs: where the model is asked; a question waits for the plan before it.
    :param describe_question: what `~/describe` asks.
    """

    def __init__(
        self, node: Node, jobs: Jobs, perception: Perception, *, describe_question: str
    ) -> None:
        self._node = node
        self._jobs = jobs
        self._perception = perception
        self._describe_question = describe_question
        group = ReentrantCallbackGroup()
        make = node.create_service
        self._services = (
            make(Ask, '~/ask', self._on_ask, callback_group=group),
            make(Trigger, '~/describe', self._on_describe, callback_group=group),
        )

    def destroy(self) -> None:
        """Stop serving."""
        for service in self._services:
            self._node.destroy_service(service)

    async def _on_ask(self, request: Ask.Request, response: Ask.Response) -> Ask.Response:
        answer = await self._answer(request.question)
        if isinstance(answer, Verdict):
            response.error_code, response.error_msg = int(answer.outcome), answer.message
            return response
        response.answer = answer.text
        response.targets = [
            target_message(t, stamp_ns=answer.stamp_ns, camera_frame=answer.camera_frame)
            for t in answer.targets
        ]
        return response

    async def _on_describe(
        self, _: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        answer = await self._answer(self._describe_question)
        response.success = isinstance(answer, Answer)
        response.message = answer.text if isinstance(answer, Answer) else answer.message
        return response

    async def _answer(self, question: str) -> Answer | Verdict:
        """Return an answer, or the verdict that says why there is none."""
        token = CancelToken()
        verdict = self._jobs.admit(token)
        if not verdict.ok:
            return verdict
        try:
            answer: Answer = await self._jobs.run(
                lambda cancel: self._perception.ask(question, cancel), token
            )
        except Refusal as refusal:
            return refusal.verdict
        return answer
