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

"""A model's profile: how it is asked and how its answers are read."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.resources import share_path


class Profile(BaseModel):
    """One file of `config/models/`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str = ''  # the file's name
    source: str  # a hub id or path; 'package:<folder>' is a checkpoint that came with this package
    prompt: str  # with {instruction} in it
    convention: str  # a name of models.conventions.registry
    dtype: str = 'float32'
    max_new_tokens: int = 96
    threads: int = 0  # of PyTorch in the model's process on a CPU; 0 leaves PyTorch's own number


def known_profiles() -> list[str]:
    """Return the names of all profiles."""
    return sorted(path.stem for path in share_path('config', 'models').glob('*.yaml'))


def load_profile(name: str) -> Profile:
    """
    Read a profile by name, or from a YAML file of one's own.

    :raises UnknownNameError: for a name that is neither.
    :raises ConfigurationError: for a file that is not a profile.
    """
    path = (
        Path(name) if name.endswith('.yaml') else share_path('config', 'models') / f'{name}.yaml'
    )
    if not path.is_file():
        raise UnknownNameError('model', name, known_profiles())
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
        return Profile(**{**values, 'name': path.stem})
    except (yaml.YAMLError, ValidationError, TypeError, OSError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'{str(path)!r} is not a model profile: {err}') from err
