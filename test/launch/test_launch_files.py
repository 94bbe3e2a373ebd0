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

"""The launch files under the real launch, where a ROS installation has it and this package."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from importlib import import_module

import pytest

from vlm_robot.bringup.graph import PACKAGE

testing = pytest.importorskip('launch_testing.test_runner')
loader = pytest.importorskip('launch_testing.loader')
pytest.importorskip('launch_ros')
packages = pytest.importorskip('ament_index_python.packages')

pytestmark = [pytest.mark.launch, pytest.mark.ros, pytest.mark.sim, pytest.mark.e2e]


@pytest.fixture(autouse=True)
def a_domain_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))


@pytest.fixture(autouse=True)
def installed() -> None:
    if PACKAGE not in packages.get_packages_with_prefixes():
        pytest.skip(f'{PACKAGE} is not installed in an ament prefix: run colcon build')


@pytest.fixture(autouse=True)
def no_loop_is_left() -> Iterator[None]:
    yield
    gc.collect()  # launch leaves its event loop open, and Python says so when it is freed


@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')
@pytest.mark.filterwarnings('ignore::ResourceWarning')
@pytest.mark.parametrize('name', ['demo', 'robot'])
def test_a_launch_file_does_what_its_scenario_says(name: str) -> None:
    # by launch_testing's own runner: its pytest plugin does not load with every pytest
    scenario = import_module(f'{name}_scenario')
    runs = loader.LoadTestsFromPythonModule(scenario, name=name)
    runner = testing.LaunchTestRunner(test_runs=runs)
    runner.validate()

    results = runner.run()

    troubles = [t for r in results.values() if r is not None for t in r.errors + r.failures]
    assert results
    assert all(r is not None and r.testsRun for r in results.values())
    assert troubles == []
