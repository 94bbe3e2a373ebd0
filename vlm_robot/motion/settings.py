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

"""The settings of the arm: joints, limits, and the geometry of its gripper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import pydantic
import yaml

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.resources import share_path

Positive = Annotated[float, pydantic.Field(gt=0)]


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)


class Limits(_Frozen):
    """Bounds per arm joint, in rad and s."""

    velocity: tuple[Positive, ...]
    acceleration: tuple[Positive, ...]
    jerk: tuple[Positive, ...]


class Tool(_Frozen):
    """Where the tcp is: z out of the palm, the fingers close along y."""

    frame: str  # a site, body or URDF link of the kinematic model
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of the tcp in that frame, m
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)  # rad, fixed axes, as in URDF


class GripperSettings(_Frozen):
    """The gripper: its dimensions in metres, and what its joints have to do with its opening."""

    joints: tuple[str, ...]  # get the same value each, the first is measured; none: by topic
    joint_values: tuple[float, ...] = ()  # rad or m, increasing; straight lines between them
    openings: tuple[float, ...] = ()  # between the pads at these values
    settle: Positive = 1.5  # s: for fingers without joints, that nobody measures
    max_opening: Positive
    max_width: Positive
    tip: Positive
    palm: Positive
    finger_depth: Positive
    clearance: Positive

    @pydantic.model_validator(mode='after')
    def _maps_joints_to_openings(self) -> Self:
        if not self.joints:
            return self
        if len(self.joint_values) != len(self.openings) or len(self.openings) < 2:
            raise ValueError(
                f'joint_values has {len(self.joint_values)} numbers and openings '
                f'{len(self.openings)}: expected two or more each, as many of both'
            )
        if not (_rises(self.joint_values) and (_rises(self.openings) or _falls(self.openings))):
            raise ValueError(
                f'joint_values {self.joint_values} must rise, openings {self.openings} '
                'rise or fall'
            )
        return self

    def opening_of(self, value: float) -> float:
        """Return the opening at a value of the joint."""
        return float(np.interp(value, self.joint_values, self.openings))

    def value_of(self, opening_m: float) -> float:
        """Return the joint's value at an opening, as near as it gets."""
        step = 1 if _rises(self.openings) else -1
        return float(np.interp(opening_m, self.openings[::step], self.joint_values[::step]))


class Heights(_Frozen):
    """Heights and depths in metres; `config/arm.yaml` says of what over what."""

    transit: Positive
    tip_clearance: Positive
    grasp_depth: Positive
    below_centre: float
    release: Positive
    max_drop: Positive
    over_rim: Positive
    over_push: Positive


class PushSettings(_Frozen):
    """How things are pushed, in metres; `config/arm.yaml` says more."""

    opening: Positive
    height_share: Positive
    run_up: Positive
    wide_run_up: Positive
    elongated: Positive


class Speeds(_Frozen):
    """Speeds of the tcp along straight lines in m/s."""

    free: Positive
    near: Positive
    push: Positive


class ArmSettings(_Frozen):
    """What motion knows about the arm beside its kinematic model."""

    joint_names: tuple[str, ...]
    tool: Tool
    home: tuple[float, ...]
    posture: tuple[float, ...]
    posture_weights: tuple[float, ...]
    limits: Limits
    gripper: GripperSettings
    heights: Heights
    push: PushSettings
    speed: Speeds

    @pydantic.model_validator(mode='after')
    def _has_one_value_per_joint(self) -> Self:
        count = len(self.joint_names)
        per_joint = {
            'home': self.home,
            'posture': self.posture,
            'posture_weights': self.posture_weights,
            'limits.velocity': self.limits.velocity,
            'limits.acceleration': self.limits.acceleration,
            'limits.jerk': self.limits.jerk,
        }
        for name, values in per_joint.items():
            if len(values) != count:
                raise ValueError(
                    f'{name} has {len(values)} values: expected {count}, as joint_names'
                )
        return self

    @property
    def lowest_tcp(self) -> float:
        """Height of the tcp when the finger tips are as low as they may be."""
        return self.gripper.tip + self.heights.tip_clearance

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """
        Read the settings.

        :param path: a YAML file; `config/arm.yaml` of this package if None.
        :raises ConfigurationError: when the file cannot be read, or a value is missing or wrong.
        """
        try:
            path = path or share_path('config', 'arm.yaml')
            return cls.model_validate(yaml.safe_load(path.read_text(encoding='utf-8')))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, pydantic.ValidationError) as err:
            raise ConfigurationError(
                f'arm settings {str(path)!r} cannot be used: {_reason(err)}'
            ) from err


def _reason(error: Exception) -> str:
    """Return what is wrong with a file, in one line."""
    if isinstance(error, pydantic.ValidationError):
        return '; '.join(
            ': '.join(filter(None, ('.'.join(map(str, fault['loc'])), fault['msg'])))
            for fault in error.errors()
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return ' '.join(str(error).split())


def _rises(values: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


def _falls(values: Sequence[float]) -> bool:
    return _rises(values[::-1])
