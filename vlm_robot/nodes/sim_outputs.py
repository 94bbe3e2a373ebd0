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

"""What sim_node publishes."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geometry_msgs.msg import Point, Pose, Quaternion, Transform, TransformStamped, Vector3
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from vlm_robot.core.geometry import quat_xyzw_from_wxyz, quat_xyzw_of
from vlm_robot.nodes.sim_parameters import SimParameters
from vlm_robot.ros import qos
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import header_message, time_message
from vlm_robot.sim.camera import OPTICAL_FRAME, SCENE_VIEW, T_base_camera
from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.sim.scene import ObjectSpec
from vlm_robot.sim.tabletop import ObjectState, Tabletop

if TYPE_CHECKING:
    from rclpy.node import Node
    from std_msgs.msg import Header


class SimOutputs:
    """
    Publishes images, joints and ground truth.

    :param labels: the name of each object in `~/ground_truth`.
    """

    def __init__(
        self, node: Node, parameters: SimParameters, labels: Mapping[str, ObjectSpec]
    ) -> None:
        self._node = node
        self._parameters = parameters
        self._ids = {label: index for index, label in enumerate(labels)}
        make = node.create_publisher
        self._colour = make(Image, 'image_raw', qos.STREAM)
        self._depth = make(Image, 'depth/image_raw', qos.STREAM)
        self._info = make(CameraInfo, 'camera_info', qos.STREAM)
        self._joints = make(JointState, 'joint_states', qos.STREAM)
        self._truth = make(MarkerArray, '~/ground_truth', qos.STATE)
        self._view = make(Image, '~/scene_view', qos.STREAM)
        self._clock = make(Clock, '/clock', qos.SENSOR) if parameters.publish_clock else None
        self._broadcast_camera()

    def publish_joints(self, tabletop: Tabletop) -> None:
        """Publish joint_states, and /clock where asked for."""
        if self._clock is not None:
            self._clock.publish(Clock(clock=time_message(round(tabletop.time_s * 1e9))))
        joints = tabletop.joints()
        message = JointState(header=self._header(tabletop, ''), name=list(joints.names))
        message.position = joints.position.tolist()
        message.velocity = joints.velocity.tolist()
        message.effort = joints.effort.tolist()
        self._joints.publish(message)

    def publish_frame(self, tabletop: Tabletop) -> None:
        """Render and publish colour, depth and camera_info of one moment."""
        header = self._header(tabletop, OPTICAL_FRAME)
        frame = tabletop.look()
        assert frame.depth_m is not None  # the camera has both
        assert frame.intrinsics is not None
        encoding = self._parameters.depth_encoding
        self._info.publish(images.camera_info_message(frame.intrinsics, header))
        self._depth.publish(images.depth_message(frame.depth_m, header, encoding=encoding))
        self._colour.publish(images.rgb_message(frame.rgb, header))

    def publish_scene_view(self, tabletop: Tabletop) -> None:
        """Render and publish the picture from the side."""
        header = self._header(tabletop, SCENE_VIEW)
        self._view.publish(images.rgb_message(tabletop.view(SCENE_VIEW), header))

    def publish_truth(self, truth: Mapping[str, ObjectState]) -> None:
        """Publish a marker per object: ns is its name, scale its dimensions."""
        stamp_ns = self._node.get_clock().now().nanoseconds
        header = header_message(stamp_ns, self._parameters.base_frame)
        self._truth.publish(
            MarkerArray(markers=[self._marker(header, label, s) for label, s in truth.items()])
        )

    def _header(self, tabletop: Tabletop, frame_id: str) -> Header:
        if self._clock is not None:
            return header_message(round(tabletop.time_s * 1e9), frame_id)
        return header_message(self._node.get_clock().now().nanoseconds, frame_id)

    def _marker(self, header: Header, label: str, state: ObjectState) -> Marker:
        p, shape = state.position, state.spec.shape
        w, x, y, z = (float(v) for v in state.quat_wxyz)
        qx, qy, qz, qw = quat_xyzw_from_wxyz((w, x, y, z))
        r, g, b = COLOURS[state.spec.colour]
        return Marker(
            header=header,
            ns=label,
            id=self._ids[label],
            type=Marker.CUBE,
            text=label,
            pose=Pose(
                position=Point(x=float(p[0]), y=float(p[1]), z=float(p[2])),
                orientation=Quaternion(x=qx, y=qy, z=qz, w=qw),
            ),
            scale=Vector3(x=shape.length, y=shape.width, z=shape.height),
            color=ColorRGBA(r=r, g=g, b=b, a=1.0),
        )

    def _broadcast_camera(self) -> None:
        """Publish the camera's pose on /tf_static where tf2 is installed."""
        if importlib.util.find_spec('tf2_ros') is None:
            return
        tf2_ros: Any = importlib.import_module('tf2_ros')
        pose = T_base_camera()
        x, y, z, w = quat_xyzw_of(pose)
        tx, ty, tz = (float(v) for v in pose[:3, 3])
        transform = Transform(
            translation=Vector3(x=tx, y=ty, z=tz), rotation=Quaternion(x=x, y=y, z=z, w=w)
        )
        message = TransformStamped(transform=transform, child_frame_id=OPTICAL_FRAME)
        message.header = header_message(
            self._node.get_clock().now().nanoseconds, self._parameters.base_frame
        )
        self._broadcaster = tf2_ros.StaticTransformBroadcaster(self._node)
        self._broadcaster.sendTransform(message)
