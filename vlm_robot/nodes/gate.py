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

"""The gate's settings from parameters."""

from __future__ import annotations

import pydantic

from vlm_robot.core.box import Box
from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.core.safety import GateSettings
from vlm_robot.core.skills import CATALOGUE, Skill
from vlm_robot.nodes.task_parameters import GateParameters


def gate_settings(parameters: GateParameters) -> GateSettings:
    """
    Return the gate's settings.

    :raises ConfigurationError: for a box that is none, an unknown skill, or a limit out of range.
    """
    try:
        return GateSettings(
            base_frame=parameters.base_frame,
            max_age_s=parameters.max_age_s,
            allowed_skills=frozenset(_skill(name) for name in parameters.skills),
            min_confidence=parameters.min_confidence,
            accept_unknown_confidence=parameters.accept_unknown_confidence,
            workspace=_box((*parameters.workspace_min, *parameters.workspace_max)),
            keep_out=_boxes(parameters.keep_out),
            reach_min_m=parameters.reach_min_m,
            reach_max_m=parameters.reach_max_m,
            max_width_m=parameters.max_width_m,
            approval_required=parameters.approval_required,
            dry_run=parameters.dry_run,
        )
    except pydantic.ValidationError as err:
        raise ConfigurationError(f'the gate cannot be configured: {err}') from err


def _skill(name: str) -> Skill:
    if name not in CATALOGUE:
        raise UnknownNameError('skill', name, CATALOGUE)
    return CATALOGUE[name].skill


def _boxes(numbers: tuple[float, ...]) -> tuple[Box, ...]:
    if len(numbers) % 6:
        raise ConfigurationError(
            f'gate.keep_out has {len(numbers)} numbers: expected six for each box'
        )
    return tuple(_box(numbers[i : i + 6]) for i in range(0, len(numbers), 6))


def _box(numbers: tuple[float, ...]) -> Box:
    if len(numbers) != 6:
        raise ConfigurationError(f'a box has the numbers {numbers!r}: expected six')
    x0, y0, z0, x1, y1, z1 = numbers
    return Box(lower=(x0, y0, z0), upper=(x1, y1, z1))
