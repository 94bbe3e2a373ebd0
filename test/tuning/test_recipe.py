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

"""Training recipes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.resources import share_path
from vlm_robot.tuning.recipe import load_recipe

SHIPPED = share_path('config', 'training') / 'tabletop.yaml'


def test_the_recipe_that_ships_loads() -> None:
    assert load_recipe(SHIPPED).tuning_steps > 0


@pytest.mark.parametrize('content', ['', '3', '- 1', '1: 2', 'scenes: [', '\x07', 'scenes: 10'])
def test_a_file_that_is_no_recipe_is_a_configuration_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'recipe.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigurationError, match=r"recipe.yaml' is not a training recipe: \S"):
        load_recipe(path)


@pytest.mark.parametrize(
    ('key', 'value'), [('scenes', 0), ('tuning_rate', -1.0), ('workers', 'two'), ('stages', 3)]
)
def test_a_wrong_value_is_refused_by_its_name(tmp_path: Path, key: str, value: object) -> None:
    values = yaml.safe_load(SHIPPED.read_text(encoding='utf-8'))
    path = tmp_path / 'recipe.yaml'
    path.write_text(yaml.safe_dump(values | {key: value}), encoding='utf-8')
    with pytest.raises(ConfigurationError, match=key):
        load_recipe(path)


def test_a_recipe_that_is_missing_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='is not a training recipe'):
        load_recipe(tmp_path / 'none.yaml')
