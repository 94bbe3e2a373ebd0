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

"""A camera of which every message is known: one photo of the simulator, published at will."""

from __future__ import annotations

import time

import cv2
import numpy as np
from odd_cameras import CAMERAS, look
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from vlm_robot.core.values import Frame, Pixel
from vlm_robot.ros import qos
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import header_message
from vlm_robot.sim.catalogue import GRASPABLE
from vlm_robot.sim.scene import sample_scene
from vlm_robot.sim.tabletop import Tabletop

CAMERA_FRAME = 'camera_optical_frame'
_SETTLE_S = 0.03  # until a message is delivered


class SimulatedCamera:
    """Publishes one look over and over, with new stamps: colour, raw and JPEG, and depth."""

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
        time.sleep(_SETTLE_S)
        return stamp_ns


def photo_of(seed: int) -> tuple[Frame, Pixel]:
    """Return a look at a simulated table, and a pixel of something that can be grasped there."""
    spec = sample_scene(seed)
    tabletop = Tabletop(spec)
    try:
        frame, photo = look(tabletop, CAMERAS[0], seed=seed)
    finally:
        tabletop.close()
    item = next(i for i in spec.objects if i.kind in GRASPABLE and photo.shares[i.name] > 0.9)
    v, u = np.nonzero(photo.masks[item.name])
    return frame, (float(np.median(u)), float(np.median(v)))
