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

"""What the tests of MoveIt share: a domain, a fake move_group in it, and a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from ros_fixture import Ros, open_ros

from vlm_robot.core.outcome import Verdict

if TYPE_CHECKING:
    from moveit_fixture import FakeMoveGroup


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def start() -> Iterator[Callable[..., Future[Verdict]]]:
    """Run something on a thread; its end is waited for."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


@pytest.fixture
def group(ros: Ros) -> FakeMoveGroup:
    from moveit_fixture import FakeMoveGroup

    return ros.start(FakeMoveGroup)
