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

"""Addresses of servers, and keys: where they come from and where they must not go."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from acts import sends, streams
from servers import serving

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.models.answer import Request
from vlm_robot.models.backends.endpoint import make_endpoint
from vlm_robot.models.backends.registry import make_backend

IMAGE = np.zeros((48, 64, 3), np.uint8)
KEY = 'sk-Very_Secret.1'
HERE = 'http://127.0.0.1:8000/v1'
AWAY = 'http://gpu.example:8000/v1'


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / 'key'
    path.write_text(f'{KEY}\n', encoding='utf-8')
    path.chmod(0o600)
    return path


def complaint(url: str = HERE, **more: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make_endpoint(url, **more)
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ('url', 'is_local'),
    [
        (HERE, True),
        ('http://localhost:1/v1', True),
        ('http://[::1]:11434/v1/', True),
        (AWAY, False),
        ('http://192.168.1.9/v1', False),
        ('https://127.0.0.1.example/v1', False),
    ],
)
def test_an_address_is_here_or_elsewhere(url: str, is_local: bool) -> None:
    endpoint = make_endpoint(url)
    assert endpoint.is_local is is_local
    assert endpoint.url == url.rstrip('/')


@pytest.mark.parametrize(
    'url',
    [
        '',
        'gpu:8000',
        'ftp://gpu/v1',
        'http://',
        'http:///v1',
        'http://a b/v1',
        'file:///etc/passwd',
    ],
)
def test_what_is_no_address_is_said_with_an_example(url: str) -> None:
    message = complaint(url)
    assert repr(url) in message
    assert 'expected one like http://127.0.0.1:8000/v1' in message


@pytest.mark.parametrize('url', ['http://gpu:99999/v1', 'http://[::1/v1', 'http://a:b/v1'])
def test_an_address_that_cannot_be_read_is_wrong(url: str) -> None:
    assert 'the url of the server is wrong' in complaint(url)


@pytest.mark.parametrize(
    'url', [f'https://me:{KEY}@gpu/v1', f'https://gpu/v1?key={KEY}', f'https://gpu/v1#{KEY}']
)
def test_an_address_with_a_key_in_it_is_refused_without_showing_it(url: str) -> None:
    assert 'a key goes into key_env or key_file' in complaint(url)


def test_a_key_comes_from_the_environment_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, key_file: Path
) -> None:
    monkeypatch.setenv('SOME_KEY', f' {KEY}\n')
    assert make_endpoint(HERE, key_env='SOME_KEY').key == KEY
    assert make_endpoint(HERE, key_file=str(key_file)).key == KEY
    assert 'expected one of them' in complaint(key_env='SOME_KEY', key_file=str(key_file))


def test_a_variable_that_is_not_set_is_named_unless_it_looks_like_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv('SOME_KEY', raising=False)
    assert "variable 'SOME_KEY' holds no key" in complaint(key_env='SOME_KEY')
    assert 'variable of key_env holds no key' in complaint(key_env=KEY)


@pytest.mark.parametrize('mode', [0o644, 0o640, 0o604, 0o620, 0o660])
def test_a_key_file_that_others_may_open_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert f'has mode {mode:o}: expected 600' in complaint(key_file=str(key_file))


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        (b'', 'holds no key: it is empty'),
        (b'a\nb', 'expected one line of printable ASCII'),
        (b'k\xc3\xa9y', 'expected one line of printable ASCII'),
        (b'k\x00y', 'expected one line of printable ASCII'),
        (b'\xff', 'cannot be read'),
        (b'a' * 9000, 'expected one line of printable ASCII'),
    ],
)
def test_a_file_that_holds_no_key_is_refused(
    key_file: Path, content: bytes, sentence: str
) -> None:
    key_file.write_bytes(content)
    assert sentence in complaint(key_file=str(key_file))


def test_a_key_file_must_be_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe, 0o600)
    assert 'is no file' in complaint(key_file=str(pipe))
    assert 'cannot be read' in complaint(key_file=str(tmp_path))
    assert 'cannot be read' in complaint(key_file=str(tmp_path / 'missing'))


def test_a_key_travels_unencrypted_only_to_this_machine_unless_allowed(key_file: Path) -> None:
    file = str(key_file)
    assert make_endpoint(HERE, key_file=file).key
    assert make_endpoint('https://gpu.example/v1', key_file=file).key
    assert make_endpoint(AWAY).key == ''
    assert f'unencrypted to {AWAY!r}' in complaint(AWAY, key_file=file)
    assert make_endpoint(AWAY, key_file=file, allow_plain_http=True).key


def test_a_key_is_sent_and_neither_logged_nor_told(
    make_profile: Callable[..., Path], key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = sends({'error': {'message': f'Incorrect API key provided: {KEY}.'}}, status=401)
    quiet_echo = sends({'error': {'message': f'Incorrect API key provided: {KEY}.'}})
    with serving(echo, quiet_echo, streams('missing')) as server:
        settings = {'model': str(make_profile()), 'url': server.url, 'key_file': str(key_file)}
        backend = make_backend('openai', settings)
        with pytest.raises(Refusal, match=r'refuses the key.*provided: <key>') as caught:
            backend.answer(Request('go', (IMAGE,)))
        with pytest.raises(Refusal, match='provided: <key>') as caught_too:
            backend.answer(Request('go', (IMAGE,)))
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing'
        backend.close()
    assert [r.headers['authorization'] for r in server.received] == [f'Bearer {KEY}'] * 3
    assert caplog.records, 'the client logs its requests'
    assert KEY not in caplog.text
    assert KEY not in repr(caught.value) + repr(caught_too.value)
    assert KEY not in repr(make_endpoint(HERE, key_file=str(key_file)))
