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

"""From the simulated camera to the simulated arm: `ros2 launch vlm_robot sim.launch.py`."""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration

from vlm_robot.bringup import sim_graph
from vlm_robot.ros.launching import launch_description


def generate_launch_description():
    """Describe the graph."""
    arguments = {
        'seed': DeclareLaunchArgument(
            'seed', default_value='1', description='the same seed gives the same scene'
        ),
        'policy': DeclareLaunchArgument(
            'policy',
            default_value='preempt',
            choices=['preempt', 'queue', 'reject'],
            description='what a second instruction does to the first',
        ),
    }
    overrides = {
        'sim_node': {'scene.seed': LaunchConfiguration('seed')},
        'task_node': {'policy': LaunchConfiguration('policy')},
    }
    return launch_description(sim_graph(), arguments=arguments, overrides=overrides)
