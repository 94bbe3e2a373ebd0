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

"""While nobody asks, the model looks at what the camera sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from camera_fixture import HEIGHT, WIDTH, Camera
from rclpy.node import Node
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.core.cancel import CancelToken
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.planner import Planner
from vlm_robot.models.profile import Profile
from vlm_robot.nodes.anticipating import Anticipating
from vlm_robot.nodes.perception import Perception
from vlm_robot.nodes.vlm_parameters import GroundingParameters, VlmParameters
from vlm_robot.ros.camera.frame_source import FrameLimits, FrameSource
from vlm_robot.ros.jobs import Jobs, Policy
from vlm_robot.ros.transforms.frames import FixedTransforms

pytestmark = pytest.mark.ros

PERIOD_S = 0.02


class Observer:
    """A backend that remembers what it was shown."""

    profile = Profile(name='observer', source='', chat=False, plan='tabletop')

    def __init__(self) -> None:
        self.looks: list[np.ndarray] = []
        self.asked: list[np.ndarray] = []

    def answer(self, request: Request, **_: Any) -> Answer:
        self.asked.append(request.images[0])
        return Answer('pick <x_1> <y_1> red cube')

    def look(self, images: Sequence[np.ndarray]) -> None:
        self.looks.append(images[0])

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Rig:
    """A camera, and a perception that anticipates."""

    def __init__(self, ros: Ros) -> None:
        self.camera = Camera(ros)
        self.backend = Observer()
        node = ros.spin(Node('seer', context=ros.context))
        self.jobs = Jobs(node, policy=Policy.QUEUE)
        self.perception = Perception(
            Planner(self.backend),
            FrameSource(node, FrameLimits(wait_s=20.0)),
            FixedTransforms('base_link', {'camera': np.eye(4)}),
            VlmParameters(grounding=GroundingParameters(enabled=False)),
        )
        self.anticipating = Anticipating(node, self.jobs, self.perception, period_s=PERIOD_S)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with open_ros() as ros:
        rig = Rig(ros)
        yield rig
        rig.anticipating.destroy()
        rig.jobs.close()


def changed() -> np.ndarray:
    rgb = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    rgb[10:30, 20:40] = 240
    return rgb


def test_a_scene_is_looked_at_once_and_again_when_it_has_changed(rig: Rig) -> None:
    wait_until(lambda: rig.backend.looks)
    rig.camera.rgb = changed()
    wait_until(lambda: len(rig.backend.looks) > 1)
    assert len(rig.backend.looks) == 2
    np.testing.assert_array_equal(rig.backend.looks[1], changed())


def test_an_instruction_is_asked_about_the_image_that_was_looked_at(rig: Rig) -> None:
    wait_until(lambda: rig.backend.looks)
    plan, _ = rig.perception.plan('pick it up', CancelToken(), on_stage=lambda _: None)
    assert plan.steps
    assert rig.backend.asked[0] is rig.backend.looks[0]


def test_without_a_camera_nothing_is_looked_at_and_nothing_breaks(rig: Rig) -> None:
    wait_until(lambda: rig.backend.looks)
    rig.camera.rgb = None
    rig.jobs.post(lambda cancel: rig.perception.anticipate())
    wait_until(lambda: not rig.jobs.busy)
    assert len(rig.backend.looks) == 1
