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

"""The pipeline on a bag: what `vlm-robot replay` runs, without a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vlm_robot.bags.camera_topics import CameraTopics
from vlm_robot.bags.decoding import Decoder
from vlm_robot.bags.live_plans import Asked, live_plans
from vlm_robot.bags.looks import Look, Looks
from vlm_robot.cli.bag_frames import BagFrames
from vlm_robot.cli.bag_transforms import Chosen
from vlm_robot.cli.plan_differences import differences
from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Plan
from vlm_robot.nodes.cameras import frame_limits
from vlm_robot.nodes.perception import Perception
from vlm_robot.nodes.vlm_parameters import VlmParameters

if TYPE_CHECKING:
    from vlm_robot.bags.reader import Bag
    from vlm_robot.models.planner import Planner

_OF_THE_MOMENT = frozenset(
    {Outcome.NO_FRAME, Outcome.STALE_FRAME, Outcome.CANCELED, Outcome.TIMEOUT, Outcome.BUSY}
)
"""Outcomes that a live run ends with because of when things came; a replay does not."""


@dataclass(frozen=True)
class Replayed:
    """A plan made on a moment of a bag."""

    time_ns: int  # of the bag
    plan: Plan
    frame: Frame | None
    live: Plan | None = None

    @property
    def is_compared(self) -> bool:
        """Whether there was a live plan that a replay can repeat."""
        return self.live is not None and self.live.outcome not in _OF_THE_MOMENT

    @property
    def differences(self) -> tuple[str, ...]:
        """In what the plan differs from the live one."""
        return differences(self.live, self.plan) if self.live and self.is_compared else ()


class _Eye:
    """A camera of the bag, and the pipeline that looks through it."""

    def __init__(
        self,
        bag: Bag,
        topics: CameraTopics,
        planner: Planner,
        parameters: VlmParameters,
        chosen: Chosen,
        name: str,
    ) -> None:
        limits = frame_limits(parameters.camera)
        self.looks = Looks(bag, topics, tolerance_ns=round(limits.sync_tolerance_s * 1e9))
        self.frames = BagFrames(Decoder(), chosen.transforms, limits, camera=name)
        self.perception = Perception(planner, self.frames, chosen.transforms, parameters)


class Replay:
    """
    Runs instructions on moments of a bag.

    :param cameras: namespace -> topics, the first for what does not say whose image it was on.
    :raises Refusal: NO_FRAME when no image can be read.
    """

    def __init__(
        self,
        bag: Bag,
        cameras: Mapping[str, CameraTopics],
        planner: Planner,
        parameters: VlmParameters,
        *,
        chosen: Chosen,
    ) -> None:
        self._bag = bag
        self._timeout_s = parameters.timeout_s
        self._tf = chosen.tf
        self._eyes = {
            name: _Eye(bag, topics, planner, parameters, chosen, name)
            for name, topics in cameras.items()
        }
        self._first = next(iter(self._eyes.values()))

    @property
    def first_ns(self) -> int:
        """When the first image was received."""
        return self._first.looks.first_ns

    def at(self, time_ns: int, instruction: str, cancel: CancelToken) -> Replayed:
        """Plan an instruction on what the camera had seen by a moment of the bag's time."""
        eye = self._first
        return self._plan(eye, time_ns, instruction, cancel, lambda: eye.looks.at(time_ns))

    def every(self, period_ns: int, instruction: str, cancel: CancelToken) -> Iterator[Replayed]:
        """Plan an instruction on all images that are a period apart."""
        for time_ns in self._first.looks.times(every_ns=period_ns):
            yield self.at(time_ns, instruction, cancel)
            cancel.check()

    def live(self, cancel: CancelToken) -> Iterator[Replayed]:
        """
        Plan again what was planned while the bag was recorded, each on its own image.

        :raises Refusal: for a recorded plan that cannot be read; CANCELED.
        """
        for asked in live_plans(self._bag, Decoder()):
            yield self._again(asked, cancel)
            cancel.check()

    def _again(self, asked: Asked, cancel: CancelToken) -> Replayed:
        if asked.plan is None or not asked.plan.stamp_ns:
            found = self.at(asked.time_ns, asked.instruction, cancel)
        else:
            eye, stamp_ns = self._eye_of(asked.plan), asked.plan.stamp_ns
            found = self._plan(
                eye, asked.time_ns, asked.instruction, cancel, lambda: eye.looks.stamped(stamp_ns)
            )
        return replace(found, live=asked.plan)

    def _eye_of(self, plan: Plan) -> _Eye:
        """Return the camera whose image a plan was made on, as its targets tell."""
        targets = [*(step.target for step in plan.steps), *plan.candidates]
        found = (self._eyes[t.camera] for t in targets if t.camera in self._eyes)
        return next(found, self._first)

    def _plan(
        self,
        eye: _Eye,
        time_ns: int,
        instruction: str,
        cancel: CancelToken,
        find: Callable[[], Look],
    ) -> Replayed:
        try:
            look = eye.frames.look = find()
            time_ns = look.time_ns
        except Refusal as refusal:
            eye.frames.look = refusal
        self._tf.time_ns = time_ns
        own = CancelToken()
        with (
            cancel.listening(lambda: own.cancel(cancel.verdict.message)),
            deadline(own, self._timeout_s),
        ):
            plan, frame = eye.perception.plan(instruction, own, on_stage=lambda _: None)
        return Replayed(time_ns, plan, frame)
