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

"""The backend in front of a real model server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_server import ModelServer

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.models.answer import Request
from vlm_robot.models.planner import make_planner

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
FRAME = Frame(7, 'optical', IMAGE)


@pytest.fixture
def settings(
    model_server: ModelServer, make_profile: Callable[..., Path]
) -> Callable[[str], dict[str, str]]:
    def of(model: str) -> dict[str, str]:
        plan = 'plan_json' if model == 'json' else 'tabletop'
        source = model_server.models.get(model, model)
        profile = make_profile(source=source, plan=plan, max_new_tokens=12)
        return {'model': str(profile), 'url': model_server.url}

    return of


@pytest.mark.parametrize(
    ('model', 'raw'),
    [('right', 'missing cube'), ('json', '{"outcome":"not_found","label":"cube"}')],
)
def test_an_instruction_goes_to_the_server_and_comes_back_as_an_outcome(
    settings: Callable[[str], dict[str, str]], model: str, raw: str
) -> None:
    planner = make_planner('auto', settings(model))
    plan = planner.plan(FRAME, 'pick up the cube', deadline_s=120)
    planner.backend.close()
    assert plan.outcome is Outcome.NOT_FOUND
    assert plan.raw_answer == raw


def test_a_model_that_answers_wrong_is_asked_twice_and_then_refused(
    settings: Callable[[str], dict[str, str]],
) -> None:
    planner = make_planner('auto', settings('wrong'))
    pieces: list[str] = []
    with pytest.raises(Refusal, match="no valid answer, twice: 'fly'") as caught:
        planner.backend.answer(Request('go', (IMAGE,), deadline_s=120), on_text=pieces.append)
    planner.backend.close()
    assert (caught.value.outcome, caught.value.raw) == (Outcome.INVALID_ANSWER, 'fly there')
    assert pieces == ['fly', ' there'] * 2


def test_a_model_that_finds_no_end_is_refused(
    settings: Callable[[str], dict[str, str]],
) -> None:
    planner = make_planner('auto', settings('endless'))
    with pytest.raises(Refusal, match='reached its limit of tokens') as caught:
        planner.plan(FRAME, 'go', deadline_s=120)
    planner.backend.close()
    assert caught.value.raw.startswith('missing cube cube')


def test_a_model_that_the_server_lacks_is_refused(
    settings: Callable[[str], dict[str, str]],
) -> None:
    planner = make_planner('auto', settings('no/such_model'))
    with pytest.raises(Refusal) as caught:
        planner.plan(FRAME, 'go', deadline_s=120)
    planner.backend.close()
    assert caught.value.outcome is Outcome.MODEL_ERROR
