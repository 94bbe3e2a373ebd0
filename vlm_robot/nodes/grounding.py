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

import pydantic

from vlm_robot.core.box import Box
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.nodes.vlm_parameters import GroundingParameters


def grounding_settings(parameters: GroundingParameters) -> GroundingSettings:
    """
    Return the settings of grounding.

    :raises ConfigurationError: for a workspace that is no box, or a length out of range.
    """
    known = parameters.table == 'known'
    try:
        return GroundingSettings(
            workspace=Box.model_validate(
                {'lower': parameters.workspace_min, 'upper': parameters.workspace_max}
            ),
            table_height_m=parameters.table_height_m if known else None,
            table_tolerance_m=parameters.table_tolerance_m,
            max_range_m=parameters.max_range_m,
            object_height_m=parameters.object_height_m,
            max_opening_m=parameters.max_opening_m,
            finger_thickness_m=parameters.finger_thickness_m,
            finger_width_m=parameters.finger_width_m,
            finger_margin_m=parameters.finger_margin_m,
            fingertip_m=parameters.fingertip_m,
            grasp_depth_m=parameters.grasp_depth_m,
            lowest_grasp_m=parameters.lowest_grasp_m,
        )
    except pydantic.ValidationError as err:
        raise ConfigurationError(f'grounding cannot be configured: {err}') from err
