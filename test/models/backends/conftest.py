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

"""Models and profiles for tests: tiny ones in this process, and one behind a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from model_server import ModelServer, serve_tiny_models

from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.profile import load_profile


@pytest.fixture(scope='session')
def make_profile(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return what writes a chat model's profile; values given replace its own."""

    def make(**values: object) -> Path:
        path = tmp_path_factory.mktemp('chat') / 'chatty.yaml'
        own: dict[str, object] = {'source': 'some/model', 'plan': 'tabletop'}
        path.write_text(yaml.safe_dump(own | values), encoding='utf-8')
        return path

    return make


@pytest.fixture
def connect(make_profile: Callable[..., Path]) -> Iterator[Callable[[str], Backend]]:
    """What makes a backend for an address; all of them are closed at the end."""
    made: list[Backend] = []

    def make(url: str) -> Backend:
        made.append(make_backend('openai', {'model': str(make_profile()), 'url': url}))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture(scope='session')
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    """`transformers serve` with tiny models."""
    pytest.importorskip('torch')
    pytest.importorskip('fastapi')
    with serve_tiny_models(tmp_path_factory.mktemp('served')) as server:
        yield server


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip('torch')
    from vlm_robot.tuning.build import build_model, build_processor

    folder = tmp_path_factory.mktemp('checkpoint')
    processor = build_processor()
    torch.manual_seed(1)
    model = build_model(processor, width=20, layers=1)
    # spread the logits, so that greedy decoding has something to choose
    torch.nn.init.normal_(model.head.words.weight, std=0.5)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope='session')
def profile(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile that differs from the embedded model's in its source only."""
    values = load_profile('tabletop').model_dump(mode='json', exclude={'name'})
    path = tmp_path_factory.mktemp('profile') / 'tiny.yaml'
    values |= {'source': str(checkpoint), 'max_new_tokens': 12}
    path.write_text(yaml.safe_dump(values), encoding='utf-8')
    return path
