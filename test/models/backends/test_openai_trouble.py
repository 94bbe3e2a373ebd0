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

"""Everything that can go wrong between this machine and a server has its own sentence."""

from __future__ import annotations

import re

import pytest
from acts import (
    cuts_body,
    cuts_stream,
    never_ends,
    redirects,
    says,
    sends,
    sends_raw,
    streams,
    streams_raw,
)
from refusals import GOOD, IMAGE, PAGE, Connect, refusal
from servers import Act, serving

from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Request

ERROR, INVALID = Outcome.MODEL_ERROR, Outcome.INVALID_ANSWER


def event(text: bytes) -> bytes:
    return b'data: ' + text + b'\n\n'


@pytest.mark.parametrize(
    ('act', 'outcome', 'sentence'),
    [
        (sends_raw(b'{"choices": ['), ERROR, 'is not JSON'),
        (sends_raw(b''), ERROR, "'' is not JSON"),
        (sends_raw(b'[' * 100_000), ERROR, 'is not JSON'),
        (sends_raw(b'{"choices": [], "x": "\xff"}'), ERROR, 'is not UTF-8'),
        (sends_raw(PAGE, kind='text/html'), ERROR, "'text/html' instead of JSON: 'Bad gateway'"),
        (sends([1]), ERROR, 'is no object'),
        (sends({}), ERROR, 'has no choices'),
        (sends({'choices': []}), ERROR, 'the answer has no choices'),
        (sends({'choices': [None]}), ERROR, 'has a wrong message'),
        (sends({'choices': [{'message': {'content': 3}}]}), ERROR, 'has a wrong content'),
        (sends({'error': {'message': 'out of memory'}}), ERROR, "it says 'out of memory'"),
        (says('', refusal='I will not'), ERROR, "the model refused: 'I will not'"),
        (says('pick', finish='length'), INVALID, "reached its limit of tokens .*'pick'"),
        (says('pick', finish='content_filter'), ERROR, "for the reason 'content_filter'"),
        (streams('pi', 'ck', finish='length'), INVALID, "reached its limit of tokens .*'pick'"),
        (streams_raw(event(b'{"choi')), ERROR, 'is not JSON'),
        (streams_raw(event(b'[DONE]')), ERROR, 'has no choices'),
        (streams_raw(event(b'{"error": "no memory"}')), ERROR, "it says 'no memory'"),
        (streams_raw(event(b'{"error": "a "b" c"}')), ERROR, 'is not JSON'),
        (streams_raw(b'error: {"code": 500}\n\n'), ERROR, 'it says \'{"code": 500}\''),
        (streams_raw(event(b'\xff\xfe')), ERROR, 'is not UTF-8'),
        (streams_raw(event(b'{"choices": [{"delta": {"content": "pi"}}]}')), ERROR, 'breaks off'),
        (cuts_stream('pi', 'ck'), ERROR, "breaks off after 'pick'"),
        (cuts_body(b'{"choices"'), ERROR, 'breaks off after 10 bytes'),
        (never_ends, ERROR, 'more than 16777216 bytes'),
        (sends({}, Content_Encoding='gzip'), ERROR, 'packs its answer'),
        (redirects('https://elsewhere.example/v1'), ERROR, "'https://elsewhere.example/v1', whi"),
        (sends({'error': 'x'}, status=401), ERROR, 'wants a key: .*key_env or key_file'),
        (sends({'error': 'no such model'}, status=404), ERROR, "not know model 'some/model'"),
        (sends_raw(PAGE, kind='text/html', status=418), ERROR, "status 418: 'Bad gateway'"),
        (cuts_body(b'what', status=413), ERROR, "status 413: 'what'"),
        (sends({}, status=204), ERROR, 'status 204'),
    ],
)
def test_what_is_no_answer_is_refused_at_once_and_the_next_is_taken(
    connect: Connect, act: Act, outcome: Outcome, sentence: str
) -> None:
    with serving(act, GOOD) as server:
        backend = connect(server.url)
        refused = refusal(backend)
        assert refused.outcome is outcome
        assert re.search(sentence, refused.message), refused.message
        assert len(server.received) == 1
        assert backend.answer(Request('go on', (IMAGE,))).text == 'missing cube'


def test_half_an_answer_is_kept_as_raw_text(connect: Connect) -> None:
    with serving(cuts_stream('pi', 'ck')) as server:
        assert refusal(connect(server.url)).raw == 'pick'


def test_a_redirect_is_not_followed(connect: Connect) -> None:
    with serving(GOOD) as elsewhere, serving(redirects(elsewhere.url)) as server:
        assert elsewhere.url in refusal(connect(server.url)).message
        assert elsewhere.received == []


def test_a_listener_that_fails_is_not_taken_for_the_server(connect: Connect) -> None:
    def broken(text: str) -> None:
        raise ZeroDivisionError(text)

    with serving(GOOD) as server:
        backend = connect(server.url)
        with pytest.raises(ZeroDivisionError, match='missing'):
            backend.answer(Request('go', (IMAGE,)), on_text=broken)
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing cube'
