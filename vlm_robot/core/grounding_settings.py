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
"""What grounding takes for granted about the table, the things on it and the gripper."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from vlm_robot.core.box import WORKSPACE, Box


class GroundingSettings(BaseModel):
    """Settings of grounding; lengths in metres."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    workspace: Box = WORKSPACE
    table_height_m: FiniteFloat | None = Field(
        default=0.0, description='Height of the table in the base frame; None estimates it.'
    )
    table_tolerance_m: float = Field(
        default=0.02, gt=0, description='Largest difference of the seen table from that height.'
    )
    max_range_m: float = Field(default=3.0, gt=0, description='Depth beyond this is ignored.')
    search_px: int = Field(
        default=8, ge=0, le=64, description='How far from the pointed pixel a thing is looked for.'
    )
    object_height_m: float = Field(
        default=0.008, gt=0, description='What stands higher above the table is a thing.'
    )
    flat_height_m: float = Field(
        default=0.003, gt=0, description='The same for smoothed heights, for trays and plates.'
    )
    depth_step_m: float = Field(
        default=0.012, gt=0, description='Neighbour pixels further apart are not one surface.'
    )
    max_hole_m: float = Field(
        default=0.015, ge=0, description='Wider holes in the depth of a surface stay open.'
    )
    max_object_m: float = Field(
        default=0.30, gt=0, description='Nothing larger than this is looked for.'
    )
    finger_thickness_m: float = Field(default=0.020, gt=0, description='Along the closing axis.')
    finger_width_m: float = Field(default=0.025, gt=0, description='Across the closing axis.')
    finger_margin_m: float = Field(default=0.015, gt=0, description='Opening beyond each side.')
    max_opening_m: float = Field(default=0.080, gt=0, description='Between the open fingers.')
    grasp_depth_m: float = Field(
        default=0.030, gt=0, description="Of the point between the pads under a tall thing's top."
    )
    lowest_grasp_m: float = Field(
        default=0.013, ge=0, description='The least height of that point above the table.'
    )
    fingertip_m: float = Field(default=0.009, ge=0, description='From that point to the tips.')
    gap_m: float = Field(default=0.025, gt=0, description='PLACE NEXT_TO: from edge to edge.')
    held_size_m: float = Field(
        default=0.050, gt=0, description='Width of a held thing that the plan did not pick.'
    )
