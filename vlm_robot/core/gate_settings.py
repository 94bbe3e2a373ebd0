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
"""What the gate lets through."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from vlm_robot.core.box import WORKSPACE, Box
from vlm_robot.core.skills import Skill

_Positive = Annotated[FiniteFloat, Field(gt=0)]
_Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


class GateSettings(BaseModel):
    """Limits of the gate; lengths in metres of the base frame. The defaults let nothing move."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    base_frame: str = Field(default='base_link', min_length=1)
    max_age_s: _Positive = Field(default=5.0, description='Oldest image that a plan may rest on.')
    max_future_s: _Positive = Field(
        default=0.2, description='How far an image may be ahead of the clock.'
    )
    remembered_ids: int = Field(default=1024, ge=1, description='Ids of plans that were let by.')
    allowed_skills: frozenset[Skill] = Field(default=frozenset(Skill))
    min_confidence: _Share = Field(
        default=0.5, description='Least probability of a point; 0 asks for none.'
    )
    accept_unknown_confidence: bool = Field(
        default=False, description='Let points by of which the backend reports no probability.'
    )
    workspace: Box = Field(default=WORKSPACE, description='Targets and goals lie in this box.')
    keep_out: tuple[Box, ...] = Field(default=(), description='Targets and goals lie in none.')
    reach_min_m: _Positive = Field(default=0.25, description='From the origin of the base.')
    reach_max_m: _Positive = Field(default=0.80, description='From the origin of the base.')
    max_width_m: _Positive = Field(
        default=0.078, description='Widest thing between the open fingers.'
    )
    approval_required: bool = Field(default=True)
    dry_run: bool = Field(default=True, description='Refuse every plan at the last check.')

    @model_validator(mode='after')
    def _check_reach(self) -> GateSettings:
        if self.reach_min_m >= self.reach_max_m:
            raise ValueError(
                f'reach_min_m {self.reach_min_m!r} is not below reach_max_m {self.reach_max_m!r}'
            )
        return self
