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

"""What vlm_node does with an instruction: frame, model, grounding; each stage timed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.instruction import check_instruction
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.targets import with_targets
from vlm_robot.core.values import Frame, Plan, Target
from vlm_robot.models.anticipation import Anticipation
from vlm_robot.models.planner import Planner
from vlm_robot.models.selftest.check import SelfTest, deck, self_test
from vlm_robot.models.selftest.sight import pointing
from vlm_robot.nodes.cameras import open_cameras, open_transforms
from vlm_robot.nodes.grounding import grounding_settings
from vlm_robot.nodes.stages import Stages
from vlm_robot.nodes.vlm_parameters import VlmParameters
from vlm_robot.ros.camera.cameras import Looks
from vlm_robot.ros.transforms.frames import Transforms

if TYPE_CHECKING:
    from rclpy.node import Node

OnStage = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """What the model said about an image, and what it pointed at."""

    text: str
    targets: tuple[Target, ...]
    stamp_ns: int
    camera_frame: str


class Perception:
    """
    Turns an instruction into a grounded plan on the newest frame. Blocks: runs on a worker.

    Cameras are asked one after the other until one shows what the instruction names.
    """

    def __init__(
        self,
        planner: Planner,
        frames: Looks,
        transforms: Transforms,
        parameters: VlmParameters,
    ) -> None:
        self._planner = planner
        self._frames = frames
        self._transforms = transforms
        self._grounding = parameters.grounding
        self._settings = grounding_settings(parameters.grounding)
        self._timeout_s = parameters.timeout_s
        self._anticipation = Anticipation(planner.look)

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._planner.model

    @property
    def has_self_test(self) -> bool:
        """Whether the model's profile names images for its self-test."""
        return pointing(self._planner)[0].profile.self_test != 'none'

    def self_test(self, cancel: CancelToken) -> SelfTest:
        """
        Show the model what it should point at.

        :raises Refusal: CANCELED.
        :raises ConfigurationError: for images that cannot be read.
        """
        cards = deck(self._planner)
        return self_test(self._planner, cards, cancel=cancel, deadline_s=self._timeout_s)

    def anticipate(self) -> None:
        """
        Let the model look at the newest frame, if the scene is new to it.

        :raises Refusal: of the backend.
        """
        frame = self._frames.peek()
        if frame is not None:
            self._anticipation.prepare(frame.rgb)

    def plan(
        self, instruction: str, cancel: CancelToken, *, on_stage: OnStage
    ) -> tuple[Plan, Frame | None]:
        """
        Return a plan, and the frame it was made on if there was one.

        What goes wrong is the plan's verdict; nothing is raised for bad inputs or answers.
        """
        plan = Plan(instruction, check_instruction(instruction))
        seen: Frame | None = None
        if not plan.verdict.ok:
            return plan, seen
        stages = Stages(on_stage)
        try:
            for frame in stages.of_each(self._looks(cancel), 'frame'):
                seen = frame
                plan = self._plan_on(frame, instruction, cancel, stages)
                if plan.outcome is not Outcome.NOT_FOUND:
                    break
            cancel.check()
        except Refusal as refusal:
            # whatever gave up because of a cancel, the reason is the one who canceled
            verdict = cancel.verdict if cancel.is_set() else refusal.verdict
            plan = replace(plan, verdict=verdict, steps=())
        return replace(plan, timings_s=stages.timings_s), seen

    def ask(self, question: str, cancel: CancelToken) -> Answer:
        """
        Ask the model about the newest frame.

        :raises Refusal: why there is no answer.
        """
        verdict = check_instruction(question)
        if not verdict.ok:
            raise Refusal(verdict.outcome, verdict.message)
        frame = self._frames.take(cancel, geometry=False)
        answer = self._planner.ask(frame, question, cancel=cancel, deadline_s=self._timeout_s)
        if not answer.verdict.ok:
            raise Refusal(answer.verdict.outcome, answer.verdict.message)
        targets = tuple(replace(target, camera=frame.camera) for target in answer.targets)
        return Answer(answer.text, targets, frame.stamp_ns, frame.frame_id)

    def _looks(self, cancel: CancelToken) -> Iterator[Frame]:
        return self._frames.frames(cancel, geometry=self._grounding.enabled)

    def _plan_on(
        self, frame: Frame, instruction: str, cancel: CancelToken, stages: Stages
    ) -> Plan:
        plan = Plan(instruction, stamp_ns=frame.stamp_ns, camera_frame=frame.frame_id)
        try:
            plan = self._understand(frame, instruction, cancel, on_stage=stages.tell)
            stages.add(plan.timings_s)
            if (plan.verdict.ok or plan.candidates) and self._grounding.enabled:
                with stages.timed('ground'):
                    plan = self._ground(plan, frame, cancel)
        except Refusal as refusal:
            raw_answer = plan.raw_answer or refusal.raw
            plan = replace(plan, verdict=refusal.verdict, steps=(), raw_answer=raw_answer)
        return plan

    def _understand(
        self, frame: Frame, instruction: str, cancel: CancelToken, *, on_stage: OnStage
    ) -> Plan:
        seen = replace(frame, rgb=self._anticipation.known(frame.rgb))
        try:
            plan = self._planner.plan(
                seen, instruction, cancel=cancel, deadline_s=self._timeout_s, on_stage=on_stage
            )
        except Refusal:
            raise
        except Exception as err:
            # a model is third-party code: whatever it raises is an outcome of this plan
            raise Refusal(Outcome.MODEL_ERROR, f'{type(err).__name__}: {err}') from err
        plan = replace(
            plan,
            plan_id=plan.plan_id or uuid.uuid4().hex,
            stamp_ns=frame.stamp_ns,
            camera_frame=frame.frame_id,
        )
        return seen_by(plan, frame.camera)

    def _ground(self, plan: Plan, frame: Frame, cancel: CancelToken) -> Plan:
        base_frame = self._grounding.base_frame
        try:
            pose = self._transforms.between(base_frame, frame.frame_id, frame.stamp_ns, cancel)
        except Refusal:
            if plan.verdict.ok:
                raise
            return plan
        return ground_plan(plan, frame, pose, base_frame=base_frame, settings=self._settings)


def make_perception(node: Node, parameters: VlmParameters) -> Perception:
    """
    Load the model and subscribe to the camera.

    :raises ConfigurationError: for a parameter or model that cannot be used.
    """
    from vlm_robot.models.planner import make_planner

    chosen = parameters.backend
    planner = make_planner(chosen.name, chosen.settings())
    transforms = open_transforms(
        node, parameters.extrinsics, base_frame=parameters.grounding.base_frame
    )
    cameras = open_cameras(node, parameters.camera, transforms)
    return Perception(planner, cameras, transforms, parameters)


def seen_by(plan: Plan, camera: str) -> Plan:
    """Return a plan whose targets say which camera showed them."""

    def mark(target: Target) -> Target:
        return replace(target, camera=camera)

    return replace(
        plan,
        steps=tuple(with_targets(step, mark) for step in plan.steps),
        candidates=tuple(map(mark, plan.candidates)),
    )
