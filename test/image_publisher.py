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

"""A process that publishes pictures of the simulator's size, best effort, numbered by second."""

from __future__ import annotations

import array
import sys
import time

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image


def main() -> None:
    count = int(sys.argv[1])
    rclpy.init()
    node = Node('camera')
    profile = QoSProfile(depth=2, reliability=ReliabilityPolicy.BEST_EFFORT)
    publisher = node.create_publisher(Image, 'image_raw', profile)
    pixels = array.array('B', bytes(640 * 480 * 3))
    message = Image(width=640, height=480, encoding='rgb8', step=1920, data=pixels)
    while not publisher.get_subscription_count():
        time.sleep(0.01)
    for number in range(1, count + 1):
        message.header.stamp.sec = number
        publisher.publish(message)
        time.sleep(1 / 60)


if __name__ == '__main__':
    main()
