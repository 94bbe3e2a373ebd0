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

"""The nodes between a camera and an arm, in a time that the test sets."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml
from arm_fixture import FakeArm
from box_scene import HEIGHT, T_BASE_CAMERA, WIDTH
from geometry_msgs.msg import PoseStamped
from input_cells import Cell
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.node import Node
from ros_fixture import DEADLINE_S, Ros, wait_until
from rosgraph_msgs.msg import Clock
from sent_images import COLOURS, COMPRESSED_COLOURS, COMPRESSED_DEPTHS, DEPTHS
from varied_camera import DEPTH_FRAME, FRAME, T_COLOUR_DEPTH, Encodings, VariedCamera

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.geometry import quat_xyzw_of
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.nodes.task_node import TaskNode
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.ros import qos
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.conversions import time_message, to_ns
from vlm_robot.ros.streams.newest import streams_of
from vlm_robot_interfaces.action import ExecuteInstruction, PlanInstruction

ENCODINGS = {
    'raw': tuple(itertools.product(COLOURS, DEPTHS)),
    'compressed': tuple(itertools.product(COMPRESSED_COLOURS, COMPRESSED_DEPTHS)),
}
"""Transport -> the good encodings of colour and depth."""

_WORDS = 'pick up the red box'
_SECOND = 10**9
_FORGET = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
_BEGIN = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
_OPEN_GATE = {
    'gate__dry_run': False,
    'gate__approval_required': False,
    'gate__accept_unknown_confidence': True,
}


class Rig:
    """A camera, vlm_node, task_node, motion_node and an arm, by a clock that the test sets."""

    def __init__(self, ros: Ros, transport: str, folder: Path) -> None:
        self._ros = ros
        self._now_ns = 100 * _SECOND
        self._clock = ros.node.create_publisher(Clock, '/clock', 10)
        self._transport = transport
        self._encodings = itertools.cycle(ENCODINGS[transport])
        self._camera = ros.spin(VariedCamera(context=ros.context))
        self.arm = ros.spin(FakeArm(ArmSettings.load(), context=ros.context))
        self.goals = ros.collect(PoseStamped, 'goal_pose', qos.COMMAND)
        ros.start(MotionNode)
        self._task = ros.start(TaskNode, use_sim_time=True, **_OPEN_GATE)
        self._vlm = ros.start(VlmNode, **_vlm_parameters(transport, folder))
        node = Node('asker', context=ros.context)
        self._plan = _caller(node, PlanInstruction, 'plan_instruction')
        self._execute = _caller(node, ExecuteInstruction, 'execute_instruction')
        ros.spin(node)

    def show(self, cell: Cell) -> Encodings:
        """Let the camera send what a cell asks for, and wait until vlm_node has it."""
        self._now_ns += 10 * _SECOND
        is_first = cell.sync == 'no image' or cell.info == 'none'
        if is_first:  # a node that had an image or a camera_info before would remember it
            self._camera.fall_silent()
            self._change(*_FORGET)
        encodings = Encodings(*next(self._encodings))
        sent = self._camera.show(cell, encodings, self._now_ns, anew=is_first)
        if is_first:
            self._change(*_BEGIN)
        self._tick()
        wait_until(lambda: self._has(sent))
        if cell.sync == 'clock set back':
            self._camera.fall_silent()
            self._now_ns -= _SECOND // 5
            self._tick()
        return encodings

    def show_good(self) -> Encodings:
        """Let the camera send what is right, in the next encoding, and return that."""
        return self.show(Cell(transport=self._transport))

    def plan(self) -> PlanInstruction.Result:
        """Ask for a plan."""
        return _call(self._plan, PlanInstruction.Goal(instruction=_WORDS))

    def carry_out(self) -> ExecuteInstruction.Result:
        """Ask for a plan to be made and carried out."""
        return _call(self._execute, ExecuteInstruction.Goal(instruction=_WORDS))

    def begin(self) -> ExecuteInstruction.Result:
        """Ask for a plan to be carried out, and cancel that once the arm has been commanded."""
        cancel = CancelToken()

        def watch(feedback: ExecuteInstruction.Feedback) -> None:
            if feedback.phase:
                wait_until(lambda: self.arm.commands)
                cancel.cancel('the arm moves')

        goal = ExecuteInstruction.Goal(instruction=_WORDS)
        return self._execute.call(goal, cancel, on_feedback=watch)

    def _tick(self) -> None:
        """Set the clock of the nodes."""

        def is_set() -> bool:
            self._clock.publish(Clock(clock=time_message(self._now_ns)))
            nodes = (self._vlm, self._task)
            return all(node.get_clock().now().nanoseconds == self._now_ns for node in nodes)

        wait_until(is_set)

    def _has(self, sent: dict[str, int]) -> bool:
        streams = {stream.topic: stream for stream in streams_of(self._vlm)}
        newest = {topic: streams[topic].latest() for topic in sent}
        return all(m is not None and to_ns(m.header.stamp) == sent[t] for t, m in newest.items())

    def _change(self, *transitions: int) -> None:
        for transition in transitions:
            request = ChangeState.Request(transition=Transition(id=transition))
            done = self._ros.request(ChangeState, 'vlm_node/change_state', request)
            assert done.success


def _caller(node: Node, action: Any, name: str) -> ActionCaller:
    return ActionCaller(node, action, name, missing=Outcome.TIMEOUT, discovery_s=DEADLINE_S)


def _call(caller: ActionCaller, goal: Any) -> Any:
    token = CancelToken()
    with deadline(token, DEADLINE_S):
        return caller.call(goal, token)


def _vlm_parameters(transport: str, folder: Path) -> dict[str, Any]:
    size = ImageSize(WIDTH, HEIGHT)
    step = Step(Skill.PICK, Target('red box', ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)))
    script = folder / 'script.yaml'
    script.write_text(
        yaml.safe_dump({'answers': {'*': TabletopConvention().render((step,), size)}})
    )
    poses = (T_BASE_CAMERA, T_BASE_CAMERA @ T_COLOUR_DEPTH)
    return {
        'use_sim_time': True,
        'anticipation_period_s': 0.0,
        'backend__name': 'scripted',
        'backend__model': str(script),
        'camera__transport': transport,
        'camera__depth_transport': transport,
        'camera__wait_s': 0.05,
        'extrinsics__source': 'parameters',
        'extrinsics__camera_frames': [FRAME, DEPTH_FRAME],
        'extrinsics__translations': [float(x) for pose in poses for x in pose[:3, 3]],
        'extrinsics__quats_xyzw': [float(x) for pose in poses for x in quat_xyzw_of(pose)],
        'extrinsics__mount_frames': ['', ''],
    }
