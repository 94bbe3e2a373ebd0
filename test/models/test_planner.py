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

"""From an answer's text to a plan or a named refusal."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import yaml

from vlm_robot.core.errors import ConfigurationError, Refusal, UnknownNameError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Plan
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import Planner

FRAME = Frame(7, 'optical', np.zeros((480, 640, 3), np.uint8))


def planner(folder: Path, answer: str) -> Planner:
    script = folder / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'*': answer}}), encoding='utf-8')
    return Planner(make_backend('scripted', {'model': str(script)}))


def json_plan(folder: Path, answer: str) -> Plan:
    script = folder / 'script.yaml'
    values = {'convention': 'plan_json', 'answers': {'*': answer}}
    script.write_text(yaml.safe_dump(values), encoding='utf-8')
    return Planner(make_backend('scripted', {'model': str(script)})).plan(FRAME, 'do it')


def plan(folder: Path, answer: str) -> Plan:
    return planner(folder, answer).plan(FRAME, 'do it')


def test_steps_become_a_plan_on_the_frames_stamp(tmp_path: Path) -> None:
    result = plan(tmp_path, 'pick <x_1> <y_2> red cube ; place on <x_3> <y_4> plate')
    assert result.verdict.ok
    assert [step.target.label for step in result.steps] == ['red cube', 'plate']
    assert (result.stamp_ns, result.camera_frame) == (7, 'optical')
    assert list(result.timings_s) == ['model', 'parse']


@pytest.mark.parametrize(
    ('answer', 'outcome', 'sentence'),
    [
        ('missing purple dragon', Outcome.NOT_FOUND, "I see nothing that fits 'purple dragon'"),
        ('missing', Outcome.NOT_FOUND, 'I see nothing that fits the instruction'),
        ('unsupported', Outcome.UNSUPPORTED, 'I have no skill for that'),
        ('pick <x_1> <y_1> mug or <x_1> <y_1>', Outcome.INVALID_ANSWER, 'one thing'),
        ('answer 3', Outcome.UNSUPPORTED, "'answer 3' is an answer, not a plan"),
        ('rm -rf /', Outcome.INVALID_ANSWER, 'the model gave no valid answer'),
        ('', Outcome.INVALID_ANSWER, 'the model gave no valid answer'),
    ],
)
def test_every_other_answer_is_a_refusal_with_its_code_and_sentence(
    tmp_path: Path, answer: str, outcome: Outcome, sentence: str
) -> None:
    result = plan(tmp_path, answer)
    assert result.outcome is outcome
    assert sentence in result.verdict.message
    assert result.steps == ()
    assert result.raw_answer == answer


def test_a_step_that_names_a_thing_without_pointing_at_it_refuses_the_plan(tmp_path: Path) -> None:
    bare = json_plan(tmp_path, '{"outcome":"ok","steps":[{"skill":"pick","label":"red cube"}]}')
    assert bare.outcome is Outcome.INVALID_ANSWER
    assert "does not point at 'red cube'" in bare.verdict.message
    assert bare.steps == ()
    step = '{"skill":"pick","point":[500,500],"label":"red cube"}'
    assert json_plan(tmp_path, f'{{"outcome":"ok","steps":[{step}]}}').verdict.ok


def test_an_ambiguous_answer_asks_back_and_shows_what_matches(tmp_path: Path) -> None:
    result = plan(tmp_path, 'pick <x_1> <y_1> red cube or <x_200> <y_1> red cube')
    assert result.outcome is Outcome.AMBIGUOUS
    assert 'red cube' in result.question
    assert result.question.endswith('?')
    assert len(result.candidates) == 2


def test_a_question_gets_its_answer_in_words_and_points(tmp_path: Path) -> None:
    assert planner(tmp_path, 'answer 3').ask(FRAME, 'how many').text == '3'
    reply = planner(tmp_path, 'answer <x_1> <y_1> red cube , <x_9> <y_9> mug').ask(FRAME, 'what')
    assert reply.text == 'red cube, mug'
    assert [target.label for target in reply.targets] == ['red cube', 'mug']


def test_a_canceled_request_is_refused_as_canceled(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Refusal, match='canceled') as caught:
        planner(tmp_path, 'unsupported').plan(FRAME, 'do it', cancel=cancel)
    assert caught.value.outcome is Outcome.CANCELED


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown backend 'locla'.*did you mean 'local'"):
        make_backend('locla')


@pytest.mark.parametrize('content', ['', '- 1', 'answers: 3', '\x00', 'a: [b'])
def test_a_script_that_is_none_is_a_configuration_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'script.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigurationError, match='script'):
        make_backend('scripted', {'model': str(path)})
