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

"""Recipes of the speech models: sections of one configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vlm_robot.core.errors import ConfigurationError

_Section = TypeVar('_Section', bound=BaseModel)


class AcousticRecipe(BaseModel):
    """Section `acoustic` of `config/training/speech.yaml`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    sentences: int = Field(gt=0)
    seed: int = 0
    workers: int = Field(default=2, gt=0)  # processes that synthesise
    threads: int = Field(default=1, gt=0)  # of PyTorch
    loaders: int = Field(default=1, ge=0)  # processes that make noise; 0 is the training's own
    clips: int = Field(default=40, gt=0)  # of noise, music and motors
    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    rate: float = Field(gt=0)
    fitted: int = Field(default=120, ge=0)  # batches that the head is fitted to first
    judged_every: int = Field(default=250, gt=0)  # steps
    judged_on: int = Field(default=70, gt=0)  # sentences of speakers that are not trained on


def load_section(path: Path, name: str, kind: type[_Section]) -> _Section:
    """
    Read one model's recipe.

    :raises ConfigurationError: for a file or section that is none.
    """
    try:
        return kind(**yaml.safe_load(path.read_text(encoding='utf-8'))[name])
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as err:
        raise ConfigurationError(
            f'{str(path)!r} is not a training recipe with a section {name!r}: {err}'
        ) from err
    except ValidationError as err:
        raise ConfigurationError(f'{str(path)!r}, {name!r}: {err}') from err
