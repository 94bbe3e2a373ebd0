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

import subprocess
import sys

import pytest

from vlm_robot.cli import statuses
from vlm_robot.cli.main import SUBCOMMANDS, main
from vlm_robot.core.outcome import Outcome


def test_help_lists_every_command_and_the_exit_statuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['--help'])

    said = capsys.readouterr().out
    assert caught.value.code == 0
    assert all(name in said for name in SUBCOMMANDS)
    assert '130' in said


def test_help_imports_nothing_heavy() -> None:
    script = (
        'import sys\n'
        'from vlm_robot.cli.main import main\n'
        'try: main(["--help"])\n'
        'except SystemExit: pass\n'
        'heavy = {"rclpy", "numpy", "torch", "mujoco", "cv2", "transformers"} & set(sys.modules)\n'
        'sys.exit(", ".join(heavy) or 0)'
    )

    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, '')


@pytest.mark.parametrize('arguments', [[], ['dance'], ['say'], ['up', 'mars'], ['--banana']])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == statuses.USAGE
    assert 'usage' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('outcome', 'status'),
    [
        (Outcome.OK, 0),
        (Outcome.NOT_FOUND, 3),
        (Outcome.AMBIGUOUS, 3),
        (Outcome.BAD_INSTRUCTION, 3),
        (Outcome.NO_DEPTH, 3),
        (Outcome.OUTSIDE_WORKSPACE, 3),
        (Outcome.GRASP_FAILED, 4),
        (Outcome.CONTROLLER_FAILED, 4),
        (Outcome.CANCELED, 4),
        (Outcome.TIMEOUT, 5),
        (Outcome.MODEL_ERROR, 5),
    ],
)
def test_each_outcome_has_an_exit_status(outcome: Outcome, status: int) -> None:
    assert statuses.exit_status(outcome) == status
