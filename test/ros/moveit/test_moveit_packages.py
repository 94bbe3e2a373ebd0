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

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from ros_fixture import Ros, open_ros

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.ros.moveit.make import require

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def test_a_package_that_is_missing_is_named_with_what_installs_it() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r'needs no_such_msgs: sudo apt install ros-\$ROS_DISTRO-no-such-msgs$',
    ):
        require('no_such_msgs')


def test_a_package_that_is_installed_is_not_missed() -> None:
    require('geometry_msgs')


@pytest.mark.parametrize('package', ['moveit_msgs', 'control_msgs'])
def test_without_moveits_messages_the_node_does_not_start(
    ros: Ros, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in ('moveit_msgs', 'control_msgs'):
        module = None if name == package else ModuleType(f'{name}.msg')
        monkeypatch.setitem(sys.modules, f'{name}.msg', module)
        monkeypatch.setitem(sys.modules, name, ModuleType(name))

    with pytest.raises(ConfigurationError, match=f'executor moveit needs {package}: '):
        ros.start(MotionNode, executor='moveit')
