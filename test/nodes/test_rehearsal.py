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

"""What the doctor says about the next instruction is what vlm_node then answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import yaml
from box_scene import HEIGHT, T_BASE_CAMERA, WIDTH, camera_info, picture
from camera_fixture import FRAME, Camera
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.geometry import quat_xyzw_of
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Intrinsics, Step, Target
from vlm_robot.doctor.facts import Rehearsal
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.nodes.rehearsal import rehearse
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.ros.examination import Examination
from vlm_robot_interfaces.action import PlanInstruction

pytestmark = pytest.mark.ros

LENS = Intrinsics(WIDTH, HEIGHT, 140.0, 140.0, WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5)
TOPICS = ('image_raw', 'camera_info', 'depth/image_raw', 'depth/camera_info')
REMAPS = [part for topic in TOPICS for part in ('-r', f'{topic}:=/front/{topic}')]


@pytest.fixture(scope='module')
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


@pytest.fixture(scope='module')
def camera(ros: Ros) -> Camera:
    return Camera(ros, 'front')


@pytest.fixture(autouse=True)
def whole(camera: Camera) -> None:
    """Mend the camera."""
    camera.rgb, camera.depth_m = picture(camera_info(), T_BASE_CAMERA)
    camera.intrinsics, camera.depth_intrinsics = LENS, None
    camera.depth_frame, camera.age_s, camera.depth_lag_s = FRAME, 0.0, 0.0


@pytest.fixture(scope='module')
def doctor(ros: Ros, camera: Camera, tmp_path_factory: pytest.TempPathFactory) -> Doctor:
    """A doctor beside a vlm_node whose topics are remapped."""
    step = Step(Skill.PICK, Target('red box', ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)))
    answer = TabletopConvention().render((step,), ImageSize(WIDTH, HEIGHT))
    script = tmp_path_factory.mktemp('script') / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'*': answer}}))
    values = {
        'backend.name': 'scripted',
        'backend.model': str(script),
        'camera.wait_s': 0.2,
        'extrinsics.source': 'parameters',
        'extrinsics.camera_frames': [FRAME],
        'extrinsics.translations': [float(x) for x in T_BASE_CAMERA[:3, 3]],
        'extrinsics.quats_xyzw': [float(x) for x in quat_xyzw_of(T_BASE_CAMERA)],
    }
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    arguments = ['--ros-args', *REMAPS]
    ros.spin(VlmNode(context=ros.context, parameter_overrides=overrides, cli_args=arguments))
    return Doctor(ros)


class Doctor:
    """An examination, and the rehearsal with what it found."""

    def __init__(self, ros: Ros) -> None:
        self._node = ros.spin(Node('doctor', context=ros.context))
        self._examination = Examination(self._node)
        wait_until(self._knows_enough)

    def _knows_enough(self) -> bool:
        self._examination.look()
        self.facts = self._examination.facts()
        self.remaps = self._examination.remaps()
        known = self.facts.of('vlm_node') and len(self.remaps) == len(TOPICS)
        return bool(known) and self.facts.lifecycle == 'active'

    def rehearse(self, cancel: CancelToken | None = None) -> Rehearsal:
        (found,) = rehearse(
            self._node,
            self.facts.of('vlm_node'),
            remaps=self.remaps,
            uses_tf=self.facts.uses_tf,
            cancel=cancel or CancelToken(),
            settle_s=0.5,
        )
        return found

    def foretells(self, outcome: Outcome) -> bool:
        refusal = self.rehearse().refusal
        return refusal.startswith(f'{outcome.name} ') if outcome is not Outcome.OK else not refusal


def plans(ros: Ros) -> Outcome:
    goal = PlanInstruction.Goal(instruction='pick up the red box')
    return Outcome(ros.call(PlanInstruction, 'plan_instruction', goal).error_code)


def far(camera: Camera) -> None:
    camera.depth_m = np.asarray(camera.depth_m) * 10


def depth_of_its_own(camera: Camera) -> None:
    camera.depth_frame = 'depth_optical_frame'


def depth_nowhere(camera: Camera) -> None:
    depth_of_its_own(camera)
    camera.depth_intrinsics = LENS


FAULTS: dict[str, tuple[Callable[[Camera], object], Outcome]] = {
    'stamps of long ago': (lambda c: setattr(c, 'age_s', 3.0), Outcome.STALE_FRAME),
    'depth of another moment': (lambda c: setattr(c, 'depth_lag_s', 0.4), Outcome.NO_DEPTH),
    'depth in another unit': (far, Outcome.NO_DEPTH),
    'depth of its own, without its lens': (depth_of_its_own, Outcome.NO_CAMERA_INFO),
    'depth of its own, from nowhere': (depth_nowhere, Outcome.NO_TRANSFORM),
    'nothing': (lambda _: None, Outcome.OK),
}


@pytest.mark.parametrize('fault', FAULTS)
def test_what_an_instruction_would_be_refused_for_is_what_it_is_refused_for(
    ros: Ros, camera: Camera, doctor: Doctor, fault: str
) -> None:
    cause, outcome = FAULTS[fault]
    cause(camera)
    wait_until(lambda: plans(ros) is outcome)
    wait_until(lambda: doctor.foretells(outcome))


def test_the_topics_are_those_that_vlm_node_was_given(doctor: Doctor) -> None:
    assert doctor.remaps == {f'/{topic}': f'/front/{topic}' for topic in TOPICS}
    assert not doctor.facts.uses_tf


def test_a_cancel_ends_the_rehearsal(camera: Camera, doctor: Doctor) -> None:
    camera.rgb = None
    cancel = CancelToken()
    cancel.cancel('enough')
    assert doctor.rehearse(cancel).refusal
