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
"""Axis-aligned boxes of the base frame: the workspace and keep-out zones."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, FiniteFloat, model_validator

from vlm_robot.core.values import Point3

_Corner = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class Box(BaseModel):
    """A box between two corners, in metres of the base frame; its faces belong to it."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    lower: _Corner
    upper: _Corner

    @model_validator(mode='after')
    def _check_order(self) -> Box:
        if any(low >= high for low, high in zip(self.lower, self.upper, strict=True)):
            raise ValueError(f'lower corner {self.lower!r} is not below upper {self.upper!r}')
        return self

    def contains(self, point: Point3) -> bool:
        """Whether a point lies in the box; False for a point with NaN."""
        limits = zip(self.lower, point, self.upper, strict=True)
        return all(low <= value <= high for low, value, high in limits)


WORKSPACE = Box(lower=(0.30, -0.30, -0.02), upper=(0.70, 0.30, 0.40))
"""Default workspace: the table in front of the arm."""
