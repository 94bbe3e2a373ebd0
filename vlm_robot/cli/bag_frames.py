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

"""A bag in place of a camera, for `vlm-robot replay`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vlm_robot.bags.decoding import Decoder
from vlm_robot.bags.looks import Look
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.ros.camera.framing import Reading, assemble

if TYPE_CHECKING:
    import threading

    import numpy as np
    from numpy.typing import NDArray

    from vlm_robot.bags.records import Recorded
    from vlm_robot.ros.camera.frame_source import FrameLimits
    from vlm_robot.ros.transforms.frames import Transforms


class BagFrames:
    """
    Gives the frame of the look that it is told; implements `ros.cameras.Looks`.

    :param limits: of which those count that are not about the clock.
    """

    def __init__(
        self, decoder: Decoder, transforms: Transforms, limits: FrameLimits, *, camera: str
    ) -> None:
        self._decoder, self._transforms, self._limits = decoder, transforms, limits
        self._reading = Reading(rectified=limits.rectified, camera=camera)
        self.look: Look | Refusal = Refusal(Outcome.NO_FRAME, 'no moment of the bag was chosen')

    def take(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """
        Return the frame of the look.

        :param geometry: whether depth and intrinsics are needed; without, they are left out.
        :raises Refusal: NO_FRAME, NO_CAMERA_INFO, NO_DEPTH, BAD_FRAME or NO_TRANSFORM.
        """
        look = self.look
        if isinstance(look, Refusal):
            raise look
        colour = self._decoder.message(look.colour)
        if not geometry:
            return assemble(colour, reading=self._reading)
        if look.info is None:
            raise Refusal(Outcome.NO_CAMERA_INFO, 'the bag has no camera_info of the colour image')
        if not look.depths:
            raise Refusal(Outcome.NO_DEPTH, 'the bag has no depth image')
        depth, *earlier = map(self._decoder.message, look.depths[: self._limits.depth_images])

        def transform() -> NDArray[np.float64]:
            if self._limits.T_colour_depth is not None:
                return self._limits.T_colour_depth
            frames = (colour.header.frame_id, depth.header.frame_id)
            return self._transforms.between(*frames, look.stamp_ns, cancel)

        return assemble(
            colour,
            depth,
            self._decoder.message(look.info),
            self._decoded(look.depth_info),
            reading=self._reading,
            T_colour_depth=transform,
            earlier=earlier,
        )

    def frames(self, cancel: threading.Event, *, geometry: bool = True) -> Iterator[Frame]:
        """Yield the one frame that `take` returns."""
        yield self.take(cancel, geometry=geometry)

    def peek(self) -> Frame | None:
        """Return nothing: a replay anticipates nothing."""
        return None

    def _decoded(self, recorded: Recorded | None) -> Any:
        return None if recorded is None else self._decoder.message(recorded)
