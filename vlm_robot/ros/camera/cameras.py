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

"""Several cameras, asked one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.ros.camera.frame_source import FrameSource, first_frame

if TYPE_CHECKING:
    import threading


class Looks(Protocol):
    """Where frames come from: one camera or several, see `FrameSource` and `Cameras`."""

    def frames(self, cancel: threading.Event, *, geometry: bool = True) -> Iterator[Frame]:
        """Yield the newest frame of each camera in order; at least one, or raise a Refusal."""
        ...

    def take(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """Return the first of `frames`."""
        ...

    def peek(self) -> Frame | None:
        """Return the newest colour image if there is one; never waits."""
        ...


class Cameras:
    """
    The newest frames of several cameras, in the order of their importance.

    :param sources: at least one.
    :param wait_s: how long to wait for one of them to have a usable frame.
    """

    def __init__(self, sources: Sequence[FrameSource], *, wait_s: float) -> None:
        self._sources = tuple(sources)
        self._wait_s = wait_s

    def frames(self, cancel: threading.Event, *, geometry: bool = True) -> Iterator[Frame]:
        """
        Yield the newest frame of each camera that has one, looked at when it is asked for.

        The first is waited for; a camera that has none when its turn comes is left out.

        :param geometry: as `FrameSource.take`.
        :raises Refusal: what every camera says when none has a frame; CANCELED.
        """
        index, frame = first_frame(self._sources, cancel, geometry=geometry, wait_s=self._wait_s)
        yield frame
        for source in self._sources[index + 1 :]:
            try:
                frame = source.look(cancel, geometry=geometry)
            except Refusal as refusal:
                if refusal.outcome is Outcome.CANCELED:
                    raise
                continue
            yield frame

    def take(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """Return the frame of the first camera that has one, see `frames`."""
        return next(self.frames(cancel, geometry=geometry))

    def peek(self) -> Frame | None:
        """Return the newest colour image of the first camera that has one; never waits."""
        peeks = (source.peek() for source in self._sources)
        return next((frame for frame in peeks if frame is not None), None)
