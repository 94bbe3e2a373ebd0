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

"""What `joint_states` says about one arm, put together from however many publishers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.ros.arm.readings import Reading, Readings
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.streams.newest import Newest

if TYPE_CHECKING:
    from rclpy.node import Node

_POLL_S = 0.002
_YOUNG_S = 0.05  # in which an arm at 1 rad/s goes as far as its goal may be missed


@dataclass(frozen=True)
class ArmState:
    """The joints at one time."""

    arm: NDArray[np.float64]  # (joints,) rad, in the order of ArmSettings.joint_names
    arm_velocity: NDArray[np.float64]  # (joints,) rad/s
    opening_m: float  # between the pads; NaN where the gripper has no joints
    opening_mps: float


class JointStates:
    """
    Reads the joints of an arm and its gripper. Blocks; runs on a worker.

    Messages may hold a part of the joints each, and others beside. Velocities that are missing or
    not finite are derived from positions.

    :param timeout_s: longest silence of a joint, and largest age and lead of a stamp.
    """

    def __init__(self, node: Node, settings: ArmSettings, *, timeout_s: float) -> None:
        self._clock = node.get_clock()
        self._settings = settings
        self._timeout_s = timeout_s
        self._joints = (*settings.joint_names, *settings.gripper.joints[:1])
        self._messages = Newest(node, JointState, 'joint_states')
        self._last: JointState | None = None
        limits = dict(zip(settings.joint_names, settings.limits.velocity, strict=True))
        self._readings = Readings(self._joints, limits)

    def next(self, *, cancel: Cancel | None = None) -> ArmState | None:
        """
        Return a state that arrives from now on; None when canceled.

        :raises Refusal: CONTROLLER_FAILED when there is none, or one that cannot be.
        """
        self._take_in()
        self._readings.listen_anew()
        before = {name: self._readings.count(name) for name in self._settings.joint_names}
        end = time.monotonic() + self._timeout_s
        while cancel is None or not cancel.is_set():
            state = self._state()
            if state is not None and all(self._readings.count(n) > before[n] for n in before):
                return state
            if time.monotonic() > end:
                raise _lost(self._why())
            time.sleep(_POLL_S)
            self._take_in()
        return None

    def now(self) -> ArmState:
        """
        Return where the arm is: the newest state at once where it is young, else the next.

        What a controller is told to start from must not be where the arm was a while ago.

        :raises Refusal: as `next`.
        """
        self._take_in()
        state = (self._state() if self._is_young() else None) or self.next()
        assert state is not None, 'nobody cancels'
        return state

    def _take_in(self) -> None:
        messages = self._messages.messages()
        seen = next((i for i, m in enumerate(messages) if m is self._last), -1)
        for message in messages[seen + 1 :]:
            self._last = message
            problem = self._readings.take_in(message)
            if problem is not None:
                self._readings.forget()
                raise _lost(f'{self._messages.topic!r}: {problem}{self._several(problem)}')

    def _several(self, problem: str) -> str:
        count = self._messages.publishers
        if count < 2 or 'jumps' not in problem:
            return ''
        return f': {count} publishers disagree'

    def _state(self) -> ArmState | None:
        """Return what is known, if it is everything, and of now."""
        found = [self._readings.get(name) for name in self._joints]
        readings = [reading for reading in found if reading is not None]
        if len(readings) < len(found) or any(self._age_problem(r) for r in readings):
            return None
        count = len(self._settings.joint_names)
        opening, speed = self._opening(readings[count:])
        return ArmState(
            np.array([reading.position for reading in readings[:count]]),
            np.array([reading.velocity for reading in readings[:count]]),
            opening,
            speed,
        )

    def _is_young(self) -> bool:
        now_ns = self._clock.now().nanoseconds
        readings = map(self._readings.get, self._settings.joint_names)
        return all(r is not None and now_ns - r.stamp_ns < _YOUNG_S * 1e9 for r in readings)

    def _opening(self, finger: list[Reading]) -> tuple[float, float]:
        if not finger:
            return math.nan, 0.0
        gripper = self._settings.gripper
        position, velocity = finger[0].position, finger[0].velocity
        opening = gripper.opening_of(position)
        ahead = gripper.opening_of(position + 1e-3) - gripper.opening_of(position - 1e-3)
        return opening, velocity * ahead / 2e-3

    def _age_problem(self, reading: Reading) -> str | None:
        age_s = (self._clock.now().nanoseconds - reading.stamp_ns) * 1e-9
        if abs(age_s) <= self._timeout_s:
            return None
        if reading.stamp_ns == 0:
            return 'its stamps are 0'
        kind = 'old' if age_s > 0 else 'ahead'
        return (
            f'it is {abs(age_s):.1f} s {kind} by the clock of this machine: the limit is '
            f'{self._timeout_s:g} s (state_timeout_s)'
        )

    def _why(self) -> str:
        """Say why there is no state."""
        topic = self._messages.topic
        if self._last is None or time.monotonic() - self._readings.arrived_s > self._timeout_s:
            nobody = '' if self._messages.publishers else ': nobody publishes it'
            silence = f'{self._timeout_s:g} s (state_timeout_s)'
            return f'no joint state arrived on {topic!r} for {silence}{nobody}'
        missing = [name for name in self._joints if name not in self._readings.names]
        if missing:
            there = ', '.join(self._readings.names) or 'none'
            return f'{topic!r} lacks {", ".join(missing)}: there are {there}'
        readings = [self._readings.get(name) for name in self._joints]
        old = (self._age_problem(reading) for reading in readings if reading is not None)
        problem = next(filter(None, old), None)
        if problem is None:
            stamp_s = to_ns(self._last.header.stamp) * 1e-9
            problem = f'its stamps stand still at {stamp_s:.3f} s'
        return f'{topic!r} cannot be used: {problem}'


def _lost(message: str) -> Refusal:
    return Refusal(Outcome.CONTROLLER_FAILED, message)
