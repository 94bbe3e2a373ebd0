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

"""Transforms from tf2, at the image's own stamp."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.transforms.frame_tree import FrameTree, is_too_old, why_not

if TYPE_CHECKING:
    import threading

    from rclpy.node import Node

_POLL_S = 0.005


class TfTransforms:
    """
    Asks tf2 for the transform of a moment, and waits a bounded time for it.

    The node has to be spun by another thread than the one that asks.
    """

    def __init__(self, node: Node, *, wait_s: float) -> None:
        tf2_ros: Any = importlib.import_module('tf2_ros')
        self._error: Any = tf2_ros.TransformException
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node)
        self._wait_s = wait_s

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Return the transform of exactly this moment; a static one holds at any time."""
        if stamp_ns <= 0:  # tf2 takes zero for "the latest", which is of another moment
            message = f'no transform {target_frame!r} <- {source_frame!r}: the stamp is {stamp_ns}'
            raise Refusal(Outcome.NO_TRANSFORM, message)
        end = time.monotonic() + self._wait_s
        while True:
            try:
                return self._look_up(target_frame, source_frame, stamp_ns)
            except (self._error, ValueError) as err:
                tree = FrameTree.parse(self._buffer.all_frames_as_yaml())
                late = is_too_old(tree, target_frame, source_frame, stamp_ns)
                if late or time.monotonic() >= end:
                    message = why_not(
                        tree, target_frame, source_frame, stamp_ns, otherwise=str(err)
                    )
                    raise Refusal(Outcome.NO_TRANSFORM, message) from err
            if cancel.wait(_POLL_S):
                raise Refusal(Outcome.CANCELED, 'canceled while waiting for a transform')

    def _look_up(self, target_frame: str, source_frame: str, stamp_ns: int) -> NDArray[np.float64]:
        from rclpy.time import Time

        found = self._buffer.lookup_transform(
            target_frame, source_frame, Time(nanoseconds=stamp_ns)
        )
        t, q = found.transform.translation, found.transform.rotation
        return from_quaternion((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
