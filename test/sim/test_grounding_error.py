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


"""Things in simulated scenes are measured to millimetres, whatever the camera is like."""

from __future__ import annotations

import numpy as np
import pytest

from bench.odd_cameras import CAMERAS, OddCamera, misses
from vlm_robot.sim.scene import SceneSettings, sample_scene

pytestmark = [pytest.mark.sim, pytest.mark.ros]

MANY = SceneSettings(min_objects=7, max_objects=8)


@pytest.mark.parametrize('camera', CAMERAS, ids=lambda camera: str(camera.name))
def test_centres_are_exact_to_millimetres(camera: OddCamera) -> None:
    seed = 300 + CAMERAS.index(camera)
    found = list(misses(sample_scene(seed, MANY), camera))
    assert len(found) >= 3
    assert all(miss.refusal == '' for miss in found)
    assert np.median([miss.distance_m for miss in found]) <= 0.005
    assert max(miss.distance_m for miss in found) <= 0.015
