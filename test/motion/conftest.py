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

"""The arm that the tests of motion plan for."""

from __future__ import annotations

import mujoco
import pytest

from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.sim.model import ARM_PATH


@pytest.fixture(scope='session')
def settings() -> ArmSettings:
    return ArmSettings.load()


@pytest.fixture(scope='session')
def arm(settings: ArmSettings) -> mujoco.MjModel:
    return load_arm(ARM_PATH, settings)


@pytest.fixture(scope='session')
def kinematics(arm: mujoco.MjModel, settings: ArmSettings) -> Kinematics:
    return Kinematics(arm, settings)
