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

"""From phases to a timed motion that is known to be reachable and free of collisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import JointPath, straight, timed
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.motion.waypoints import Grip, Line, Phase, Travel

_DIP_M = 0.03  # that a joint-space move may sink under the transit height


@dataclass(frozen=True)
class Move:
    """A phase of the arm, timed."""

    name: str
    trajectory: Trajectory


Actions = tuple[Move | Grip, ...]


@dataclass(frozen=True)
class Motion:
    """What the robot does for a step, from rest to rest."""

    actions: Actions

    def split_after(self, name: str) -> tuple[Actions, Actions]:
        """Return the actions up to the last one of a name, and those after it."""
        last = max(i for i, action in enumerate(self.actions) if action.name == name)
        return self.actions[: last + 1], self.actions[last + 1 :]

    @property
    def duration_s(self) -> float:
        """Time of the arm's moves; the fingers take a little more."""
        return sum(a.trajectory.duration_s for a in self.actions if isinstance(a, Move))


class MotionPlanner:
    """Plans phases for one arm. Not thread safe."""

    def __init__(self, settings: ArmSettings, model: mujoco.MjModel) -> None:
        self._settings = settings
        self._kinematics = Kinematics(model, settings)
        self._home = np.array(settings.home)

    def plan_any(
        self, options: Sequence[Sequence[Phase]], joints: NDArray[np.float64], *, what: str
    ) -> Motion:
        """
        Plan the first of several phase lists that can be carried out.

        :param options: alternatives, the best first.
        :param joints: where the arm is.
        :param what: names the step in refusals, for example 'pick the red cube'.
        :raises Refusal: the first alternative's refusal, when none can be carried out.
        """
        refusals = []
        for phases in options:
            try:
                return self.plan(phases, joints, what=what)
            except Refusal as refusal:
                refusals.append(refusal)
        raise refusals[0]

    def plan(self, phases: Sequence[Phase], joints: NDArray[np.float64], *, what: str) -> Motion:
        """
        Plan phases, all of them before anything moves. A low arm is raised first.

        :raises Refusal: UNREACHABLE or MOTION_FAILED; CONTROLLER_FAILED when the arm is where it
            cannot be.
        """
        self._require_inside(joints)
        actions: list[Move | Grip] = []
        joints = self._raise(actions, joints)
        for phase in phases:
            if isinstance(phase, Grip):
                actions.append(phase)
            elif isinstance(phase, Travel):
                joints = self._travel(actions, phase, joints, what)
            else:
                joints = self._line(actions, phase, joints, what)
        return Motion(tuple(actions))

    def plan_home(self, joints: NDArray[np.float64]) -> Motion:
        """
        Plan the way home.

        :raises Refusal: MOTION_FAILED when the straight way there, from above, is not free.
        """
        self._require_inside(joints)
        actions: list[Move | Grip] = []
        path = straight(self._raise(actions, joints), self._home)
        if problem := self._problem(path):
            raise Refusal(Outcome.MOTION_FAILED, f'the arm cannot go home: {problem}')
        actions.append(Move('home', timed(path, self._settings.limits)))
        return Motion(tuple(actions))

    def nearest(
        self, poses: Sequence[GripperPose], joints: NDArray[np.float64]
    ) -> tuple[GripperPose, ...]:
        """Sort poses by the time that the arm takes there; the unreachable ones come last."""

        def effort(pose: GripperPose) -> float:
            found = self._kinematics.solve(pose)
            if found is None:
                return np.inf
            return float(np.max(np.abs(found - joints) / self._settings.limits.velocity))

        return tuple(sorted(poses, key=effort))

    def height(self, joints: NDArray[np.float64]) -> float:
        """Return the height of the tcp over the table."""
        return self._kinematics.height(joints)

    def _require_inside(self, joints: NDArray[np.float64]) -> None:
        if problem := self._kinematics.outside(joints):
            raise Refusal(Outcome.CONTROLLER_FAILED, f'joint_states: {problem}')

    def _raise(
        self, actions: list[Move | Grip], joints: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        x, y, z = self._kinematics.tcp(joints).translation()
        transit = self._settings.heights.transit
        if z > transit - _DIP_M:
            return joints
        up = Line('raise', (float(x), float(y), transit), self._settings.speed.near)
        return self._line(actions, up, joints, 'raise the arm', check=False)

    def _travel(
        self,
        actions: list[Move | Grip],
        phase: Travel,
        joints: NDArray[np.float64],
        what: str,
    ) -> NDArray[np.float64]:
        end = self._kinematics.solve(phase.pose)
        if end is None:
            raise self._kinematics.stuck().refusal(what, phase.pose.position)
        direct = straight(joints, end)
        problem = self._problem(direct)
        paths = [direct]
        if problem:
            paths = [straight(joints, self._home), straight(self._home, end)]
        if problem and any(map(self._problem, paths)):
            raise Refusal(Outcome.MOTION_FAILED, f'no free way to {what}: {problem}')
        actions += [Move(phase.name, timed(path, self._settings.limits)) for path in paths]
        return end

    def _line(
        self,
        actions: list[Move | Grip],
        phase: Line,
        joints: NDArray[np.float64],
        what: str,
        *,
        check: bool = True,
    ) -> NDArray[np.float64]:
        path = self._kinematics.line(joints, phase.point)
        if path is None:
            raise self._kinematics.stuck().refusal(what, phase.point)
        if check and (touching := self._kinematics.collision(path)):
            raise Refusal(Outcome.MOTION_FAILED, f'no free way to {what}: {touching}')
        limits = self._settings.limits
        actions.append(Move(phase.name, timed(path, limits, max_speed=phase.speed_mps)))
        return path.positions[-1]

    def _problem(self, path: JointPath) -> str | None:
        """Return why a joint-space path is not free, or None when it is."""
        if touching := self._kinematics.collision(path):
            return touching
        lowest = self._kinematics.lowest(path)
        if lowest < self._settings.heights.transit - _DIP_M - 1e-3:
            return f'the tool would sink to {lowest:.2f} m'
        return None
