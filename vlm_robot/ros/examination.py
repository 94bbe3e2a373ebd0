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

"""Looks at a running graph for a while, and returns what was seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import GetState
from rclpy.action.graph import get_action_client_names_and_types_by_node
from rclpy.node import Node, NodeNameNonExistentError
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.doctor.checks import NODES
from vlm_robot.doctor.facts import DepthLook, Facts, ImageLook, InfoLook, JointLook, Status
from vlm_robot.doctor.memory import look_at_memory
from vlm_robot.optics.lens import lens_of
from vlm_robot.ros import qos
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.namespaces import elsewhere
from vlm_robot.ros.remote_parameters import RemoteParameters
from vlm_robot.ros.streams.newest import Newest

if TYPE_CHECKING:
    from rclpy.task import Future

_IMAGES = {'sensor_msgs/msg/Image': Image, 'sensor_msgs/msg/CompressedImage': CompressedImage}
_INFO = 'sensor_msgs/msg/CameraInfo'
_JOINTS = 'sensor_msgs/msg/JointState'
_GOALS = ('trajectory_msgs/msg/JointTrajectory', 'geometry_msgs/msg/PoseStamped')
_GOALS_OF = {'trajectory': _GOALS[:1], 'topic': _GOALS[1:], 'moveit': ()}
_TF = 'tf2_msgs/msg/TFMessage'
_DEPTH = ('16UC1', '32FC1', 'compressedDepth')


class Examination:
    """
    Collects facts about the nodes of one namespace; what they are is asked for by `facts`.

    :param node: spins meanwhile, in the namespace of the robot's nodes.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._statuses: dict[str, Status] = {}
        self._streams: dict[str, Newest[Any]] = {}
        self._seen: dict[str, tuple[Any, int]] = {}  # topic -> its newest, and when that came
        self._state: Future[Any] | None = None
        self._lifecycle: Any = node.create_client(GetState, 'vlm_node/get_state')
        self._parameters = RemoteParameters(node, NODES.__contains__, lambda name: True)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._hear, qos.COMMAND)

    def look(self) -> None:
        """Subscribe to what the nodes subscribe to, and ask what can be asked by now."""
        for topic, kind in self._topics_of('vlm_node', publishes=False):
            if kind in _IMAGES:
                self._subscribe(topic, _IMAGES[kind])
            elif kind == _INFO:
                self._subscribe(topic, CameraInfo)
        for topic, kind in self._topics_of('motion_node', publishes=False):
            if kind == _JOINTS:
                self._subscribe(topic, JointState)
        for topic, message in self._newest():
            if self._seen.get(topic, (None, 0))[0] is not message:
                self._seen[topic] = (message, self._now_ns())
        if self._state is None and self._lifecycle.service_is_ready():
            self._state = self._lifecycle.call_async(GetState.Request())

    def facts(self) -> Facts:
        """Return what was seen."""
        self.look()
        newest = ((topic, message) for topic, (message, _) in sorted(self._seen.items()))
        looks = [look for look in map(_look, newest) if look is not None]
        parameters = {
            full.rpartition('/')[2]: values
            for full, values in self._parameters.values.items()
            if full.rpartition('/')[0] == self._node.get_namespace().rstrip('/')
        }
        nodes = self._nodes()
        return Facts(
            now_ns=self._now_ns(),
            nodes=nodes,
            namespace=self._node.get_namespace(),
            elsewhere=elsewhere(self._node, NODES),
            lifecycle=self._lifecycle_state(),
            parameters=parameters,
            statuses=tuple(self._statuses[name] for name in sorted(self._statuses)),
            images=tuple(self._dated(look) for look in looks if isinstance(look, ImageLook)),
            depths=tuple(look for look in looks if isinstance(look, DepthLook)),
            infos=tuple(look for look in looks if isinstance(look, InfoLook)),
            uses_tf=any(kind == _TF for _, kind in self._topics_of('vlm_node', publishes=False)),
            joints=next((look for look in looks if isinstance(look, JointLook)), None),
            expected_joints=_expected_joints(parameters.get('motion_node', {})),
            controllers=self._controllers(),
            actions=self._actions(),
            clock_publishers=self._node.count_publishers('/clock'),
            memory=look_at_memory(nodes),
        )

    def remaps(self) -> dict[str, str]:
        """Return the cameras' topics of vlm_node: full name before remapping -> after."""
        topics = {topic for topic, _ in self._topics_of('vlm_node', publishes=False)}
        told = {
            status.name.partition(': ')[2]: status.values['asked']
            for status in self._statuses.values()
            if status.name.startswith('vlm_node: ') and 'asked' in status.values
        }
        return {asked: topic for topic, asked in told.items() if topic in topics}

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _dated(self, image: ImageLook) -> ImageLook:
        return replace(image, seen_ns=self._seen[image.topic][1])

    def _nodes(self) -> frozenset[str]:
        here = self._node.get_namespace()
        found = self._node.get_node_names_and_namespaces()
        return frozenset(name for name, namespace in found if namespace == here)

    def _lifecycle_state(self) -> str:
        if self._state is None or not self._state.done():
            return ''
        answer = self._state.result()
        return '' if answer is None else str(answer.current_state.label)

    def _topics_of(self, node: str, *, publishes: bool) -> Iterator[tuple[str, str]]:
        """Yield the topics of one of the nodes, after remapping, with their types."""
        ask: Any = (
            self._node.get_publisher_names_and_types_by_node
            if publishes
            else self._node.get_subscriber_names_and_types_by_node
        )
        try:
            found = ask(node, self._node.get_namespace())
        except NodeNameNonExistentError:
            return
        for topic, kinds in found:
            yield from ((topic, kind) for kind in kinds)

    def _controllers(self) -> dict[str, int]:
        topics = self._topics_of('motion_node', publishes=True)
        wanted = _GOALS_OF.get(self._executor(), _GOALS)
        return {
            topic: self._node.count_subscribers(topic) for topic, kind in topics if kind in wanted
        }

    def _actions(self) -> dict[str, int]:
        """Return how many serve each action that motion_node calls."""
        try:
            called = get_action_client_names_and_types_by_node(
                self._node, 'motion_node', self._node.get_namespace()
            )
        except RuntimeError:  # of rcl, where there is no such node
            return {}
        count = self._node.count_publishers
        return {action: count(f'{action}/_action/status') for action, _ in called}

    def _executor(self) -> str:
        full = f'{self._node.get_namespace().rstrip("/")}/motion_node'
        return str(self._parameters.values.get(full, {}).get('executor', ''))

    def _subscribe(self, topic: str, kind: type[Any]) -> None:
        if topic not in self._streams:
            self._streams[topic] = Newest(self._node, kind, topic)

    def _newest(self) -> Iterator[tuple[str, Any]]:
        for topic, stream in sorted(self._streams.items()):
            message = stream.latest()
            if message is not None:
                yield topic, message

    def _hear(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.partition(':')[0] in (*NODES, 'sim_node', 'speech_node'):
                values = {value.key: value.value for value in status.values}
                level = int.from_bytes(status.level, 'little')
                self._statuses[status.name] = Status(status.name, level, status.message, values)


def _look(found: tuple[str, Any]) -> ImageLook | DepthLook | InfoLook | JointLook | None:
    topic, message = found
    if isinstance(message, CameraInfo):
        return _info(topic, message)
    if isinstance(message, JointState):
        finite = bool(np.isfinite(np.array(message.position)).all())
        return JointLook(topic, tuple(message.name), finite)
    encoding = message.encoding if isinstance(message, Image) else message.format
    if any(word in encoding for word in _DEPTH):
        return _depth(topic, message, encoding)
    return _image(topic, message, encoding)


def _image(topic: str, message: Image | CompressedImage, encoding: str) -> ImageLook:
    try:
        height, width = images.to_rgb(message).shape[:2]
    except VlmRobotError as err:
        return _as_image(topic, message, encoding, (0, 0), str(err))
    return _as_image(topic, message, encoding, (width, height))


def _depth(topic: str, message: Image | CompressedImage, encoding: str) -> DepthLook:
    try:
        depth_m = images.to_depth_m(message)
    except VlmRobotError as err:
        return DepthLook(_as_image(topic, message, encoding, (0, 0), str(err)), 0.0, math.nan)
    valid = depth_m[np.isfinite(depth_m) & (depth_m > 0)]
    height, width = depth_m.shape
    median_m = float(np.median(valid)) if valid.size else math.nan
    image = _as_image(topic, message, encoding, (width, height))
    return DepthLook(image, valid.size / depth_m.size, median_m)


def _as_image(
    topic: str,
    message: Image | CompressedImage,
    encoding: str,
    size: tuple[int, int],
    trouble: str = '',
) -> ImageLook:
    header = message.header
    return ImageLook(topic, encoding, *size, header.frame_id, to_ns(header.stamp), trouble)


def _info(topic: str, message: CameraInfo) -> InfoLook:
    trouble = ''
    try:
        lens_of(message, rectified=False)
    except VlmRobotError as err:
        trouble = str(err)
    return InfoLook(
        topic,
        message.width,
        message.height,
        message.header.frame_id,
        message.distortion_model if any(message.d) else '',
        trouble,
    )


def _expected_joints(parameters: Any) -> tuple[str, ...]:
    """Return the joints that the arm's settings name; none where those are not on this machine."""
    from vlm_robot.motion.settings import ArmSettings

    if 'arm_file' not in parameters:
        return ()
    name = parameters['arm_file']
    try:
        settings = ArmSettings.load(Path(name).expanduser() if name else None)
    except VlmRobotError:
        return ()
    return settings.joint_names
