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


"""The settings of grounding from parameters."""

from __future__ import annotations

import pytest

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.nodes.grounding import grounding_settings
from vlm_robot.nodes.vlm_parameters import GroundingParameters


def test_parameters_as_they_are_give_settings_as_they_are() -> None:
    assert grounding_settings(GroundingParameters()) == GroundingSettings()


def test_an_estimated_table_has_no_known_height() -> None:
    found = grounding_settings(GroundingParameters(table='estimated', table_height_m=0.4))
    assert found.table_height_m is None
    known = grounding_settings(GroundingParameters(table='known', table_height_m=0.4))
    assert known.table_height_m == 0.4


def test_a_workspace_and_a_gripper_of_one_s_own_are_taken() -> None:
    found = grounding_settings(
        GroundingParameters(
            workspace_min=(0.0, -1.0, 0.0), workspace_max=(1.0, 1.0, 1.0), max_opening_m=0.14
        )
    )
    assert (found.workspace.upper, found.max_opening_m) == ((1.0, 1.0, 1.0), 0.14)


@pytest.mark.parametrize(
    ('wrong', 'named'),
    [
        (GroundingParameters(workspace_min=(0.9, 0.0, 0.0)), 'is not below upper'),
        (GroundingParameters(workspace_min=(0.1, 0.0)), 'lower'),
        (GroundingParameters(max_range_m=0.0), 'max_range_m'),
        (GroundingParameters(finger_width_m=-0.01), 'finger_width_m'),
    ],
)
def test_what_cannot_be_is_refused_when_the_node_is_configured(
    wrong: GroundingParameters, named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        grounding_settings(wrong)
