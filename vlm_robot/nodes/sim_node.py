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

"""sim_node: a simulated table, arm and RGB-D camera behind the topics of real ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.core.errors import Refusal
from vlm_robot.core.skills import Direction, Relation
from vlm_robot.nodes.sim_loop import Sampler, SimLoop
from vlm_robot.nodes.sim_outputs import SimOutputs
from vlm_robot.nodes.sim_parameters import SimParameters
from vlm_robot.ros import parameters, qos
from vlm_robot.ros.arm.trajectories import trajectory_value
from vlm_robot.ros.spin import run
from vlm_robot.ros.streams.diagnostics import Diagnostics, status
from vlm_robot.ros.worker import Worker
from vlm_robot.sim.camera import DepthNoise
from vlm_robot.sim.goals import Finding, Goal, by_their_labels, check_goal, labels
from vlm_robot.sim.scene import SceneSettings, sample_scene
from vlm_robot.sim.tabletop import ARM_JOINTS, FINGER_JOINT, ObjectState, Tabletop
from vlm_robot_interfaces.srv import CheckGoal

CONTROLLERS: dict[str, tuple[str, ...]] = {
    'arm_controller/joint_trajectory': ARM_JOINTS,
    'gripper_controller/joint_trajectory': (FINGER_JOINT,),
}
"""Topic of each simulated controller, and the joints it moves."""

_SLOW = 0.9  # a real-time factor below this is worth a warning


class SimNode(Node):
    """Steps a seeded scene in real time; says on /diagnostics how well it keeps up."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__('sim_node', **arguments)
        self.parameters = parameters.declare(self, SimParameters)
        scene = self.parameters.scene
        settings = SceneSettings(
            min_objects=scene.min_objects,
            max_objects=scene.max_objects,
            max_wide=scene.max_wide,
            gap=scene.gap_m,
        )
        self._scene = sample_scene(scene.seed, settings)
        self._labels = labels(self._scene)
        self._outputs = SimOutputs(self, self.parameters, self._labels)
        self._loop = SimLoop(self._make_tabletop, self._samplers())
        self._worker = Worker(self, 'checks')
        self._loop.start()
        self._start = self._loop.call(self._truth).result()
        for topic, names in CONTROLLERS.items():
            self._listen(topic, names)
        self.create_service(
            CheckGoal, '~/check', self._on_check, callback_group=ReentrantCallbackGroup()
        )
        self.create_timer(1.0, self._check_loop)
        Diagnostics(self).add(self._statuses)
        things = ', '.join(sorted(self._labels))
        self.get_logger().info(f'scene {scene.seed}: {things}')

    def close(self) -> None:
        """Stop the physics."""
        self._loop.close()
        self._worker.close()

    def _make_tabletop(self) -> Tabletop:
        noise = DepthNoise(self.parameters.depth_sigma_m, self.parameters.depth_hole_share)
        self._tabletop = Tabletop(self._scene, noise=noise)
        return self._tabletop

    def _samplers(self) -> Sequence[Sampler]:
        p, out = self.parameters, self._outputs
        samplers = [
            Sampler(1 / p.joint_rate_hz, lambda: out.publish_joints(self._tabletop)),
            Sampler(1 / p.rate_hz, lambda: out.publish_frame(self._tabletop), slow=True),
            Sampler(0.5, lambda: out.publish_truth(self._truth(self._tabletop))),
        ]
        if p.scene_view_rate_hz > 0:
            view = 1 / p.scene_view_rate_hz
            samplers.append(
                Sampler(view, lambda: out.publish_scene_view(self._tabletop), slow=True)
            )
        return samplers

    def _truth(self, tabletop: Tabletop) -> dict[str, ObjectState]:
        states = {state.spec.name: state for state in tabletop.objects()}
        return {label: states[item.name] for label, item in self._labels.items()}

    def _listen(self, topic: str, names: tuple[str, ...]) -> None:
        def play(message: JointTrajectory) -> None:
            self._loop.call(lambda tabletop: self._play(tabletop, names, message))

        self.create_subscription(JointTrajectory, topic, play, qos.COMMAND)

    def _play(self, tabletop: Tabletop, names: tuple[str, ...], message: JointTrajectory) -> None:
        joints = tabletop.joints()
        current = joints.position[[joints.names.index(name) for name in names]]
        try:
            self._loop.play(names, trajectory_value(message, names, current))
        except Refusal as refusal:
            self.get_logger().warning(refusal.message)

    async def _on_check(
        self, request: CheckGoal.Request, response: CheckGoal.Response
    ) -> CheckGoal.Response:
        finding = await self._worker.run(lambda: self._check(request))
        response.holds, response.message = finding.holds, finding.message
        return response

    def _check(self, request: CheckGoal.Request) -> Finding:
        try:
            goal = Goal(
                request.thing,
                Relation(request.relation),
                request.target,
                Direction(request.direction),
                request.other,
            )
        except ValueError as err:
            return Finding(False, f'the goal is not one: {err}')
        now, tcp = self._loop.call(
            lambda tabletop: (self._truth(tabletop), tabletop.tcp())
        ).result()
        known = by_their_labels(goal, self._labels)
        return check_goal(known, now, self._start, tcp=tcp)

    def _check_loop(self) -> None:
        if self._loop.error is not None:
            raise self._loop.error

    def _statuses(self) -> list[DiagnosticStatus]:
        """Say how well the simulation keeps up."""
        factor = self._loop.real_time_factor
        slow = factor < _SLOW
        return [
            status(
                DiagnosticStatus.WARN if slow else DiagnosticStatus.OK,
                f'{self.get_name()}: real time',
                'slower than real time' if slow else 'in real time',
                {'real_time_factor': f'{factor:.3f}'},
            )
        ]


def main() -> int:
    """Run the node until it is asked to stop."""
    return run(SimNode)


if __name__ == '__main__':
    sys.exit(main())
