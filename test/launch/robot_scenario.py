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

"""The launch file of a real robot, in a namespace and without a camera: an honest refusal."""

from __future__ import annotations

import unittest

import launch_testing
from launch import LaunchDescription
from launch.actions import ExecuteProcess
from launch_testing.asserts import assertExitCodes
from launch_testing.io_handler import ActiveIoHandler
from launch_testing.proc_info_handler import ActiveProcInfoHandler
from launched import launched

from vlm_robot.resources import share_path
from vlm_robot.sim.model import ARM_PATH

DONE_S = 120.0
NO_FRAME = 3  # exit status of an instruction that was refused
SAY = ['vlm-robot', 'say', '--wait', str(DONE_S), '--namespace', 'left', 'pick up the red cube']


def generate_test_description() -> LaunchDescription:
    description = launched(
        'robot',
        namespace='left',
        image='/camera/color/image_raw',
        arm=str(share_path('config', 'arm.yaml')),
        arm_model=str(ARM_PATH),
    )
    description.add_action(ExecuteProcess(cmd=SAY, name='say', output='screen'))
    return description


class TestWhileItRuns(unittest.TestCase):
    def test_an_instruction_is_refused_because_of_the_camera_by_its_own_topic(
        self, proc_output: ActiveIoHandler, proc_info: ActiveProcInfoHandler
    ) -> None:
        proc_output.assertWaitFor('NO_FRAME', timeout=DONE_S, stream='stdout')
        proc_output.assertWaitFor('/camera/color/image_raw', timeout=DONE_S, stream='stdout')
        proc_info.assertWaitForShutdown('say', timeout=DONE_S)


@launch_testing.post_shutdown_test()
class TestAfterwards(unittest.TestCase):
    def test_every_process_ended_as_it_should(self, proc_info: ActiveProcInfoHandler) -> None:
        assertExitCodes(proc_info, allowable_exit_codes=[0, NO_FRAME])
