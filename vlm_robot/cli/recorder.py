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

"""Records a run: a video of the scene beside the camera's view, and pictures."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from vlm_robot.core.errors import Refusal
from vlm_robot.core.values import Plan
from vlm_robot.ros.camera.images import to_rgb
from vlm_robot.ros.overlay import draw_caption, draw_plan
from vlm_robot.ros.streams.newest import Newest

if TYPE_CHECKING:
    from rclpy.node import Node

Picture = NDArray[np.uint8]
SIZE = (480, 640)
_CAPTION = 68  # rows above the pictures


class Recorder:
    """
    Writes a video on its own thread, `rate_hz` pictures a second, until it is closed.

    :param path: of the .mp4 file.
    """

    def __init__(self, node: Node, path: Path, *, rate_hz: float = 8.0) -> None:
        self._camera = Newest(node, Image, 'image_raw')
        self._scene = Newest(node, Image, 'sim_node/scene_view')
        self._path = path
        self._period_s = 1 / rate_hz
        self._lock = threading.Lock()
        self._instruction, self._stage = '', ''
        self._plan: Plan | None = None
        self._stop = threading.Event()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._main, name='recorder', daemon=True)
        self._thread.start()

    def caption(self, instruction: str, stage: str, plan: Plan | None) -> None:
        """Say what is going on; the plan's points are drawn on the camera's view."""
        with self._lock:
            self._instruction, self._stage, self._plan = instruction, stage, plan

    def picture(self) -> Picture:
        """Return scene and camera side by side, black where nothing has arrived."""
        with self._lock:
            instruction, stage, plan = self._instruction, self._stage, self._plan
        camera = _latest(self._camera)
        if plan is not None:
            camera = draw_plan(camera, plan)
        bar = np.full((_CAPTION, 2 * SIZE[1], 3), 30, np.uint8)
        draw_caption(bar, [instruction or 'vlm-robot demo', stage])
        return np.vstack([bar, np.hstack([_latest(self._scene), camera])])

    def wait_for_images(self, timeout_s: float) -> bool:
        """Wait until both cameras have delivered."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self._camera.latest() is not None and self._scene.latest() is not None:
                return True
            self._stop.wait(0.05)
        return False

    def close(self) -> None:
        """Finish the video."""
        self._stop.set()
        self._thread.join(30.0)

    def _main(self) -> None:
        try:
            self._record()
        except (OSError, RuntimeError, ValueError) as err:
            self.error = err

    def _record(self) -> None:
        import imageio_ffmpeg

        height, width = SIZE[0] + _CAPTION, 2 * SIZE[1]
        writer = imageio_ffmpeg.write_frames(
            str(self._path),
            (width, height),
            fps=1 / self._period_s,
            codec='libx264',
            macro_block_size=2,
            output_params=['-preset', 'veryfast', '-crf', '26', '-threads', '1'],
            ffmpeg_log_level='error',
        )
        writer.send(None)
        try:
            begin_s, written = time.monotonic(), 0
            while not self._stop.wait(self._period_s / 4):
                due = int((time.monotonic() - begin_s) / self._period_s)
                if due > written:
                    frame = np.ascontiguousarray(self.picture())
                    # a late picture is repeated, so that the video keeps the clock's time
                    for _ in range(due - written):
                        writer.send(frame)
                    written = due
        finally:
            writer.close()


def save_before_after(path: Path, before: Picture, after: Picture) -> None:
    """Write two pictures, one above the other."""
    both = []
    for title, picture in (('before', before), ('after', after)):
        bar = np.full((32, picture.shape[1], 3), 30, np.uint8)
        draw_caption(bar, [title])
        both += [bar, picture[_CAPTION:]]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(both)[..., ::-1])


def _latest(source: Newest[Image]) -> Picture:
    message = source.latest()
    if message is None:
        return np.zeros((*SIZE, 3), np.uint8)
    try:
        rgb = to_rgb(message)
    except Refusal:
        return np.zeros((*SIZE, 3), np.uint8)
    resized = rgb if rgb.shape[:2] == SIZE else cv2.resize(rgb, SIZE[::-1])
    return np.asarray(resized, dtype=np.uint8)
