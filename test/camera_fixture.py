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

"""A camera for tests: real messages, whose picture and faults a test chooses."""

from __future__ import annotations

import cv2
import numpy as np
from rclpy.node import Node
from ros_fixture import Ros
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from vlm_robot.core.values import Intrinsics
from vlm_robot.ros import qos
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import header_message

WIDTH, HEIGHT, FRAME = 64, 48, 'camera_optical_frame'
CONFIG = bytes(12)  # what compressed_depth_image_transport writes before a PNG of 16UC1


class Camera:
    """
    Publishes colour, depth and camera_info at 20 Hz; each may be changed or left out.

    :param name: namespace of the topics.
    :param compressed: publish JPEG-like colour and 16-bit PNG depth instead of raw images.
    """

    def __init__(self, ros: Ros, name: str = '', *, compressed: bool = False) -> None:
        self.rgb: np.ndarray | None = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        self.depth_m: np.ndarray | None = np.full((HEIGHT, WIDTH), 0.8, np.float32)
        self.intrinsics: Intrinsics | None = Intrinsics(WIDTH, HEIGHT, 60.0, 60.0, 31.5, 23.5)
        self.depth_intrinsics: Intrinsics | None = None
        self.depth_frame = FRAME
        self.encoding = ''
        self.age_s = 0.0
        self.depth_lag_s = 0.0
        self.unstamped = False
        self._compressed = compressed
        self._node = Node('camera', context=ros.context, namespace=name)
        make, stream = self._node.create_publisher, qos.STREAM
        if compressed:
            self._colour = make(CompressedImage, 'image_raw/compressed', stream)
            self._depth = make(CompressedImage, 'depth/image_raw/compressedDepth', stream)
        else:
            self._colour = make(Image, 'image_raw', stream)
            self._depth = make(Image, 'depth/image_raw', stream)
        self._info = make(CameraInfo, 'camera_info', stream)
        self._depth_info = make(CameraInfo, 'depth/camera_info', stream)
        self._node.create_timer(0.05, self._publish)
        ros.spin(self._node)

    def unplug(self) -> None:
        """Stop publishing: every topic loses its publisher."""
        for publisher in (self._colour, self._depth, self._info, self._depth_info):
            self._node.destroy_publisher(publisher)
        self.rgb = self.depth_m = self.intrinsics = self.depth_intrinsics = None

    def _publish(self) -> None:
        now_ns = self._node.get_clock().now().nanoseconds - round(self.age_s * 1e9)
        now_ns = 0 if self.unstamped else now_ns
        header = header_message(now_ns, FRAME)
        of_depth = header_message(max(0, now_ns - round(self.depth_lag_s * 1e9)), self.depth_frame)
        if self.intrinsics is not None:
            self._info.publish(images.camera_info_message(self.intrinsics, header))
        if self.depth_intrinsics is not None:
            self._depth_info.publish(images.camera_info_message(self.depth_intrinsics, of_depth))
        if self.depth_m is not None:
            self._depth.publish(self._depth_message(self.depth_m, of_depth))
        if self.rgb is not None:
            self._colour.publish(self._colour_message(self.rgb, header))

    def _colour_message(self, rgb: np.ndarray, header: Header) -> Image | CompressedImage:
        if self._compressed:
            return png(rgb[..., ::-1], header, kind='rgb8; png compressed bgr8')
        message = images.rgb_message(rgb, header)
        message.encoding = self.encoding or message.encoding
        return message

    def _depth_message(self, depth_m: np.ndarray, header: Header) -> Image | CompressedImage:
        if not self._compressed:
            return images.depth_message(depth_m, header, encoding='32FC1')
        millimetres = (depth_m * 1000).round().astype(np.uint16)
        return png(millimetres, header, kind='16UC1; compressedDepth', before=CONFIG)


def png(pixels: np.ndarray, header: Header, *, kind: str, before: bytes = b'') -> CompressedImage:
    """Return a compressed message as image_transport's plugins write it."""
    data = before + cv2.imencode('.png', pixels)[1].tobytes()
    return CompressedImage(header=header, format=kind, data=data)
