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

"""
What vlm_node adds to a model: from the newest frame to its input, from its answer to a goal.

The camera is 640 x 480 colour, raw or JPEG, with depth and camera_info, reliable, and its queues
are full as after a while at 30 Hz. Beside it the naive way: a callback per message, which matches
and copies, whose work on the newest frame alone is counted. Both give the same arrays.

    python bench/bench_node_overhead.py --rounds 100
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped
from harness import Goal, Samples, arguments, percentile, publish
from naive_camera import NaiveCamera
from odd_cameras import CAMERAS, look
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from vlm_robot.bringup import fast_dds_variable
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.safety import Gate, GateSettings
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Frame, Pixel, Plan, Step, Target
from vlm_robot.models.answer import Answer, ImageSize, Request
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.planner import Planner
from vlm_robot.models.profile import Profile
from vlm_robot.nodes.cameras import open_cameras
from vlm_robot.nodes.parameters import CameraParameters, VlmParameters
from vlm_robot.nodes.perception import Perception
from vlm_robot.resources import share_path
from vlm_robot.ros import images, qos
from vlm_robot.ros.conversions import header_message, plan_message, plan_value, pose_message
from vlm_robot.ros.frames import FixedTransforms
from vlm_robot.sim.catalogue import GRASPABLE
from vlm_robot.sim.scene import sample_scene
from vlm_robot.sim.tabletop import Tabletop
from vlm_robot_interfaces.msg import Plan as PlanMessage

SETTLE_S = 0.03  # until a message is delivered
QUEUE = 5  # messages of a topic that are kept for whoever asks
LIMIT_MS = 5.0
BASE, CAMERA_FRAME = 'base_link', 'camera_optical_frame'
CAMERA = CAMERAS[0]
WORDS = 'pick up the thing'
GATE = GateSettings(
    base_frame=BASE, dry_run=False, approval_required=False, accept_unknown_confidence=True
)
TRANSPORTS = ('raw', 'compressed')
NAIVE, OURS = 'callbacks and copies', 'vlm_node'
GOAL, GEOMETRY = 'answer to goal topic', 'geometry of grounding'


@dataclass
class Stopwatch:
    """A backend that answers at once, and remembers what it was shown and when."""

    text: str
    profile = Profile(name='stopwatch', source='', chat=False, plan='tabletop')
    shown: NDArray[np.uint8] | None = None
    asked_s = answered_s = 0.0

    def answer(self, request: Request, **_: Any) -> Answer:
        self.asked_s = time.perf_counter()
        self.shown = request.images[0]
        answer = Answer(self.text)
        self.answered_s = time.perf_counter()
        return answer

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        pass

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Publisher:
    """Publishes one look over and over, with new stamps."""

    def __init__(self, node: Node, frame: Frame) -> None:
        header = header_message(0, CAMERA_FRAME)
        assert frame.depth_m is not None
        assert frame.intrinsics is not None
        jpeg = cv2.imencode('.jpg', frame.rgb[..., ::-1])[1].tobytes()
        messages = {
            'image_raw': images.rgb_message(frame.rgb, header),
            'image_raw/compressed': CompressedImage(
                format='rgb8; jpeg compressed bgr8', data=jpeg
            ),
            'depth/image_raw': images.depth_message(frame.depth_m, header, encoding='32FC1'),
            'camera_info': images.camera_info_message(frame.intrinsics, header),
        }
        self._clock = node.get_clock()
        self._sent = [
            (node.create_publisher(type(message), topic, qos.STREAM), message)
            for topic, message in messages.items()
        ]

    def publish(self) -> int:
        """Publish a look of now, wait until it is delivered, and return its stamp."""
        stamp_ns = int(self._clock.now().nanoseconds)
        for publisher, message in self._sent:
            message.header = header_message(stamp_ns, CAMERA_FRAME)
            publisher.publish(message)
        time.sleep(SETTLE_S)
        return stamp_ns


class Overhead:
    """vlm_node's way from frame to plan, and task_node's and motion_node's from plan to goal."""

    def __init__(self, node: Node, text: str, *, transport: str) -> None:
        self.backend = Stopwatch(text)
        transforms = FixedTransforms(BASE, {CAMERA_FRAME: CAMERA.T_base_camera})
        parameters = VlmParameters(camera=CameraParameters(transport=transport))
        self.cameras = open_cameras(node, parameters.camera, transforms)
        planner = Planner(self.backend)
        self._perception = Perception(planner, self.cameras, transforms, parameters)
        self._gate = Gate(GATE)
        self._clock = node.get_clock()
        self._plans = node.create_publisher(PlanMessage, 'plan', qos.COMMAND)
        self._goals = node.create_publisher(PoseStamped, 'goal_pose', qos.COMMAND)

    def run(self) -> tuple[Plan, dict[str, float]]:
        """Plan on the newest frame; return seconds of the stages too."""
        start = time.perf_counter()
        plan, _ = self._perception.plan(WORDS, CancelToken(), on_stage=lambda _: None)
        message = plan_message(plan)
        self._plans.publish(message)
        planned = time.perf_counter()
        self._admit(message)
        ended = time.perf_counter()
        geometry_s = plan.timings_s['ground']
        return plan, {
            OURS: self.backend.asked_s - start,
            'answer to plan topic': planned - self.backend.answered_s - geometry_s,
            GOAL: ended - self.backend.answered_s - geometry_s,
            GEOMETRY: geometry_s,
        }

    def _admit(self, message: PlanMessage) -> None:
        """Check a plan, and say where the arm should go."""
        plan = plan_value(message)
        verdict = self._gate.check(plan, int(self._clock.now().nanoseconds))
        assert verdict.ok, verdict.message
        found = plan.steps[0].target.grounding
        assert found is not None
        goal = PoseStamped(header=message.header, pose=pose_message(found.position, yaw=found.yaw))
        self._goals.publish(goal)


