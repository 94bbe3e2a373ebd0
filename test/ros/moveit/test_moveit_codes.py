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

import pytest

from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.ros.moveit.codes import CODES, verdict_of


def test_only_success_is_ok() -> None:
    assert [code for code in CODES if verdict_of(code, 'lift').ok] == [1]
    assert verdict_of(1, 'lift', detail='ignored') == OK


@pytest.mark.parametrize('code', sorted(set(CODES) - {1}))
def test_every_failure_names_the_motion_the_constant_and_its_number(code: int) -> None:
    verdict = verdict_of(code, 'lift', detail='the planner says so')

    assert f"'lift' with {CODES[code].name} {code}: " in verdict.message
    assert verdict.message.endswith('(the planner says so)')


@pytest.mark.parametrize(
    ('code', 'outcome'),
    [
        (-31, Outcome.UNREACHABLE),
        (-1, Outcome.MOTION_FAILED),
        (-4, Outcome.CONTROLLER_FAILED),
        (-6, Outcome.TIMEOUT),
        (-7, Outcome.CANCELED),
        (-21, Outcome.NO_TRANSFORM),
    ],
)
def test_a_code_has_the_outcome_that_says_what_to_do_about_it(code: int, outcome: Outcome) -> None:
    assert verdict_of(code, 'lift').outcome is outcome


def test_a_code_that_is_not_known_fails_and_is_named() -> None:
    verdict = verdict_of(-4711, 'lift')

    assert verdict.outcome is Outcome.MOTION_FAILED
    assert 'an unknown code -4711' in verdict.message


def test_every_constant_of_the_message_is_in_the_table_under_its_name() -> None:
    codes = pytest.importorskip('moveit_msgs.msg').MoveItErrorCodes
    constants = {
        name: getattr(codes, name)
        for name in dir(type(codes))
        if name.isupper() and isinstance(getattr(codes, name), int)
    }

    assert len(constants) > 25
    assert {name: CODES[value].name for name, value in constants.items()} == {
        name: name for name in constants
    }
