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

"""The last position and velocity of each joint, as messages tell them bit by bit."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sensor_msgs.msg import JointState

from vlm_robot.ros.conversions import to_ns

_BASE_NS = 20_000_000  # over which a velocity is derived
_NAMES = 100  # that are noted: for a message, and bounded
_JUMP_RAD = 0.1
_JUMP_SPEED = 2.0  # times the joint's limit


@dataclass(frozen=True)
class Reading:
    """One joint."""

    stamp_ns: int
    position: float
    velocity: float
    base: tuple[int, float]  # stamp and position that a velocity is derived from


class Readings:
    """
    Collects readings.

    :param names: joints to read.
    :param limits: largest speeds of those that must not jump.
    """

    def __init__(self, names: Sequence[str], limits: Mapping[str, float]) -> None:
        self._wanted = frozenset(names)
        self._limits = limits
        self._readings: dict[str, Reading] = {}
        self._counts: dict[str, int] = dict.fromkeys(names, 0)
        self._seen: dict[str, None] = {}
        self.arrived_s = -math.inf
        """Monotonic time of the last message."""

    @property
    def names(self) -> tuple[str, ...]:
        """All joints that messages named since `listen_anew`, ours or not."""
        return tuple(self._seen)

    def listen_anew(self) -> None:
        """Begin anew to note which joints messages name."""
        self._seen.clear()

    def get(self, name: str) -> Reading | None:
        """Return the newest reading of a joint."""
        return self._readings.get(name)

    def count(self, name: str) -> int:
        """Return how many readings of a joint there were; one of an old stamp is none."""
        return self._counts[name]

    def forget(self) -> None:
        """Drop all readings, because they contradict each other."""
        self._readings.clear()

    def take_in(self, message: JointState) -> str | None:
        """Add what a message tells; return what is wrong with it, or None."""
        self.arrived_s = time.monotonic()
        if len(message.position) < len(message.name):
            return (
                f'it names {len(message.name)} joints but gives {len(message.position)} positions'
            )
        if len(self._seen) < _NAMES:
            self._seen.update(dict.fromkeys(message.name))
        full = len(message.velocity) >= len(message.name)
        for i, name in enumerate(message.name):
            if name in self._wanted:
                velocity = message.velocity[i] if full else math.nan
                problem = self._add(
                    name, to_ns(message.header.stamp), message.position[i], velocity
                )
                if problem is not None:
                    return problem
        return None

    def _add(self, name: str, stamp_ns: int, position: float, velocity: float) -> str | None:
        if not math.isfinite(position):
            return f'the position of {name} is {position}'
        old = self._readings.get(name)
        if old is not None and (problem := self._jump(name, old, stamp_ns, position)) is not None:
            return problem
        if old is not None and stamp_ns == old.stamp_ns:
            return None
        self._readings[name] = _reading(old, stamp_ns, position, velocity)
        self._counts[name] += 1
        return None

    def _jump(self, name: str, old: Reading, stamp_ns: int, position: float) -> str | None:
        if name not in self._limits:
            return None
        elapsed_s = abs(stamp_ns - old.stamp_ns) * 1e-9
        if (
            abs(position - old.position)
            <= _JUMP_RAD + _JUMP_SPEED * self._limits[name] * elapsed_s
        ):
            return None
        return (
            f'{name} jumps from {old.position:.3f} to {position:.3f} rad within {elapsed_s:.3f} s'
        )


def _reading(old: Reading | None, stamp_ns: int, position: float, velocity: float) -> Reading:
    here = (stamp_ns, position)
    base = here if old is None or stamp_ns < old.base[0] else old.base
    if not math.isfinite(velocity):
        elapsed_s = (stamp_ns - base[0]) * 1e-9
        velocity = (position - base[1]) / elapsed_s if elapsed_s > 0 else 0.0
    return Reading(stamp_ns, position, velocity, here if stamp_ns - base[0] >= _BASE_NS else base)
