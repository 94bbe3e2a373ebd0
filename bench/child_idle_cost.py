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

"""What `bench_idle_cost.py` starts: publishes cameras, or idles beside them and tells the cost."""

from __future__ import annotations

import array
import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from vlm_robot.ros import qos
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.streams.surroundings import watch_surroundings

CAMERAS = ('left', 'right')
RATE_HZ = 30.0
SETTLE_S = 2.0
STREAMS = (('image_raw', Image), ('depth/image_raw', Image), ('camera_info', CameraInfo))


def main() -> None:
    _, way, seconds = sys.argv[1:]
    rclpy.init()
    node = Node('idle')
    kept = WAYS[way](node)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    _spin(executor, SETTLE_S)
    wall, cpu = time.perf_counter(), time.process_time()
    _spin(executor, float(seconds))
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    print(json.dumps({'share': share, 'kept': len(kept)}))


def publish_cameras(node: Node) -> Sequence[object]:
    publishers = [
        (node.create_publisher(kind, f'{camera}/{topic}', qos.STREAM), _message(topic))
        for camera in CAMERAS
        for topic, kind in STREAMS
    ]

    def publish() -> None:
        stamp = node.get_clock().now().to_msg()
        for publisher, message in publishers:
            message.header.stamp = stamp
            publisher.publish(message)

    node.create_timer(1 / RATE_HZ, publish)
    return publishers


def subscribe_nothing(node: Node) -> Sequence[object]:
    return ()


def subscribe_callbacks(node: Node) -> Sequence[object]:
    """Keep the newest message of each stream in the way that everybody writes first."""
    newest: dict[str, object] = {}

    def keep(topic: str) -> Callable[[object], None]:
        return lambda message: newest.update({topic: message})

    return [
        node.create_subscription(kind, f'{camera}/{topic}', keep(f'{camera}/{topic}'), qos.STREAM)
        for camera in CAMERAS
        for topic, kind in STREAMS
    ]


def subscribe_on_demand(node: Node) -> Sequence[object]:
    return [
        Newest(node, kind, f'{camera}/{topic}') for camera in CAMERAS for topic, kind in STREAMS
    ]


def subscribe_watched(node: Node) -> Sequence[object]:
    watch_surroundings(node)
    return subscribe_on_demand(node)


WAYS: dict[str, Callable[[Node], Sequence[object]]] = {
    'publish': publish_cameras,
    'nothing': subscribe_nothing,
    'callbacks': subscribe_callbacks,
    'on demand': subscribe_on_demand,
    'watched': subscribe_watched,
}


def _message(topic: str) -> Image | CameraInfo:
    if topic == 'camera_info':
        return CameraInfo(width=640, height=480)
    encoding, size = ('32FC1', 4) if topic.startswith('depth') else ('rgb8', 3)
    pixels = array.array('B', bytes(640 * 480 * size))
    return Image(width=640, height=480, encoding=encoding, step=640 * size, data=pixels)


def _spin(executor: SingleThreadedExecutor, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        executor.spin_once(timeout_sec=left)


if __name__ == '__main__':
    with contextlib.suppress(ExternalShutdownException):
        main()
