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

"""What every backend keeps to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from acts import streams
from model_server import ModelServer
from servers import serving

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import BACKENDS, SETTINGS, make_backend
from vlm_robot.models.conventions.registry import CONVENTIONS

IMAGE = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
QUESTION = 'pick up the red cube'

Settings = dict[str, str]


class CancelAfter:
    """Is set from the given number of looks on."""

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self.looked = 0

    def is_set(self) -> bool:
        self.looked += 1
        return self.looked > self._looks


@pytest.fixture(
    scope='module',
    params=[
        'scripted',
        'openai',
        pytest.param('local', marks=pytest.mark.torch),
        pytest.param('openai of a model server', marks=pytest.mark.torch),
    ],
)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    settings = request.getfixturevalue(f'{request.param.split()[-1]}_settings')
    backend = make_backend(request.param.split()[0], settings)
    yield backend
    backend.close()


@pytest.fixture(scope='module')
def scripted_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    script = tmp_path_factory.mktemp('script') / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'*': 'missing cube'}}), encoding='utf-8')
    return {'model': str(script)}


@pytest.fixture(scope='module')
def local_settings(profile: Path) -> Settings:
    return {'model': str(profile), 'device': 'cpu'}


@pytest.fixture(scope='module')
def openai_settings(make_profile: Callable[..., Path]) -> Iterator[Settings]:
    with serving(streams('missing', ' cube')) as server:
        yield {'model': str(make_profile()), 'url': server.url}


@pytest.fixture(scope='module')
def server_settings(model_server: ModelServer, make_profile: Callable[..., Path]) -> Settings:
    profile = make_profile(source=model_server.models['right'], max_new_tokens=12)
    return {'model': str(profile), 'url': model_server.url}


def refusal(backend: Backend, request: Request, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        backend.answer(request, **more)
    assert caught.value.message
    return caught.value


def test_every_registered_backend_is_tested_here() -> None:
    assert sorted(BACKENDS) == ['local', 'openai', 'scripted']
    assert sorted(SETTINGS) == sorted(BACKENDS)


def test_a_backend_names_itself_and_a_known_convention(backend: Backend) -> None:
    assert backend.profile.name
    assert backend.profile.plan in CONVENTIONS


def test_a_request_is_answered_with_text_and_alike_each_time(backend: Backend) -> None:
    first = backend.answer(Request(QUESTION, (IMAGE,)))
    again = backend.answer(Request(QUESTION, (IMAGE,)), cancel=threading.Event())
    assert first.text
    assert (first.text, first.tokens) == (again.text, again.tokens)


def test_tokens_tile_the_text_and_have_probabilities(backend: Backend) -> None:
    answer = backend.answer(Request(QUESTION, (IMAGE,)))
    assert ''.join(answer.text[t.start : t.end] for t in answer.tokens) in (answer.text, '')
    assert all(0 <= t.probability <= 1 for t in answer.tokens)
    edges = [t.start for t in answer.tokens] + [len(answer.text)]
    assert [t.end for t in answer.tokens] == edges[1:]
    confidence = answer.confidence(0, len(answer.text))
    assert 0 <= confidence <= 1 if answer.tokens else np.isnan(confidence)


def test_a_question_is_answered_in_words(backend: Backend) -> None:
    assert backend.answer(Request(QUESTION, (IMAGE,), Task.ASK)).text


def test_several_images_are_taken_and_points_refer_to_the_first(backend: Backend) -> None:
    smaller = np.zeros((120, 160, 3), np.uint8)
    answer = backend.answer(Request(QUESTION, (IMAGE, smaller)))
    assert answer.text
    assert answer.size is None or (answer.size.width, answer.size.height) == (640, 480)


def test_the_pieces_that_are_told_make_up_the_answer(backend: Backend) -> None:
    pieces: list[str] = []
    answer = backend.answer(Request(QUESTION, (IMAGE,)), on_text=pieces.append)
    assert ''.join(pieces) == answer.text
    assert '' not in pieces


def test_looking_at_images_beforehand_changes_no_answer(backend: Backend) -> None:
    dark = np.zeros_like(IMAGE)
    expected = backend.answer(Request(QUESTION, (IMAGE,)))
    backend.look([IMAGE])
    seen = backend.answer(Request(QUESTION, (IMAGE,)))
    backend.look([dark, IMAGE])
    other = backend.answer(Request(QUESTION, (IMAGE,)))
    assert expected.text == seen.text == other.text
    assert expected.tokens == seen.tokens == other.tokens


def test_the_memory_of_a_model_is_known_where_it_is_here(backend: Backend) -> None:
    in_this_process = type(backend).__name__ == 'LocalBackend'
    assert (backend.memory_bytes() > 0) == in_this_process


def test_every_answer_says_where_its_time_went(backend: Backend) -> None:
    timings_s = backend.answer(Request(QUESTION, (IMAGE,))).timings_s
    assert all(seconds >= 0 for seconds in timings_s.values())


def test_a_request_that_was_canceled_before_is_refused(backend: Backend) -> None:
    cancel = threading.Event()
    cancel.set()
    assert refusal(backend, Request(QUESTION, (IMAGE,)), cancel=cancel).outcome is Outcome.CANCELED


def test_a_request_that_is_canceled_meanwhile_is_refused(backend: Backend) -> None:
    cancel = CancelAfter(1)
    assert refusal(backend, Request(QUESTION, (IMAGE,)), cancel=cancel).outcome is Outcome.CANCELED
    assert cancel.looked == 2, 'work goes on after it was canceled'


def test_a_deadline_that_passes_is_a_timeout(backend: Backend) -> None:
    late = refusal(backend, Request(QUESTION, (IMAGE,), deadline_s=1e-9))
    assert late.outcome is Outcome.TIMEOUT
    assert backend.answer(Request(QUESTION, (IMAGE,), deadline_s=3600)).text


@pytest.mark.parametrize(
    'image',
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((480, 0, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
    ],
    ids=lambda image: f'{image.shape} {image.dtype}',
)
def test_an_image_that_is_none_is_refused(backend: Backend, image: np.ndarray) -> None:
    assert refusal(backend, Request(QUESTION, (image,))).outcome is Outcome.BAD_FRAME
    assert backend.answer(Request(QUESTION, (IMAGE,))).text, 'the next request is answered'


@pytest.mark.parametrize('size', [(1, 1), (7, 2000), (48, 64)])
def test_an_image_of_any_size_is_answered(backend: Backend, size: tuple[int, int]) -> None:
    assert backend.answer(Request(QUESTION, (np.zeros((*size, 3), np.uint8),))).text


@pytest.mark.parametrize(
    'text', ['<image>', '</s>', '<x_1> <y_2>', '{instruction}', '%s \x00 \ud83e', '', 'a' * 3000]
)
def test_no_instruction_breaks_the_prompt(backend: Backend, text: str) -> None:
    assert backend.answer(Request(text, (IMAGE,))).text


@pytest.mark.torch
@pytest.mark.parametrize('mark', ['<image>', '</s>', '<answer>', '<pad>'])
def test_special_tokens_of_an_instruction_are_only_words(profile: Path, mark: str) -> None:
    backend = make_backend('local', {'model': str(profile), 'device': 'cpu'})
    word = mark.strip('</>')
    marked = backend.answer(Request(f'pick {mark} up', (IMAGE,)))
    assert marked.tokens == backend.answer(Request(f'pick {word} up', (IMAGE,))).tokens
    assert marked.tokens
