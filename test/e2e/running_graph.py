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

"""A graph as processes, and what is asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.bringup.graph import Graph
from vlm_robot.bringup.supervisor import Supervisor
from vlm_robot.cli.demo_script import SCENES, Act, Script
from vlm_robot.core.cancel import CancelToken
from vlm_robot.ros import qos
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.srv import CheckGoal

READY_S = 120.0
DONE_S = 120.0

SIM = {
    'scene.min_objects': SCENES.min_objects,
    'scene.max_objects': SCENES.max_objects,
    'scene.max_wide': SCENES.max_wide,
    'scene.gap_m': SCENES.gap,
}
"""Parameters of sim_node for the scenes of a script."""


@dataclass(frozen=True)
class Robot:
    """The running graph."""

    ros: Ros
    script: Script

    def say(self, instruction: str, **options: object) -> ExecuteInstruction.Result:
        goal = ExecuteInstruction.Goal(instruction=instruction)
        return self.ros.call(ExecuteInstruction, 'execute_instruction', goal, **options)

    @contextmanager
    def saying(
        self, instruction: str, cancel: CancelToken
    ) -> Iterator[Callable[[], ExecuteInstruction.Result]]:
        """Say something in the background; what is returned waits for the result."""
        with ThreadPoolExecutor(1) as pool:
            said = pool.submit(self.say, instruction, cancel=cancel)
            try:
                yield lambda: said.result(DONE_S)
            finally:
                cancel.cancel('the test is over')

    def holds(self, act: Act) -> bool:
        """Ask the physics."""
        requests = [
            CheckGoal.Request(
                thing=g.thing,
                relation=g.relation,
                target=g.target,
                direction=g.direction,
                other=g.other,
            )
            for g in act.goals or ()
        ]
        answers = [self.ros.request(CheckGoal, 'sim_node/check', r) for r in requests]
        return bool(answers) and all(answer.holds for answer in answers)

    def joints(self) -> NDArray[np.float64]:
        """Return where the joints are now."""
        states = self.ros.collect(JointState, 'joint_states', qos.SENSOR)
        wait_until(lambda: states)
        return np.array(states[-1].position)


@contextmanager
def running(graph: Graph, script: Script, folder: Path) -> Iterator[Robot]:
    """Start a graph in a domain of its own, and end it."""
    with open_ros() as ros:
        os.environ['ROS_DOMAIN_ID'] = str(ros.context.get_domain_id())
        try:
            log_path = folder / 'nodes.log'
            with Supervisor(graph, log_path=log_path, on_line=print) as supervisor:
                supervisor.wait_ready(READY_S)
                yield Robot(ros, script)
        finally:
            del os.environ['ROS_DOMAIN_ID']
