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

"""A tree of frames over time, for transforms that were recorded."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import Quaternion, from_quaternion, inverse
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Point3

_MOST_NAMES = 20


@dataclass(frozen=True)
class StampedTransform:
    """Where a frame was in its parent at a moment (`geometry_msgs/TransformStamped`)."""

    stamp_ns: int
    parent: str
    child: str
    translation: Point3
    quat_xyzw: Quaternion


class _Sample(NamedTuple):
    stamp_ns: int
    parent: str
    translation: NDArray[np.float64]
    quat_xyzw: NDArray[np.float64]


class TransformBuffer:
    """
    Answers where one frame is in another at a moment; implements `ros.frames.Transforms`.

    Between two stamps positions are interpolated linearly and rotations by slerp, as tf2 does;
    beyond the first and the last nothing is made up. A static transform holds at any time.
    """

    def __init__(self) -> None:
        self._moving: dict[str, list[_Sample]] = {}
        self._static: dict[str, _Sample] = {}
        self._frames: set[str] = set()

    @property
    def frames(self) -> tuple[str, ...]:
        """All frames, sorted."""
        return tuple(sorted(self._frames))

    def add(self, transform: StampedTransform, *, static: bool = False) -> None:
        """
        Remember a transform; one of the same frame and stamp is replaced.

        :raises ValueError: for a nameless frame, a frame in itself, or numbers that are no pose.
        """
        sample = _sample(transform)
        child = _plain(transform.child)
        self._frames |= {child, sample.parent}
        if static:
            self._static[child] = sample
            return
        history = self._moving.setdefault(child, [])
        index = bisect_left(history, sample.stamp_ns, key=_stamp)
        if index < len(history) and history[index].stamp_ns == sample.stamp_ns:
            history[index] = sample
        else:
            insort(history, sample, key=_stamp)

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: Cancel | None = None
    ) -> NDArray[np.float64]:
        """
        Return the 4 x 4 pose of the source frame in the target frame. Never waits.

        :raises Refusal: NO_TRANSFORM, with the frames, trees or times that there are.
        """
        target, source = _plain(target_frame), _plain(source_frame)
        asked = f'no transform {target!r} <- {source!r}'
        for frame in (target, source):
            if frame not in self._frames:
                raise _missing(f'{asked}: frame {frame!r} is unknown; {self._known()}')
        up, down = (list(self._upwards(frame, stamp_ns)) for frame in (target, source))
        shared = [frame for frame in down if frame in up]
        if not shared:
            raise _missing(
                f'{asked}: they are in two trees, {target!r} in that of {up[-1]!r} and '
                f'{source!r} in that of {down[-1]!r}'
            )
        T_shared_target = self._along(up[: up.index(shared[0])], stamp_ns, asked)
        T_shared_source = self._along(down[: down.index(shared[0])], stamp_ns, asked)
        return inverse(T_shared_target) @ T_shared_source

    def _upwards(self, frame: str, stamp_ns: int) -> Iterator[str]:
        """Name a frame and what it hangs on, up to the root."""
        seen: set[str] = set()
        while frame not in seen:
            yield frame
            seen.add(frame)
            if (sample := self._before(frame, stamp_ns)) is None:
                return
            frame = sample.parent

    def _before(self, frame: str, stamp_ns: int) -> _Sample | None:
        """Return the last sample up to a moment, the first one if all are later."""
        if frame in self._static:
            return self._static[frame]
        if frame not in self._moving:
            return None
        history = self._moving[frame]
        index = bisect_left(history, stamp_ns + 1, key=_stamp)
        return history[max(index - 1, 0)]

    def _along(self, frames: list[str], stamp_ns: int, asked: str) -> NDArray[np.float64]:
        """Return the pose of the first frame in the parent of the last one."""
        T_parent_first = np.eye(4)
        for frame in frames:
            T_parent_first = self._link(frame, stamp_ns, asked) @ T_parent_first
        return T_parent_first

    def _link(self, frame: str, stamp_ns: int, asked: str) -> NDArray[np.float64]:
        if frame in self._static:
            return _pose(self._static[frame])
        history = self._moving[frame]
        oldest, newest = history[0].stamp_ns, history[-1].stamp_ns
        if not oldest <= stamp_ns <= newest:
            raise _missing(
                f'{asked} at {_seconds(stamp_ns)} s: {frame!r} is known in {history[0].parent!r} '
                f'from {_seconds(oldest)} s to {_seconds(newest)} s'
            )
        index = bisect_left(history, stamp_ns, key=_stamp)
        after = history[index]
        before = after if after.stamp_ns == stamp_ns else history[index - 1]
        return _between(before, after, stamp_ns)

    def _known(self) -> str:
        names = self.frames
        if not names:
            return 'no frame is known'
        more = f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
        return f'known are {", ".join(names[:_MOST_NAMES])}{more}'


def _between(before: _Sample, after: _Sample, stamp_ns: int) -> NDArray[np.float64]:
    if before is after or before.parent != after.parent:  # tf2 takes the earlier parent as well
        return _pose(before)
    share = (stamp_ns - before.stamp_ns) / (after.stamp_ns - before.stamp_ns)
    position = (1 - share) * before.translation + share * after.translation
    return from_quaternion(position, slerp(before.quat_xyzw, after.quat_xyzw, share))


def slerp(
    start_xyzw: NDArray[np.float64], end_xyzw: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """Return the rotation between two unit quaternions, along the shorter way (Shoemake 1985)."""
    cosine = float(start_xyzw @ end_xyzw)
    end = end_xyzw if cosine >= 0 else -end_xyzw
    angle = math.acos(min(abs(cosine), 1.0))
    if angle < 1e-6:
        return (1 - share) * start_xyzw + share * end
    first, last = math.sin((1 - share) * angle), math.sin(share * angle)
    mixed: NDArray[np.float64] = (first * start_xyzw + last * end) / math.sin(angle)
    return mixed


def _sample(transform: StampedTransform) -> _Sample:
    parent, child = _plain(transform.parent), _plain(transform.child)
    if not parent or not child or parent == child:
        raise ValueError(f'frame {child!r} in {parent!r} is no transform')
    translation = np.asarray(transform.translation, dtype=np.float64)
    quat = np.asarray(transform.quat_xyzw, dtype=np.float64)
    length = float(np.linalg.norm(quat))
    if not np.isfinite(translation).all() or not 0.5 < length < 2.0:
        raise ValueError(
            f'frame {child!r} in {parent!r} is at {translation.tolist()!r} with the quaternion '
            f'{quat.tolist()!r}: expected finite numbers and a length of 1'
        )
    return _Sample(transform.stamp_ns, parent, translation, quat / length)


def _pose(sample: _Sample) -> NDArray[np.float64]:
    return from_quaternion(sample.translation, sample.quat_xyzw)


def _plain(frame: str) -> str:
    return frame.removeprefix('/')  # tf names began with a slash once


def _stamp(sample: _Sample) -> int:
    return sample.stamp_ns


def _seconds(stamp_ns: int) -> str:
    return f'{stamp_ns / 1e9:.3f}'


def _missing(message: str) -> Refusal:
    return Refusal(Outcome.NO_TRANSFORM, message)