def main() -> None:
    args = arguments(__doc__, rounds=100).parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(os.getpid() % 100 + 1)
    os.environ[fast_dds_variable()] = str(share_path('config', 'fastdds.xml'))
    rclpy.init()
    try:
        samples = measure(args.rounds)
    finally:
        rclpy.shutdown()
    report(samples, notes=[f'load of the machine: {os.getloadavg()[0]:.1f} of {os.cpu_count()}'])


def measure(rounds: int) -> Samples:
    frame, pixel = scene(seed=1000)
    publisher = Publisher(Node('camera'), frame)
    samples: Samples = {}
    for transport in TRANSPORTS:
        text = answer(pixel, frame)
        ours = Overhead(Node(f'ours_{transport}'), text, transport=transport)
        naive = NaiveCamera(Node(f'naive_{transport}'), compressed=transport == 'compressed')
        time.sleep(1.0)  # until everybody knows everybody
        assert_equal(publisher, ours, naive)
        for turn in range(rounds + 3):
            found = {NAIVE: of_naive(publisher, naive)} | of_ours(publisher, ours)
            for name, seconds in found.items() if turn >= 3 else ():
                samples.setdefault(f'{transport}: {name}', []).append(seconds)
    return samples


def of_naive(publisher: Publisher, naive: NaiveCamera) -> float:
    """Return seconds of the callbacks of one look, those before it having been served."""
    naive.drain()
    stamp_ns = publisher.publish()
    start = time.perf_counter()
    naive.spin_to(stamp_ns)
    return time.perf_counter() - start


def of_ours(publisher: Publisher, ours: Overhead) -> dict[str, float]:
    """Return seconds of the stages with full queues."""
    for _ in range(QUEUE):
        publisher.publish()
    return ours.run()[1]


def assert_equal(publisher: Publisher, ours: Overhead, naive: NaiveCamera) -> None:
    """Both ways give the same arrays of the same moment, and ours a plan that is grounded."""
    naive.drain()
    stamp_ns, rgb, depth_m, matrix = naive.spin_to(publisher.publish())
    frame = ours.cameras.take(CancelToken())
    assert frame.intrinsics is not None
    k = frame.intrinsics
    assert frame.stamp_ns == stamp_ns
    np.testing.assert_array_equal(frame.rgb, rgb)
    np.testing.assert_array_equal(frame.depth_m, depth_m)
    assert (k.fx, k.fy, k.cx, k.cy) == (*matrix.diagonal()[:2], *matrix[:2, 2])
    plan, _ = ours.run()
    assert plan.outcome is Outcome.OK, plan.verdict.message
    np.testing.assert_array_equal(ours.backend.shown, rgb)


def scene(seed: int) -> tuple[Frame, Pixel]:
    """Return a look at a simulated table, and a pixel of something that can be grasped there."""
    spec = sample_scene(seed)
    tabletop = Tabletop(spec)
    try:
        frame, photo = look(tabletop, CAMERA, seed=seed)
    finally:
        tabletop.close()
    item = next(i for i in spec.objects if i.kind in GRASPABLE and photo.shares[i.name] > 0.9)
    v, u = np.nonzero(photo.masks[item.name])
    return frame, (float(np.median(u)), float(np.median(v)))


def answer(pixel: Pixel, frame: Frame) -> str:
    """Return a model's answer that points at a pixel."""
    size = ImageSize(frame.rgb.shape[1], frame.rgb.shape[0])
    return TabletopConvention().render((Step(Skill.PICK, Target('thing', pixel)),), size)


def report(samples: Samples, *, notes: Sequence[str]) -> None:
    limited = [f'{transport}: {name}' for transport in TRANSPORTS for name in (OURS, GOAL)]
    publish(
        'node_overhead',
        samples,
        baseline=f'raw: {NAIVE}',
        title='What the nodes add to a model, 640 x 480',
        notes=[
            f'{OURS}: from the ask to the array that the model gets; {NAIVE}: from the newest '
            'messages to the same arrays',
            *notes,
        ],
        goals=[
            Goal(f'{name}, p95 in ms', LIMIT_MS, 1e3 * percentile(samples[name], 0.95), False)
            for name in limited
        ],
    )


if __name__ == '__main__':
    main()
