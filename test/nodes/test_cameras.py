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

"""Several cameras: real topics, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from camera_fixture import HEIGHT, WIDTH, Camera
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.bringup.graphs import GRAPHS
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Plan
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.planner import Planner
from vlm_robot.models.profile import Profile
from vlm_robot.nodes.cameras import open_cameras
from vlm_robot.nodes.perception import Perception
from vlm_robot.nodes.vlm_parameters import CameraParameters, GroundingParameters, VlmParameters
from vlm_robot.ros.camera.cameras import Cameras
from vlm_robot.ros.transforms.frames import FixedTransforms

pytestmark = pytest.mark.ros

NOWHERE = FixedTransforms('base_link', {})
BRIGHT = 200


class Eye:
    """A backend that finds what it is asked for in bright pictures only."""

    profile = Profile(name='eye', source='', chat=False, plan='tabletop')

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, request: Request, **_: Any) -> Answer:
        self.asked += 1
        is_seen = request.images[0].mean() > BRIGHT - 20
        return Answer('pick <x_1> <y_1> red cube' if is_seen else 'missing red cube')

    def look(self, images: Sequence[np.ndarray]) -> None:
        pass

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Rig:
    """A perception on two cameras, of which a test starts those that it wants."""

    def __init__(self, ros: Ros, *names: str, wait_s: float = 20.0) -> None:
        node = ros.bare_node('seer')
        self.cameras = cameras(ros, *names, wait_s=wait_s, node=node)
        self.eye = Eye()
        grounding = GroundingParameters(enabled=False)
        self.perception = Perception(
            Planner(self.eye), self.cameras, NOWHERE, VlmParameters(grounding=grounding)
        )

    def plan(self) -> tuple[Plan, Frame | None]:
        return self.perception.plan('pick it up', CancelToken(), on_stage=lambda _: None)


def cameras(ros: Ros, *names: str, wait_s: float = 20.0, node: Any = None) -> Cameras:
    parameters = CameraParameters(names=names, wait_s=wait_s)
    return open_cameras(node or ros.bare_node('seer'), parameters, NOWHERE)


def bright(camera: Camera) -> Camera:
    camera.rgb = np.full((HEIGHT, WIDTH, 3), BRIGHT, np.uint8)
    return camera


def both_seen(rig: Rig) -> bool:
    return len(list(rig.cameras.frames(CancelToken(), geometry=False))) == 2


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def test_the_first_camera_that_shows_the_thing_makes_the_plan(ros: Ros) -> None:
    Camera(ros, 'left')
    bright(Camera(ros, 'right'))
    rig = Rig(ros, 'left', 'right')
    wait_until(lambda: both_seen(rig))

    plan, frame = rig.plan()

    assert frame is not None
    assert frame.camera == 'right'
    assert plan.outcome is Outcome.OK
    assert plan.stamp_ns == frame.stamp_ns
    assert [step.target.camera for step in plan.steps] == ['right']
    assert rig.eye.asked == 2


def test_a_camera_is_not_asked_when_the_one_before_it_shows_the_thing(ros: Ros) -> None:
    bright(Camera(ros, 'left'))
    bright(Camera(ros, 'right'))
    rig = Rig(ros, 'left', 'right')
    wait_until(lambda: both_seen(rig))

    plan, _ = rig.plan()

    assert [step.target.camera for step in plan.steps] == ['left']
    assert rig.eye.asked == 1


def test_what_no_camera_shows_is_not_found(ros: Ros) -> None:
    Camera(ros, 'left')
    Camera(ros, 'right')
    rig = Rig(ros, 'left', 'right')
    wait_until(lambda: both_seen(rig))

    plan, _ = rig.plan()

    assert plan.outcome is Outcome.NOT_FOUND
    assert rig.eye.asked == 2


def test_a_camera_without_images_is_left_out(ros: Ros) -> None:
    bright(Camera(ros, 'right'))
    rig = Rig(ros, 'left', 'right')

    plan, frame = rig.plan()

    assert plan.outcome is Outcome.OK
    assert frame is not None
    assert frame.camera == 'right'


def test_a_camera_that_vanishes_is_left_out_and_asked_again_when_it_returns(ros: Ros) -> None:
    left = bright(Camera(ros, 'left'))
    bright(Camera(ros, 'right'))
    rig = Rig(ros, 'left', 'right')
    wait_until(lambda: both_seen(rig))
    left.unplug()
    wait_until(lambda: not both_seen(rig))
    assert rig.plan()[0].steps[0].target.camera == 'right'
    bright(Camera(ros, 'left'))
    wait_until(lambda: both_seen(rig))

    assert rig.plan()[0].steps[0].target.camera == 'left'


def test_without_any_image_the_refusal_says_what_every_camera_says(ros: Ros) -> None:
    plan, frame = Rig(ros, 'left', 'right', wait_s=0.2).plan()

    assert plan.outcome is Outcome.NO_FRAME
    first, second = plan.verdict.message.split('; ')
    assert first.startswith("camera 'left': no image has arrived on '/left/")
    assert second.startswith("camera 'right': no image has arrived on '/right/")
    assert frame is None


def test_two_cameras_whose_topics_are_called_otherwise_are_remapped(ros: Ros) -> None:
    Camera(ros, 'left/driver')
    Camera(ros, 'right/driver')
    remaps = ' '.join(
        f'{name}/{topic}:={name}/driver/{topic}'
        for name in ('left', 'right')
        for topic in ('image_raw', 'camera_info', 'depth/image_raw')
    )
    (spec,) = GRAPHS['vlm'].graph({'remap': remaps}).nodes
    rules = [word for rule in spec.remappings.items() for word in ('-r', ':='.join(rule))]
    node = ros.bare_node('seer', cli_args=['--ros-args', *rules])

    both = cameras(ros, 'left', 'right', node=node)

    wait_until(lambda: len(list(both.frames(CancelToken()))) == 2)
    assert [frame.camera for frame in both.frames(CancelToken())] == ['left', 'right']


def test_a_question_is_answered_by_the_first_camera_that_has_an_image(ros: Ros) -> None:
    bright(Camera(ros, 'right'))
    rig = Rig(ros, 'left', 'right')

    answer = rig.perception.ask('where is it', CancelToken())

    assert {target.camera for target in answer.targets} <= {'right'}
    peeked = rig.cameras.peek()
    assert peeked is not None
    assert peeked.camera == 'right'


@pytest.mark.parametrize('names', [(), ('left', 'left'), ('no spaces',), ('9lives',)])
def test_names_that_are_no_cameras_are_refused(ros: Ros, names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r'camera\.names'):
        cameras(ros, *names)


@pytest.mark.parametrize('quat', [(), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)])
def test_a_pose_of_the_depth_camera_that_is_none_is_refused(
    ros: Ros, quat: tuple[float, ...]
) -> None:
    parameters = CameraParameters(depth_translation=(0.1, 0.0, 0.0), depth_quat_xyzw=quat)

    with pytest.raises(ConfigurationError, match=r'camera\.depth_quat_xyzw'):
        open_cameras(ros.bare_node('seer'), parameters, NOWHERE)
