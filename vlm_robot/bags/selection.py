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

"""Which topics of a running graph belong into a bag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

Wants = Callable[[str, str], bool]
"""Tells of a topic's name and type whether to record it."""

_TYPES = frozenset(
    {
        'sensor_msgs/msg/Image',
        'sensor_msgs/msg/CompressedImage',
        'sensor_msgs/msg/CameraInfo',
        'sensor_msgs/msg/JointState',
        'tf2_msgs/msg/TFMessage',
        'trajectory_msgs/msg/JointTrajectory',
        'diagnostic_msgs/msg/DiagnosticArray',
        'diagnostic_msgs/msg/DiagnosticStatus',
        'rosgraph_msgs/msg/Clock',
    }
)
_NAMES = ('instruction', 'stop', 'goal_pose')
_PLANS = 'vlm_robot_interfaces/action/ExecuteInstruction_FeedbackMessage'
_OWN = 'vlm_robot_interfaces/'
_DERIVED = ('overlay', 'scene_view')
"""Last words of images that are drawn from others."""


def usual(name: str, type_name: str) -> bool:
    """Whether a topic is recorded if nothing is said: cameras, arm, transforms, plans."""
    last = name.rpartition('/')[2]
    if last in _DERIVED or ('/_' in name and type_name != _PLANS):
        return False
    return type_name in _TYPES or type_name.startswith(_OWN) or last in _NAMES


def matching(patterns: Sequence[str]) -> Wants:
    """
    Return what wants the topics that one of the patterns names, as the shell does for files.

    :param patterns: for example '/camera/*'; a name without its slash is meant at the root.
    """
    absolute = [p if p.startswith(('/', '*')) else f'/{p}' for p in patterns]
    return lambda name, _: any(fnmatchcase(name, pattern) for pattern in absolute)
