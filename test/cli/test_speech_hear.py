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

"""`vlm-robot speech hear` prints what is heard; its status says whether that was understood."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from vlm_robot.cli import statuses
from vlm_robot.cli.main import main

COMMAND = 'put the red cube in the bowl'


@pytest.fixture(scope='module')
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('sound') / 'said.wav'
    subprocess.run(['flite', '-voice', 'rms', '-t', COMMAND, '-o', str(path)], check=True)
    return path


@pytest.fixture(autouse=True)
def as_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, 'argv', ['vlm-robot', 'speech', 'hear'])


def hear(sound: Path, folder: Path, *heard: str) -> int:
    script = folder / 'script.yaml'
    script.write_text(yaml.safe_dump({'heard': list(heard)}))
    command = ['speech', 'hear', str(sound), '--recogniser', 'scripted', '--model', str(script)]
    return main(command)


def test_what_is_understood_is_printed_with_times_and_confidence(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hear(sound, tmp_path, COMMAND) == statuses.OK

    (line,) = capsys.readouterr().out.splitlines()
    assert 'INSTRUCTION' in line
    assert line.endswith(f'1.00  {COMMAND}')


def test_a_file_in_which_nothing_is_understood_is_told_by_the_status(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hear(sound, tmp_path) == statuses.REFUSED

    said = capsys.readouterr()
    assert 'no words were heard' in said.out
    assert 'nothing was understood' in said.err


def test_a_file_that_is_none_is_told_by_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hear(tmp_path / 'none.wav', tmp_path, COMMAND) == statuses.NO_SERVER

    assert 'none.wav' in capsys.readouterr().err
