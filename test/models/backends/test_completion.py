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

"""What servers send is read alike however it is cut, and nothing that they send is a surprise."""

from __future__ import annotations

import contextlib
import json
import math
from itertools import pairwise

import pytest
from acts import delta, logprobs
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import Refusal
from vlm_robot.models.backends.completion import Completion, CompletionReader
from vlm_robot.models.backends.logprobs import align

PIECES = ('pick', ' <x_1>', ' <y_2>', ' cübe', '🤖')
STREAM = b': hello\r\n\r\n' + b''.join(
    f'event: message\ndata: {json.dumps(value)}\r\n\r\n'.encode()
    for value in (
        *(delta(piece, logprobs=logprobs((piece, -0.5))) for piece in PIECES),
        {'choices': [], 'usage': None},
        delta('', finish='stop'),
        '[DONE]',
    )
).replace(b'"[DONE]"', b'[DONE]')

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ['choices', 'delta', 'message', 'content', 'error', 'logprobs', 'finish_reason']
            ),
            inner,
        )
    ),
    max_leaves=12,
)


def read(*parts: bytes, is_stream: bool = True) -> Completion:
    reader = CompletionReader(is_stream=is_stream)
    for part in parts:
        if reader.feed(part):
            break
    return reader.finish()


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_a_stream_is_read_alike_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    completion = read(*(STREAM[a:b] for a, b in pairwise(edges)))
    assert completion.text == ''.join(PIECES)
    assert [completion.text[t.start : t.end] for t in completion.tokens] == list(PIECES)


@given(st.integers(0, len(STREAM) - 1))
def test_a_stream_that_breaks_off_is_refused_until_its_end_was_told(cut: int) -> None:
    reader = CompletionReader(is_stream=True)
    reader.feed(STREAM[:cut])
    if b'"finish_reason": "stop"' in STREAM[:cut].rpartition(b'\n')[0]:
        assert reader.finish(is_whole=False).text == ''.join(PIECES)
    else:
        with pytest.raises(Refusal, match=r'breaks off|no choices'):
            reader.finish(is_whole=False)


@given(st.binary() | values.map(lambda v: json.dumps(v).encode()), st.booleans())
def test_whatever_comes_is_a_text_or_a_refusal(data: bytes, is_stream: bool) -> None:
    with contextlib.suppress(Refusal):
        completion = read(b'data: ' * is_stream + data + b'\n', is_stream=is_stream)
        assert isinstance(completion.text, str)


@given(st.lists(st.text(max_size=4), max_size=6), st.data())
def test_tokens_that_end_within_characters_tile_the_text(
    words: list[str], data: st.DataObject
) -> None:
    text = ''.join(words).encode('utf-8', 'replace').decode()
    raw = text.encode()
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=8).map(sorted))
    parts = [raw[a:b] for a, b in pairwise([0, *cuts, len(raw)])]
    tokens = align(text, [{'token': '?', 'logprob': -1.0, 'bytes': list(p)} for p in parts])
    assert ''.join(text[t.start : t.end] for t in tokens) == text
    assert [a.end for a in tokens[:-1]] == [b.start for b in tokens[1:]]


def test_what_a_server_reports_but_does_not_show_is_no_token() -> None:
    entries = logprobs((' pick', -0.5), (' it', -1.0), ('<|im_end|>', -2.0))['content']
    tokens = align('pick it', entries)
    assert [(t.start, t.end) for t in tokens] == [(0, 4), (4, 7)]
    assert [t.probability for t in tokens] == pytest.approx([math.exp(-0.5), math.exp(-1.0)])


def test_tokens_without_bytes_are_their_text() -> None:
    entries = [{'token': 'pi', 'logprob': 0}, {'token': 'ck', 'logprob': -9999.0, 'bytes': None}]
    assert [t.probability for t in align('pick', entries)] == [1.0, 0.0]


@pytest.mark.parametrize(
    'entry',
    [
        None,
        {},
        {'token': 'pick'},
        {'token': 'pick', 'logprob': '0'},
        {'token': 'pick', 'logprob': math.nan},
        {'token': 'pick', 'logprob': -(10**400)},
        {'token': 3, 'logprob': 0.0},
        {'token': 'drop', 'logprob': 0.0},
        {'token': None, 'logprob': 0.0, 'bytes': [300]},
    ],
)
def test_probabilities_that_do_not_fit_the_text_are_none(entry: object) -> None:
    assert align('pick', [entry]) == ()
