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

"""A fake arm behind ros2_control's topics, with faults that can be switched on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros import qos
from vlm_robot.ros.arm.trajectories import trajectory_value

RATE_HZ = 100.0

Twist = Callable[[JointState], JointState | None]


def controller_refusal(message: JointTrajectory, names: tuple[str, ...]) -> str | None:
    """
    Return why joint_trajectory_controller would not take a message.

    Its `validate_trajectory_msg` with its default parameters: no partial goals, no velocity at the
    end.
    """
    times = [p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in message.points]
    if sorted(message.joint_names) != sorted(names):
        return f'joints {message.joint_names}'
    if not times:
        return 'no points'
    if any(after <= before for before, after in pairwise(times)):
        return 'times do not increase'
    if any(len(p.positions) != len(names) for p in message.points):
        return 'a point without positions'
    if any(len(p.velocities) not in (0, len(names)) for p in message.points):
        return 'a point with half its velocities'
    if any(abs(v) > 1e-6 for v in message.points[-1].velocities):
        return 'velocity at the end'
    if message.header.stamp.sec or message.header.stamp.nanosec:
        return 'a stamp: it would not start now'
    return None


@dataclass
class _Axis:
    """Joints that one controller moves."""

    names: tuple[str, ...]
    position: np.ndarray
    playing: Trajectory | None = None
    since_s: float = 0.0

    def __post_init__(self) -> None:
        self.velocity = np.zeros_like(self.position)


class FakeArm(Node):
    """Plays trajectories and publishes `joint_states`."""

    def __init__(self, settings: ArmSettings, **arguments: Any) -> None:
        super().__init__('fake_arm', **arguments)
        self._settings = settings
        self._lock = threading.Lock()  # tests mend an arm that ticks
        gripper = settings.gripper
        self._axes = {
            'arm': _Axis(settings.joint_names, np.array(settings.home)),
            'gripper': _Axis(
                gripper.joints,
                np.full(len(gripper.joints), gripper.value_of(gripper.max_opening)),
            ),
        }
        self.commands: list[str] = []  # 'arm' and 'gripper', in the order in which they came
        self.refused: list[str] = []  # that a real controller would not have taken
        self.steps_rad: list[float] = []  # from where the arm was to where a trajectory began
        self.twist: Twist | None = None  # what becomes of a joint_states message
        self.thing_m = 0.0  # what is between the fingers
        self.deaf: tuple[str, ...] = ()  # controllers that do nothing
        self.halts_after = np.inf  # share of a trajectory
        self.on_play: Callable[[Trajectory], Trajectory] | None = None
        self._states = self.create_publisher(JointState, 'joint_states', qos.STREAM)
        for key in self._axes:
            self.create_subscription(
                JointTrajectory,
                f'{key}_controller/joint_trajectory',
                lambda message, key=key: self._take(key, message),
                qos.COMMAND,
            )
        self.create_timer(1 / RATE_HZ, self._tick)

    @property
    def joints(self) -> np.ndarray:
        """Where the arm is."""
        return self._axes['arm'].position

    def mend(self) -> None:
        """Switch every fault off, and stand at home with an open gripper."""
        self.twist, self.on_play, self.deaf, self.halts_after = None, None, (), np.inf
        self.thing_m = 0.0
        gripper = self._settings.gripper
        with self._lock:
            for axis in self._axes.values():
                axis.playing, axis.velocity = None, np.zeros_like(axis.position)
            self._axes['arm'].position = np.array(self._settings.home)
            self._axes['gripper'].position[:] = gripper.value_of(gripper.max_opening)
        self.commands.clear()
        self.steps_rad.clear()

    def drift(self, rad_per_s: float) -> None:
        """Move the first joint without being told."""
        times_s = np.array([0.0, 60.0])
        knots = np.stack([self.joints, self.joints])
        knots[1, 0] += rad_per_s * times_s[1]
        speeds = np.gradient(knots, times_s, axis=0)
        self._play('arm', Trajectory(times_s, knots, speeds))

    def jog(self, by_rad: float) -> None:
        """Stand elsewhere, as if somebody had pushed the first joint."""
        axis = self._axes['arm']
        with self._lock:
            axis.playing, axis.velocity = None, np.zeros_like(axis.position)
            axis.position = axis.position + np.eye(len(axis.position))[0] * by_rad

    def _take(self, key: str, message: JointTrajectory) -> None:
        self.commands.append(key)
        axis = self._axes[key]
        problem = controller_refusal(message, axis.names)
        if problem is not None:
            self.refused.append(problem)
            return
        if key in self.deaf:
            return
        trajectory = trajectory_value(message, axis.names, axis.position)
        if key == 'arm':
            self.steps_rad.append(float(np.abs(trajectory.positions[0] - axis.position).max()))
            trajectory = self.on_play(trajectory) if self.on_play else trajectory
        self._play(key, trajectory)

    def _play(self, key: str, trajectory: Trajectory) -> None:
        self._axes[key].playing, self._axes[key].since_s = trajectory, time.monotonic()

    def _tick(self) -> None:
        with self._lock:
            for key, axis in self._axes.items():
                self._move(axis, gripper=key == 'gripper')
        message = self._message()
        twisted = self.twist(message) if self.twist else message
        if twisted is not None:
            self._states.publish(twisted)

    def _move(self, axis: _Axis, *, gripper: bool) -> None:
        if axis.playing is not None:
            end_s = min(1.0, self.halts_after) * axis.playing.duration_s
            elapsed_s = time.monotonic() - axis.since_s
            axis.position, axis.velocity = axis.playing.sample(min(elapsed_s, end_s))
            axis.velocity = axis.velocity * (elapsed_s < end_s)
        if gripper and self._opening(axis.position) < self.thing_m:
            stopped = self._settings.gripper.value_of(self.thing_m)
            axis.position = np.full_like(axis.position, stopped)
            axis.velocity = np.zeros_like(axis.position)

    def _opening(self, position: np.ndarray) -> float:
        return self._settings.gripper.opening_of(float(position[0]))

    def _message(self) -> JointState:
        message = JointState()
        message.header.stamp = self.get_clock().now().to_msg()
        for axis in self._axes.values():
            message.name = [*message.name, *axis.names]
            message.position = [*message.position, *map(float, axis.position)]
            message.velocity = [*message.velocity, *map(float, axis.velocity)]
        return message
