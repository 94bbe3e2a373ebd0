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

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.resources import share_path
from vlm_robot.sim.model import ARM_PATH, HOME


def _write(folder: Path, **changes: object) -> Path:
    values = yaml.safe_load(share_path('config', 'arm.yaml').read_text(encoding='utf-8'))
    path = folder / 'arm.yaml'
    path.write_text(yaml.safe_dump({**values, **changes}), encoding='utf-8')
    return path


def test_the_arm_goes_home_to_where_the_simulator_starts(settings: ArmSettings) -> None:
    assert settings.home == HOME


@pytest.mark.parametrize(
    'path', sorted(share_path('config', 'arms').glob('*.yaml')), ids=lambda path: path.stem
)
def test_the_settings_of_every_shipped_arm_can_be_used(path: Path) -> None:
    settings = ArmSettings.load(path)
    assert settings.lowest_tcp < settings.heights.transit
    assert settings.gripper.max_width < settings.gripper.max_opening


def test_a_list_with_a_value_too_few_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='home has 2 values: expected 7'):
        ArmSettings.load(_write(tmp_path, home=[0.0, 1.0]))


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('push', {'opening': 0.02}),
        ('speed', {'free': float('nan'), 'near': 0.1, 'push': 0.1}),
        ('speed', {'free': -1, 'near': 0.1, 'push': 0.1}),
        ('sped', {}),
    ],
)
def test_a_wrong_value_is_refused_by_name(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        ArmSettings.load(_write(tmp_path, **{name: value}))


@pytest.mark.parametrize('text', ['{', '- 1', '\x00', ''])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'arm.yaml'
    path.write_text(text, encoding='utf-8')
    with pytest.raises(ConfigurationError, match='cannot be used'):
        ArmSettings.load(path)


def test_a_model_without_a_joint_of_the_settings_is_refused(settings: ArmSettings) -> None:
    names = ('joint1', 'elbow', *settings.joint_names[2:])
    with pytest.raises(ConfigurationError, match="has no joint 'elbow'"):
        load_arm(ARM_PATH, settings.model_copy(update={'joint_names': names}))


def test_a_model_that_is_not_there_is_refused(settings: ArmSettings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='cannot be loaded'):
        load_arm(tmp_path / 'arm.xml', settings)
