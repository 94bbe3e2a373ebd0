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
What three nodes, each a process of its own, add between an instruction and the arm's first goal.

vlm_node answers from a script; task_node gates; motion_node publishes goal_pose for somebody
else's planner. Waiting for a frame, the model and the geometry of grounding are taken off.

    python bench/bench_instruction_to_goal.py --rounds 50
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import rclpy
import yaml
from geometry_msgs.msg import PoseStamped
from harness import Samples, arguments, publish
from odd_cameras import FRONT
from rclpy.node import Node
from simulated_camera import CAMERA_FRAME, SimulatedCamera, photo_of
from std_msgs.msg import Float64

from vlm_robot.bringup.graph import NodeSpec, fast_dds_variable
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.geometry import quat_xyzw_of
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.resources import share_path
from vlm_robot.ros import qos
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.spin import Spinner
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.msg import MotionResult, Plan

APART = ('frame', 'model', 'ground')
WARMUP = 3


class Asker:
    """Gives instructions, and hears what the arm is told; it never does it."""

    def __init__(self, node: Node) -> None:
        self.heard_s = 0.0
        self.stages: dict[str, float] = {}
        self._results = node.create_publisher(MotionResult, 'motion_result', qos.COMMAND)
        node.create_subscription(PoseStamped, 'goal_pose', self._refuse, qos.COMMAND)
        node.create_subscription(Float64, 'gripper_command', lambda _: None, qos.COMMAND)
        self._caller = ActionCaller(
            node,
            ExecuteInstruction,
            'execute_instruction',
            missing=Outcome.TIMEOUT,
            discovery_s=60.0,
        )

    def run(self) -> dict[str, float]:
        """Give an instruction, and return seconds until the goal, in parts."""
        self.heard_s = 0.0
        start = time.perf_counter()
        goal = ExecuteInstruction.Goal(instruction='pick up the thing')
        result = self._caller.call(goal, CancelToken(), on_feedback=self._note)
        assert self.heard_s, result.error_msg
        apart_s = sum(self.stages[stage] for stage in APART)
        return {
            'instruction to goal_pose, the nodes alone': self.heard_s - start - apart_s,
            **{f'of a plan: {stage}': self.stages[stage] for stage in ('parse', *APART)},
        }

    def _note(self, feedback: ExecuteInstruction.Feedback) -> None:
        plan: Plan = feedback.plan
        if plan.stage_names:
            self.stages = dict(zip(plan.stage_names, plan.stage_seconds, strict=True))

    def _refuse(self, goal: PoseStamped) -> None:
        self.heard_s = time.perf_counter()
        code = int(Outcome.MOTION_FAILED)
        self._results.publish(MotionResult(header=goal.header, error_code=code, error_msg='no'))


def main() -> None:
    args = arguments(__doc__, rounds=50).parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(os.getpid() % 100 + 1)
    os.environ[fast_dds_variable()] = str(share_path('config', 'fastdds.xml'))
    frame, pixel = photo_of(seed=1000)
    size = ImageSize(frame.rgb.shape[1], frame.rgb.shape[0])
    text = TabletopConvention().render((Step(Skill.PICK, Target('thing', pixel)),), size)
    rclpy.init()
    with tempfile.TemporaryDirectory() as folder, started(nodes(Path(folder), text)):
        node, eye = Node('asker'), Node('camera')
        asker = Asker(node)
        spinner = Spinner(node)
        try:
            while not (
                eye.count_subscribers('camera_info') and node.count_publishers('goal_pose')
            ):
                time.sleep(0.1)
            samples = measure(asker, SimulatedCamera(eye, frame), rounds=args.rounds)
        finally:
            spinner.close()
            rclpy.shutdown()
    publish(
        'instruction_to_goal',
        samples,
        baseline='instruction to goal_pose, the nodes alone',
        title='From an instruction to goal_pose through three processes, 640 x 480',
        notes=[f'load of the machine: {os.getloadavg()[0]:.1f} of {os.cpu_count()}'],
    )


def measure(asker: Asker, camera: SimulatedCamera, *, rounds: int) -> Samples:
    samples: Samples = {}
    for turn in range(WARMUP + rounds):
        for _ in range(5):  # queues are full, as after a while at 30 Hz
            camera.publish()
        for name, seconds in asker.run().items() if turn >= WARMUP else ():
            samples.setdefault(name, []).append(seconds)
    return samples


def nodes(folder: Path, text: str) -> tuple[NodeSpec, ...]:
    """Return the three nodes, of which none waits for a person."""
    script = folder / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'*': text}}), encoding='utf-8')
    vlm: dict[str, Any] = {
        'backend.name': 'scripted',
        'backend.model': str(script),
        'camera.wait_s': 30.0,
        'camera.max_age_s': 30.0,
        'extrinsics.source': 'parameters',
        'extrinsics.camera_frames': [CAMERA_FRAME],
        'extrinsics.translations': [float(x) for x in FRONT[:3, 3]],
        'extrinsics.quats_xyzw': [float(x) for x in quat_xyzw_of(FRONT)],
    }
    gate: dict[str, Any] = {
        'gate.dry_run': False,
        'gate.approval_required': False,
        'gate.accept_unknown_confidence': True,
        'replans': 0,
        'go_home': False,
    }
    return (
        NodeSpec('vlm_node', parameters=vlm),
        NodeSpec('task_node', parameters=gate),
        NodeSpec('motion_node', parameters={'executor': 'topic'}),
    )


@contextmanager
def started(specs: tuple[NodeSpec, ...]) -> Iterator[None]:
    """Run each node in a process while this lasts."""
    with ExitStack() as stack:
        for spec in specs:
            process = subprocess.Popen(spec.command(), stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield


if __name__ == '__main__':
    main()
