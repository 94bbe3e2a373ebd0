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

"""Messages of a bag that belong to one look through a camera."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from vlm_robot.bags.camera_topics import CameraTopics
from vlm_robot.bags.decoding import header_stamp_ns
from vlm_robot.bags.reader import FOREVER_NS, Bag
from vlm_robot.bags.records import Recorded, Topic
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome

_SECOND_NS = 1_000_000_000
_WINDOWS_NS = (_SECOND_NS, 20 * _SECOND_NS, FOREVER_NS)
"""How far around a moment to look for its messages, one after the other."""

_KEPT = 40  # images, as messages


@dataclass(frozen=True)
class Look:
    """Serialized messages of one moment, as a frame is made of them."""

    time_ns: int  # when the colour image was received
    stamp_ns: int
    colour: Recorded
    depths: tuple[Recorded, ...] = ()  # that of the nearest stamp first, then earlier ones
    info: Recorded | None = None
    depth_info: Recorded | None = None


class Looks:
    """
    Finds the messages of a moment, reading only what lies around it.

    :param tolerance_ns: largest difference between the stamps of colour and depth.
    """

    def __init__(self, bag: Bag, topics: CameraTopics, *, tolerance_ns: int) -> None:
        self._bag, self._topics, self._tolerance_ns = bag, topics, tolerance_ns
        first = next(bag.messages([topics.colour]), None)
        if first is None:
            raise Refusal(Outcome.NO_FRAME, f'no image can be read of {topics.colour.name!r}')
        self.first_ns = first.time_ns
        self._lag_ns = first.time_ns - header_stamp_ns(first)

    def at(self, time_ns: int) -> Look:
        """
        Return the newest look that had been received by a moment of the bag's time.

        :raises Refusal: NO_FRAME or NO_DEPTH.
        """
        colours: deque[Recorded] = deque(maxlen=5)
        for width_ns in _WINDOWS_NS:
            start_ns = max(0, time_ns - width_ns)
            colours.extend(self._read(self._topics.colour, start_ns, time_ns + 1))
            if colours:
                return self._complete(list(colours))
        raise Refusal(
            Outcome.NO_FRAME,
            f'no image had arrived on {self._topics.colour.name!r} by then: the first came '
            f'{(self.first_ns - time_ns) / 1e9:.3f} s later',
        )

    def stamped(self, stamp_ns: int) -> Look:
        """
        Return the look whose image has a stamp.

        :raises Refusal: NO_FRAME or NO_DEPTH.
        """
        around_ns = stamp_ns + self._lag_ns
        for width_ns in _WINDOWS_NS:
            start_ns, stop_ns = max(0, around_ns - width_ns), min(FOREVER_NS, around_ns + width_ns)
            for colour in self._read(self._topics.colour, start_ns, stop_ns):
                if header_stamp_ns(colour) == stamp_ns:
                    return self._complete([colour])
        raise Refusal(
            Outcome.NO_FRAME,
            f'no image of {self._topics.colour.name!r} has the stamp {stamp_ns / 1e9:.6f} s',
        )

    def times(self, *, every_ns: int) -> Iterator[int]:
        """Tell when images were received, at least `every_ns` apart."""
        due_ns = 0
        for colour in self._bag.messages([self._topics.colour]):
            if colour.time_ns >= due_ns:
                due_ns = colour.time_ns + every_ns
                yield colour.time_ns

    def _complete(self, colours: list[Recorded]) -> Look:
        """Return the newest of some images that has a depth image of its moment."""
        times = [colour.time_ns for colour in colours]
        start_ns, stop_ns = min(times) - _SECOND_NS, max(times) + _SECOND_NS
        depths = self._depths(max(0, start_ns), stop_ns)
        for colour in reversed(colours):
            stamp_ns = header_stamp_ns(colour)
            belonging = self._belonging(depths, stamp_ns)
            if belonging or not depths:
                return Look(
                    colour.time_ns,
                    stamp_ns,
                    colour,
                    belonging,
                    self._info(self._topics.info, colour),
                    self._info(self._topics.depth_info, colour),
                )
        gap_s = min(abs(header_stamp_ns(d) - header_stamp_ns(colours[-1])) for d in depths) / 1e9
        raise Refusal(
            Outcome.NO_DEPTH,
            f'no depth image belongs to the colour image: the nearest is {gap_s:.3f} s apart, '
            f'the limit is {self._tolerance_ns / 1e9:g} s',
        )

    def _depths(self, start_ns: int, stop_ns: int) -> list[Recorded]:
        if self._topics.depth is None:
            return []
        return list(deque(self._read(self._topics.depth, start_ns, stop_ns), maxlen=_KEPT))

    def _belonging(self, depths: list[Recorded], stamp_ns: int) -> tuple[Recorded, ...]:
        """Return the depth image of a stamp, and those before it, the newest first."""
        if not depths:
            return ()
        nearest = min(depths, key=lambda depth: abs(header_stamp_ns(depth) - stamp_ns))
        at_ns = header_stamp_ns(nearest)
        if abs(at_ns - stamp_ns) > self._tolerance_ns:
            return ()
        earlier = [depth for depth in depths if header_stamp_ns(depth) < at_ns]
        return (nearest, *sorted(earlier, key=header_stamp_ns, reverse=True))

    def _info(self, topic: Topic | None, image: Recorded) -> Recorded | None:
        """Return the camera_info of an image: by the stamp, of those around it, or before it."""
        if topic is None:
            return None
        stamp_ns = header_stamp_ns(image)
        for width_ns in _WINDOWS_NS:
            start_ns = max(0, image.time_ns - width_ns)
            known = deque(self._read(topic, start_ns, image.time_ns + _SECOND_NS), maxlen=_KEPT)
            if known:
                return min(known, key=lambda info: abs(header_stamp_ns(info) - stamp_ns))
        return next(self._bag.messages([topic], start_ns=image.time_ns), None)

    def _read(self, topic: Topic, start_ns: int, stop_ns: int) -> Iterator[Recorded]:
        return self._bag.messages([topic], start_ns=start_ns, stop_ns=stop_ns)
