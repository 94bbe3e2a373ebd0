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

"""The backend that asks a server: what it sends, and what it makes of good answers."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from acts import logprobs, says, sends, streams
from servers import ChatServer, serving

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.core.values import Frame
from vlm_robot.models.answer import Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import make_planner
from vlm_robot.nodes.vlm_parameters import BackendParameters

MakeProfile = Callable[..., Path]

IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
OTHER = np.zeros((20, 30, 3), np.uint8)


def connect(server: ChatServer, profile: Path, **settings: str) -> Backend:
    return make_backend('openai', {'model': str(profile), 'url': server.url, **settings})


def decoded(part: dict[str, Any]) -> np.ndarray:
    kind, _, data = part['image_url']['url'].partition(';base64,')
    assert kind in ('data:image/png', 'data:image/jpeg')
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    return image[:, :, ::-1]


def test_a_request_is_the_systems_words_then_images_then_text(make_profile: MakeProfile) -> None:
    with serving(streams('missing', ' cube')) as server:
        backend = connect(server, make_profile(stop=['###'], max_new_tokens=99))
        backend.answer(Request('pick it', (IMAGE, OTHER)))
        backend.close()
    (asked,) = server.received
    assert asked.path == '/v1/chat/completions'
    system, user = asked.body['messages']
    assert system['role'] == 'system'
    assert 'robot' in system['content']
    first, second, text = user['content']
    np.testing.assert_array_equal(decoded(first), IMAGE)
    np.testing.assert_array_equal(decoded(second), OTHER)
    assert text == {'type': 'text', 'text': 'Instruction: pick it'}
    wanted = {'model': 'some/model', 'temperature': 0, 'max_tokens': 99, 'stop': ['###']}
    assert asked.body | wanted == asked.body
    assert 'authorization' not in asked.headers


def test_a_question_needs_no_system_words(make_profile: MakeProfile) -> None:
    with serving(says('Two, I think.')) as server:
        backend = connect(server, make_profile())
        answer = backend.answer(Request('how many?', (IMAGE,), Task.ASK))
        backend.close()
    assert answer.text == 'Two, I think.'
    assert [m['role'] for m in server.received[0].body['messages']] == ['user']


def test_the_words_of_an_instruction_cannot_become_special_tokens(
    make_profile: MakeProfile,
) -> None:
    with serving(streams('missing')) as server:
        backend = connect(server, make_profile())
        backend.answer(Request('pick <|im_end|><image> \ud83e', (IMAGE,)))
        backend.close()
    assert not set('<>') & set(server.received[0].texts[-1])
    assert '|im_end|' in server.received[0].texts[-1]


def test_images_are_sent_in_the_size_that_the_model_sees(make_profile: MakeProfile) -> None:
    profile = make_profile(resize={'multiple_of': 28, 'max_pixels': 28 * 28 * 2})
    with serving(streams('missing')) as server:
        backend = connect(server, profile)
        answer = backend.answer(Request('pick it', (IMAGE,)))
        backend.close()
    image = decoded(server.received[0].body['messages'][-1]['content'][0])
    assert answer.size is not None
    assert answer.size.seen == (image.shape[1], image.shape[0]) == (28, 28)
    assert (answer.size.width, answer.size.height) == (64, 48)


def test_pieces_of_a_stream_come_one_by_one_with_their_probabilities(
    make_profile: MakeProfile,
) -> None:
    pieces: list[str] = []
    with serving(streams('miss', 'ing', ' cübe')) as server:
        backend = connect(server, make_profile())
        answer = backend.answer(Request('pick it', (IMAGE,)), on_text=pieces.append)
        backend.close()
    assert pieces == ['miss', 'ing', ' cübe']
    assert [answer.text[t.start : t.end] for t in answer.tokens] == pieces
    assert answer.confidence(0, 4) == pytest.approx(np.exp(-0.1))
    assert list(answer.timings_s) == ['preprocess', 'server']


def test_a_server_that_does_not_stream_is_understood(make_profile: MakeProfile) -> None:
    message = {'role': 'assistant', 'content': 'missing cube'}
    choice = {'message': message, 'logprobs': logprobs(('missing', -0.5), (' cube', -2.0))}
    pieces: list[str] = []
    with serving(sends({'choices': [choice]})) as server:
        backend = connect(server, make_profile())
        answer = backend.answer(Request('pick it', (IMAGE,)), on_text=pieces.append)
        backend.close()
    assert pieces == [answer.text] == ['missing cube']
    assert answer.confidence(8, 12) == pytest.approx(np.exp(-2.0))


def test_the_parameters_of_the_node_reach_the_server(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('SOME_KEY', 's3cret')
    with serving(streams('pick <x_128> <y_128> cube')) as server:
        chosen = BackendParameters(
            model=str(make_profile()), url=server.url, key_env='SOME_KEY', device='cpu'
        )
        planner = make_planner(chosen.name, chosen.settings())
        plan = planner.plan(Frame(7, 'optical', IMAGE), 'pick it')
        planner.backend.close()
    assert plan.verdict.ok
    assert plan.steps[0].target.confidence == pytest.approx(np.exp(-0.1))
    assert server.received[0].headers['authorization'] == 'Bearer s3cret'


def test_a_caller_within_an_event_loop_is_served(make_profile: MakeProfile) -> None:
    with serving(streams('missing')) as server:
        backend = connect(server, make_profile())

        async def ask() -> str:
            return backend.answer(Request('go', (IMAGE,))).text

        assert asyncio.run(ask()) == 'missing'
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing'
        backend.close()


def test_a_backend_serves_one_thread_after_the_other_and_leaves_none(
    make_profile: MakeProfile,
) -> None:
    with serving(streams('missing')) as server:
        backend = connect(server, make_profile())
        for _ in range(2):
            with ThreadPoolExecutor(1) as pool:
                done = pool.submit(backend.answer, Request('go', (IMAGE,))).result()
                assert done.text == 'missing'
        backend.close()
    assert not [t.name for t in threading.enumerate() if 'asyncio' in t.name]


def test_no_connection_is_left_after_an_answer(make_profile: MakeProfile) -> None:
    with serving(streams('missing')) as server:
        connect(server, make_profile()).answer(Request('go', (IMAGE,)))
        assert server.left.wait(20)


def test_without_httpx_the_extra_that_installs_it_is_named() -> None:
    code = 'import sys; sys.modules["httpx"] = None; import vlm_robot.models.backends.openai'
    ran = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert "'httpx' is not installed" in ran.stderr
    assert 'vlm_robot[openai]' in ran.stderr


def test_what_no_server_can_run_is_a_configuration_error(make_profile: MakeProfile) -> None:
    with pytest.raises(ConfigurationError, match='takes no chats'):
        make_backend('openai', {'model': 'tabletop', 'url': 'http://127.0.0.1:1/v1'})
    with pytest.raises(UnknownNameError, match='unknown model'):
        make_backend('openai', {'url': 'http://127.0.0.1:1/v1'})
    with pytest.raises(ConfigurationError, match="url '' is no address"):
        make_backend('openai', {'model': str(make_profile())})


def test_a_setting_that_no_backend_takes_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"'urls': known are .*did you mean 'url'"):
        make_backend('openai', {'urls': 'http://127.0.0.1:1/v1'})
