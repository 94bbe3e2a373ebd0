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

from pathlib import Path
from typing import Annotated, Self

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


class GripperSettings(_Frozen):
    """The gripper's dimensions in metres."""

    max_opening: Positive
    max_width: Positive
    tip: Positive
    palm: Positive
    finger_depth: Positive
    clearance: Positive


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
    tcp_site: str
    gripper_joint: str
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
            raise ConfigurationError(f'arm settings {str(path)!r} cannot be used: {err}') from err
