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

"""The parameters of sim_node, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_robot.nodes.base_frame import BASE_FRAME
from vlm_robot.ros.parameters import parameter


@dataclass(frozen=True)
class SceneParameters:
    """What is on the table."""

    seed: int = parameter(1, 'the same seed gives the same scene', minimum=0)
    min_objects: int = parameter(4, 'fewest objects', minimum=1, maximum=12)
    max_objects: int = parameter(7, 'most objects', minimum=1, maximum=12)
    max_wide: int = parameter(3, 'most bowls, plates and trays', minimum=0, maximum=6)
    gap_m: float = parameter(0.035, 'least distance between neighbours', minimum=0.0)


@dataclass(frozen=True)
class SimParameters:
    """Parameters of sim_node."""

    rate_hz: float = parameter(8.0, 'colour and depth images', minimum=0.1, maximum=60.0)
    joint_rate_hz: float = parameter(50.0, 'joint_states', minimum=1.0, maximum=500.0)
    scene_view_rate_hz: float = parameter(
        0.0, '~/scene_view, a picture from the side; 0 publishes none', minimum=0.0, maximum=30.0
    )
    depth_encoding: str = parameter('32FC1', 'metres or millimetres', choices=('32FC1', '16UC1'))
    depth_sigma_m: float = parameter(0.0005, 'standard deviation of depth noise', minimum=0.0)
    depth_hole_share: float = parameter(
        0.002, 'share of pixels without depth', minimum=0.0, maximum=1.0
    )
    publish_clock: bool = parameter(False, 'publish /clock, and stamp with simulated time')
    base_frame: str = parameter(BASE_FRAME, "the arm's base frame")
    scene: SceneParameters = field(default_factory=SceneParameters)
