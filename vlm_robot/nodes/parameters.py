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

"""The parameters of every node. Their defaults are in these classes and nowhere else."""

from __future__ import annotations

from typing import Any

from vlm_robot.nodes.motion_parameters import MotionParameters
from vlm_robot.nodes.sim_parameters import SimParameters
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.nodes.task_parameters import TaskParameters
from vlm_robot.nodes.vlm_parameters import VlmParameters

NODES: dict[str, type[Any]] = {
    'vlm_node': VlmParameters,
    'task_node': TaskParameters,
    'motion_node': MotionParameters,
    'sim_node': SimParameters,
    'speech_node': SpeechParameters,
}
"""Node -> its parameters."""
