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

"""A camera node whose pictures the test decides."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from ros_fixture import Ros
from sensor_msgs.msg import CameraInfo, Image

from vlm_robot.core.values import Intrinsics
from vlm_robot.ros import images, qos
from vlm_robot.ros.conversions import header_message

WIDTH, HEIGHT, FRAME = 64, 48, 'camera_optical_frame'


class Camera:
    """Publishes colour, depth and camera_info at 20 Hz; each may be changed or left out."""

    def __init__(self, ros: Ros) -> None:
        self.rgb: np.ndarray | None = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        self.depth_m: np.ndarray | None = np.full((HEIGHT, WIDTH), 0.8, np.float32)
        self.intrinsics: Intrinsics | None = Intrinsics(WIDTH, HEIGHT, 60.0, 60.0, 31.5, 23.5)
        self.encoding = ''
        self.age_s = 0.0
        self.depth_lag_s = 0.0
        self._node = Node('camera', context=ros.context)
        self._colour = self._node.create_publisher(Image, 'image_raw', qos.STREAM)
        self._depth = self._node.create_publisher(Image, 'depth/image_raw', qos.STREAM)
        self._info = self._node.create_publisher(CameraInfo, 'camera_info', qos.STREAM)
        self._node.create_timer(0.05, self._publish)
        ros.spin(self._node)

    def _publish(self) -> None:
        now_ns = self._node.get_clock().now().nanoseconds - round(self.age_s * 1e9)
        header = header_message(now_ns, FRAME)
        if self.intrinsics is not None:
            self._info.publish(images.camera_info_message(self.intrinsics, header))
        if self.depth_m is not None:
            lagging = header_message(now_ns - round(self.depth_lag_s * 1e9), FRAME)
            self._depth.publish(images.depth_message(self.depth_m, lagging, encoding='32FC1'))
        if self.rgb is not None:
            message = images.rgb_message(self.rgb, header)
            message.encoding = self.encoding or message.encoding
            self._colour.publish(message)
