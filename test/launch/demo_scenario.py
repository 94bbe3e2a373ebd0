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

"""The demo's launch file: an instruction is carried out, and then everything ends."""

from __future__ import annotations

import unittest

import launch_testing
from launch import LaunchDescription
from launch_testing.asserts import assertExitCodes
from launch_testing.io_handler import ActiveIoHandler
from launch_testing.proc_info_handler import ActiveProcInfoHandler
from launched import launched

DONE_S = 180.0


def generate_test_description() -> LaunchDescription:
    return launched('demo')


class TestWhileItRuns(unittest.TestCase):
    def test_nodes_get_ready_and_the_instruction_is_carried_out(
        self, proc_output: ActiveIoHandler, proc_info: ActiveProcInfoHandler
    ) -> None:
        for node in ('sim_node', 'motion_node', 'task_node', 'vlm_node'):
            proc_output.assertWaitFor(f'[{node}]: ready', timeout=DONE_S)
        proc_info.assertWaitForShutdown('say', timeout=DONE_S)


@launch_testing.post_shutdown_test()
class TestAfterwards(unittest.TestCase):
    def test_every_process_ended_with_status_0(self, proc_info: ActiveProcInfoHandler) -> None:
        assertExitCodes(proc_info)
