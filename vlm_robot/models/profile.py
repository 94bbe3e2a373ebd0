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
from typing import Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.core.skills import CATALOGUE, Relation, SkillSpec
from vlm_robot.models.answer import Task
from vlm_robot.models.units import Units
from vlm_robot.resources import share_path


class Resize(BaseModel):
    """
    How a model's processor resizes images, where the backend cannot ask the processor itself.

    Sides become multiples of `multiple_of`, the area stays between the two limits (the rule that
    Qwen2-VL's processor calls smart_resize).
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    multiple_of: int = Field(gt=0)
    min_pixels: int = Field(default=0, ge=0)
    max_pixels: int = Field(default=2**31, gt=0)


class Profile(BaseModel):
    """One file of `config/models/`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str = ''  # the file's name
    source: str  # a hub id or path; 'package:<folder>' is a checkpoint that came with this package
    backend: str = 'local'  # which runs it unless the operator says otherwise
    tested: str = ''  # how the project tested this family, and on what; for the README's table

    # Asking. Without a template of its own a task is asked for by the words of models/prompts.py.
    chat: bool = True  # whether the processor's chat template makes the prompt
    prompts: dict[Task, str] = {}  # with {instruction} in it

    # Reading.
    plan: str = ''  # syntax of plans, a name of models.conventions.registry; '': it cannot plan
    point: str = ''  # syntax of points; '': it cannot point
    relations: tuple[Relation, ...] = CATALOGUE['place'].relations  # by name: those that it knows
    units: Units = Units()
    resize: Resize | None = None
    grounder: str = ''  # profile of a second model that points, for one that plans but does not
    keep_special_tokens: bool = False  # whether the syntax is made of special tokens
    stop: tuple[str, ...] = ()
    confidence_temperature: float = Field(default=1.0, gt=0)  # see models.reading.temper
    self_test: Literal['none', 'drawn', 'tabletop'] = 'drawn'  # the images of its self-test

    # Running.
    dtype: str = 'auto'  # of PyTorch by name; 'auto': bfloat16 on a CUDA device, else float32
    max_new_tokens: int = Field(default=256, gt=0)
    max_pixels: int = Field(default=0, ge=0)  # larger images are made smaller; 0: no limit
    threads: int = 0  # of PyTorch in the model's process on a CPU; 0 leaves PyTorch's own number
    adapter: str = ''  # path or hub id of a LoRA adapter
    quantisation: Literal['', '4bit'] = ''  # 4bit needs bitsandbytes and a CUDA device
    compile: bool = False  # torch.compile with a static cache
    trust_remote_code: bool = False

    def relations_of(self, spec: SkillSpec) -> tuple[Relation, ...]:
        """Return the relations of a skill that the model knows."""
        return tuple(r for r in spec.relations if r is Relation.NONE or r in self.relations)

    @field_validator('relations', mode='before')
    @classmethod
    def _by_name(cls, names: object) -> object:
        known = {relation.name.lower(): relation for relation in CATALOGUE['place'].relations}
        listed = names if isinstance(names, (list, tuple)) and names else [names]
        # YAML reads a bare on as True
        strange = [n for n in listed if not isinstance(n, Relation) and str(n) not in known]
        if strange:
            raise ValueError(f'{strange[0]!r} is no relation: expected some of {", ".join(known)}')
        return tuple(n if isinstance(n, Relation) else known[str(n)] for n in listed)

    @field_serializer('relations', when_used='json')
    def _names(self, relations: tuple[Relation, ...]) -> list[str]:
        return [relation.name.lower() for relation in relations]

    @model_validator(mode='after')
    def _is_of_use(self) -> Profile:
        if not (self.plan or self.point):
            raise ValueError('it neither plans nor points')
        for task, template in self.prompts.items():
            if '{instruction}' not in template:
                raise ValueError(f'its prompt {task.value!r} has no {{instruction}}')
        return self


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
