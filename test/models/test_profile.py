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

"""Model profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.models.conventions.registry import CONVENTIONS
from vlm_robot.models.profile import known_profiles, load_profile

MUTE = 'source: x\nplan: tabletop\nprompts: {plan: <image>}'


def test_every_profile_that_ships_loads_and_names_a_known_convention() -> None:
    assert 'tabletop' in known_profiles()
    for name in known_profiles():
        profile = load_profile(name)
        assert profile.name == name
        assert profile.plan or profile.point
        assert {profile.plan, profile.point} <= {*CONVENTIONS, ''}
        assert profile.grounder in ('', *known_profiles())


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'tabeltop': known are .*tabletop"):
        load_profile('tabeltop')


@pytest.mark.parametrize('content', ['', '3', 'source: x', 'source: [', '\x07', MUTE])
def test_a_file_that_is_no_profile_is_a_configuration_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigurationError, match='is not a model profile'):
        load_profile(str(path))
