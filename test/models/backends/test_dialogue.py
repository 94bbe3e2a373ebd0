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

"""What is said to a server until it has given an answer that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from acts import refuses_fields, says, sends, streams
from servers import ChatServer, serving

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.plan_schema import plan_schema
from vlm_robot.models.profile import load_profile

MakeProfile = Callable[..., Path]

IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
OTHER = np.zeros((20, 30, 3), np.uint8)


def connect(server: ChatServer, profile: Path, **settings: str) -> Backend:
    return make_backend('openai', {'model': str(profile), 'url': server.url, **settings})


def test_a_field_that_a_server_refuses_is_left_out_from_then_on(make_profile: MakeProfile) -> None:
    with serving(refuses_fields('logprobs', then=streams('missing'))) as server:
        backend = connect(server, make_profile())
        for _ in range(2):
            assert backend.answer(Request('pick it', (IMAGE,))).tokens == ()
        backend.close()
    assert ['logprobs' in asked.body for asked in server.received] == [True, False, False]


def test_a_plan_in_json_is_asked_for_by_its_schema_where_the_server_takes_it(
    make_profile: MakeProfile,
) -> None:
    profile = make_profile(plan='plan_json', point='json_points')
    answer = streams('{"outcome":', '"unsupported"}')
    for refused in ((), ('response_format',), ('logprobs',), ('response_format', 'logprobs')):
        with serving(refuses_fields(*refused, then=answer)) as server:
            backend = connect(server, profile)
            for _ in range(2):
                assert backend.answer(Request('fly', (IMAGE,))).text == '{"outcome":"unsupported"}'
            backend.answer(Request('what', (IMAGE,), Task.ASK))
            backend.close()
        first, *_, plan, question = server.received
        wanted = first.body['response_format']
        assert wanted['type'] == 'json_schema'
        assert wanted['json_schema']['schema'] == plan_schema(load_profile(str(profile)))
        left = {'response_format', 'logprobs'} - set(refused)
        assert left == {'response_format', 'logprobs'} & set(plan.body)
        assert 'response_format' not in question.body, 'words follow no schema'
        assert len(server.received) == len(refused) + 3


def test_a_refusal_that_names_no_field_costs_the_schema_first(make_profile: MakeProfile) -> None:
    bad = sends({'detail': 'Invalid request'}, status=422)
    with serving(bad, streams('{"outcome":"unsupported"}')) as server:
        backend = connect(server, make_profile(plan='plan_json'))
        assert backend.answer(Request('fly', (IMAGE,))).tokens
        backend.close()
    assert 'response_format' not in server.received[-1].body


def test_a_request_that_is_refused_for_itself_leaves_the_fields_as_they_were(
    make_profile: MakeProfile,
) -> None:
    too_long = sends({'error': {'message': 'the prompt is too long'}}, status=400)
    with serving(too_long, too_long, streams('missing')) as server:
        backend = connect(server, make_profile())
        with pytest.raises(Refusal, match="refuses the request: 'the prompt is too long'"):
            backend.answer(Request('pick it', (IMAGE,)))
        assert backend.answer(Request('pick it', (IMAGE,))).tokens
        backend.close()
    assert ['logprobs' in asked.body for asked in server.received] == [True, False, True]


@pytest.mark.parametrize('task', [Task.PLAN, Task.POINT])
def test_an_invalid_answer_is_shown_to_its_model_which_may_repair_it(
    make_profile: MakeProfile, task: Task
) -> None:
    with serving(says('fly away'), says('pick <x_1> <y_2> cube')) as server:
        backend = connect(server, make_profile(point='tabletop'))
        assert backend.answer(Request('go', (IMAGE,), task)).text == 'pick <x_1> <y_2> cube'
        backend.close()
    first, second = server.received
    *before, shown, asked = second.body['messages']
    assert before == first.body['messages']
    assert shown == {'role': 'assistant', 'content': 'fly away'}
    assert "'fly' begins no answer" in asked['content']


def test_what_is_invalid_twice_is_an_invalid_answer_with_its_raw_text(
    make_profile: MakeProfile,
) -> None:
    with serving(says('fly away'), says('just fly'), streams('missing')) as server:
        backend = connect(server, make_profile())
        with pytest.raises(Refusal, match='no valid answer, twice') as caught:
            backend.answer(Request('go', (IMAGE,)))
        assert (caught.value.outcome, caught.value.raw) == (Outcome.INVALID_ANSWER, 'just fly')
        assert len(server.received) == 2
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing'
        backend.close()
