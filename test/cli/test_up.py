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

"""`vlm-robot up` says what is wrong with a configuration, by its status too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vlm_robot.cli import statuses
from vlm_robot.cli.main import main


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('/**/vlm_node: {ros__parameters: {camera.max_ages: 1.0}}', "mean 'camera.max_age_s'"),
        ('/**/vlm_node: {camera.max_age_s: 1.0}', 'not below its ros__parameters'),
        ('/**/vlm_node:\n\tros__parameters: {}', 'is no YAML'),
    ],
)
def test_a_parameter_file_that_cannot_be_used_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    file = tmp_path / 'mine.yaml'
    file.write_text(text)
    log = tmp_path / 'log'

    status = main(['up', 'vlm', '--params', str(file), '--log', str(log)])

    assert status == statuses.USAGE
    assert sentence in capsys.readouterr().err
    assert not log.exists()


@pytest.mark.ros
def test_a_node_that_ends_over_its_configuration_is_status_2(tmp_path: Path) -> None:
    command = ['up', 'vlm', '--model', 'no_such_model', '--log', str(tmp_path / 'log')]
    done = subprocess.run(
        [sys.executable, '-m', 'vlm_robot.cli.main', *command],
        env=os.environ | {'ROS_DOMAIN_ID': str(os.getpid() % 100 + 1)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == statuses.USAGE
    assert 'no_such_model' in done.stderr
