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

"""How a `ChatServer` answers one request: well, or badly in one of many ways."""

from __future__ import annotations

import json
from typing import Any

from servers import Act, Handler


def delta(text: str, *, finish: str | None = None, **more: object) -> dict[str, Any]:
    """Return one event's object."""
    return {'choices': [{'index': 0, 'delta': {'content': text}, 'finish_reason': finish, **more}]}


def logprobs(*entries: tuple[str, float]) -> dict[str, Any]:
    """Return the log probabilities of tokens."""
    content = [{'token': t, 'logprob': p, 'bytes': list(t.encode())} for t, p in entries]
    return {'content': content}


def streams(*pieces: str, finish: str = 'stop') -> Act:
    """Answer well: piece after piece, with probabilities where they are asked for."""

    def act(handler: Handler) -> None:
        wanted = handler.chat.received[-1].body.get('logprobs')
        handler.start_stream()
        handler.event({'choices': [{'index': 0, 'delta': {'role': 'assistant'}}]})
        for piece in pieces:
            more = {'logprobs': logprobs((piece, -0.1))} if wanted else {}
            handler.event(delta(piece, **more))
        handler.event(delta('', finish=finish))
        handler.event({'choices': [], 'usage': {'total_tokens': 3}})
        handler.event('[DONE]')
        handler.chunk(b'')

    return act


def says(text: str, *, finish: str = 'stop', **more: object) -> Act:
    """Answer well in one piece, as a server that does not stream."""
    message = {'role': 'assistant', 'content': text, **more}
    return sends({'choices': [{'index': 0, 'message': message, 'finish_reason': finish}]})


def sends(value: object, *, status: int = 200, **headers: str) -> Act:
    """Answer with a JSON value."""
    named = [(name.replace('_', '-'), text) for name, text in headers.items()]
    return lambda handler: handler.whole(json.dumps(value).encode(), status=status, headers=named)


def sends_raw(data: bytes, *, kind: str = 'application/json', status: int = 200) -> Act:
    """Answer with bytes."""
    return lambda handler: handler.whole(data, kind=kind, status=status)


def streams_raw(*data: bytes) -> Act:
    """Answer with the bytes of a stream."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        for part in data:
            handler.chunk(part)
        handler.chunk(b'')

    return act


def stalls(*pieces: str) -> Act:
    """Begin an answer and never go on; without pieces, not even begin."""

    def act(handler: Handler) -> None:
        if pieces:
            handler.start_stream()
        for piece in pieces:
            handler.event(delta(piece))
        handler.wait_for_hang_up()

    return act


def cuts_stream(*pieces: str) -> Act:
    """Close the connection in the middle of a stream."""

    def act(handler: Handler) -> None:
        handler.start_stream()
        for piece in pieces:
            handler.event(delta(piece))
        handler.close_connection = True

    return act


def cuts_body(data: bytes, *, status: int = 200) -> Act:
    """Close the connection before the promised length is reached."""

    def act(handler: Handler) -> None:
        length = [('Content-Type', 'application/json'), ('Content-Length', '1000000')]
        handler.start(status, headers=length)
        handler.wfile.write(data)
        handler.close_connection = True

    return act


def hangs_up(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def never_ends(handler: Handler) -> None:
    """Stream until the other side has had enough."""
    handler.start_stream()
    while not handler.chat.closing.is_set():
        handler.event(delta('pick ' * 10_000))


def redirects(place: str) -> Act:
    """Send whoever asks elsewhere."""
    return sends({}, status=307, Location=place)


def refuses_fields(*names: str, then: Act) -> Act:
    """Answer 400 to requests with any of these fields, as servers do that lack them."""

    def act(handler: Handler) -> None:
        sent = handler.chat.received[-1].body
        wrong = next((name for name in names if name in sent), None)
        if wrong is None:
            then(handler)
            return
        error = {'message': f'Unrecognized field: {wrong}', 'type': 'invalid_request_error'}
        handler.whole(json.dumps({'error': error}).encode(), status=400)

    return act
