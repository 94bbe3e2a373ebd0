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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped
from harness import CLOCKS, Goal, Samples, arguments, percentile, publish
from naive_camera import NaiveCamera
from numpy.typing import NDArray
from odd_cameras import FRONT
from rclpy.node import Node
from sensor_msgs.msg import Image
from simulated_camera import CAMERA_FRAME, SimulatedCamera, photo_of
from visualization_msgs.msg import MarkerArray

from vlm_robot.bringup.graph import fast_dds_variable
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
from vlm_robot.nodes.perception import Perception
from vlm_robot.nodes.vlm_parameters import CameraParameters, VlmParameters
from vlm_robot.resources import share_path
from vlm_robot.ros import qos
from vlm_robot.ros.camera.images import rgb_message
from vlm_robot.ros.conversions import header_message, plan_message, plan_value, pose_message
from vlm_robot.ros.markers import plan_markers
from vlm_robot.ros.overlay import draw_plan
from vlm_robot.ros.transforms.frames import FixedTransforms
from vlm_robot_interfaces.msg import Plan as PlanMessage

QUEUE = 5  # messages of a topic that are kept for whoever asks
LIMIT_MS = 5.0
BASE = 'base_link'
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
    now: Callable[[], float]
    profile = Profile(name='stopwatch', source='', chat=False, plan='tabletop')
    shown: NDArray[np.uint8] | None = None
    asked_s = answered_s = 0.0

    def answer(self, request: Request, **_: Any) -> Answer:
        self.asked_s = self.now()
        self.shown = request.images[0]
        answer = Answer(self.text)
        self.answered_s = self.now()
        return answer

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        pass

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Overhead:
    """vlm_node's way from frame to plan, and task_node's and motion_node's from plan to goal."""

    def __init__(self, node: Node, backend: Stopwatch, *, transport: str) -> None:
        self.backend = backend
        transforms = FixedTransforms(BASE, {CAMERA_FRAME: FRONT})
        parameters = VlmParameters(camera=CameraParameters(transport=transport))
        self.cameras = open_cameras(node, parameters.camera, transforms)
        planner = Planner(self.backend)
        self._perception = Perception(planner, self.cameras, transforms, parameters)
        self._gate = Gate(GATE)
        self._clock = node.get_clock()
        self._plans = node.create_publisher(PlanMessage, 'plan', qos.COMMAND)
        self._overlays = node.create_publisher(Image, '~/overlay', qos.STATE)
        self._markers = node.create_publisher(MarkerArray, '~/markers', qos.STATE)
        self._goals = node.create_publisher(PoseStamped, 'goal_pose', qos.COMMAND)

    def run(self) -> tuple[Plan, dict[str, float]]:
        """Plan on the newest frame; return seconds of the stages too."""
        now = self.backend.now
        begun: dict[str, float] = {}

        def note(stage: str) -> None:
            begun[stage] = now()

        start = now()
        plan, frame = self._perception.plan(WORDS, CancelToken(), on_stage=note)
        grounded = now()
        assert frame is not None
        message = plan_message(plan)
        self._plans.publish(message)
        planned = now()
        self._admit(message)
        ended = now()
        self._show(plan, frame)
        shown = now()
        parse_s = begun['ground'] - self.backend.answered_s
        return plan, {
            OURS: self.backend.asked_s - start,
            'answer to plan topic': parse_s + planned - grounded,
            GOAL: parse_s + ended - grounded,
            GEOMETRY: grounded - begun['ground'],
            'overlay and markers, afterwards': shown - ended,
        }

    def _show(self, plan: Plan, frame: Frame) -> None:
        """Publish what people look at, which the node does once it has answered."""
        header = header_message(frame.stamp_ns, frame.frame_id)
        self._overlays.publish(rgb_message(draw_plan(frame.rgb, plan), header))
        self._markers.publish(plan_markers(plan))

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
        samples = measure(args.rounds, CLOCKS[args.clock])
    finally:
        rclpy.shutdown()
    load = f'load of the machine: {os.getloadavg()[0]:.1f} of {os.cpu_count()}'
    report(samples, notes=[f'times are {args.clock} time; {load}'])


def measure(rounds: int, now: Callable[[], float]) -> Samples:
    frame, pixel = photo_of(seed=1000)
    publisher = SimulatedCamera(Node('camera'), frame)
    samples: Samples = {}
    for transport in TRANSPORTS:
        backend = Stopwatch(answer(pixel, frame), now)
        ours = Overhead(Node(f'ours_{transport}'), backend, transport=transport)
        naive = NaiveCamera(Node(f'naive_{transport}'), compressed=transport == 'compressed')
        time.sleep(1.0)  # until everybody knows everybody
        assert_equal(publisher, ours, naive)
        for turn in range(rounds + 3):
            found = {NAIVE: of_naive(publisher, naive, now)} | of_ours(publisher, ours)
            for name, seconds in found.items() if turn >= 3 else ():
                samples.setdefault(f'{transport}: {name}', []).append(seconds)
    return samples


def of_naive(publisher: SimulatedCamera, naive: NaiveCamera, now: Callable[[], float]) -> float:
    """Return seconds of the callbacks of one look, those before it having been served."""
    naive.drain()
    stamp_ns = publisher.publish()
    start = now()
    naive.spin_to(stamp_ns)
    return now() - start


def of_ours(publisher: SimulatedCamera, ours: Overhead) -> dict[str, float]:
    """Return seconds of the stages with full queues."""
    for _ in range(QUEUE):
        publisher.publish()
    return ours.run()[1]


def assert_equal(publisher: SimulatedCamera, ours: Overhead, naive: NaiveCamera) -> None:
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
