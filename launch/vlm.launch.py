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

"""vlm_node alone, for your camera: `ros2 launch vlm_robot vlm.launch.py`."""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration

from vlm_robot.bringup import vlm_graph
from vlm_robot.ros.launching import launch_description


def generate_launch_description():
    """Describe the graph."""
    arguments = {
        'model': DeclareLaunchArgument(
            'model', default_value='tabletop', description='a profile, or the path of your own'
        ),
        'transport': DeclareLaunchArgument(
            'transport',
            default_value='raw',
            choices=['raw', 'compressed'],
            description='colour topic: image_raw or image_raw/compressed',
        ),
    }
    overrides = {
        'vlm_node': {
            'backend.model': LaunchConfiguration('model'),
            'camera.transport': LaunchConfiguration('transport'),
        }
    }
    return launch_description(vlm_graph(), arguments=arguments, overrides=overrides)
