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

"""
Reads what a chat-completions server sends: a stream of events, or one JSON object.

The events are those of https://html.spec.whatwg.org/multipage/server-sent-events.html, their
data is JSON. Whatever is not as it should be is a refusal with its own sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Token
from vlm_robot.models.backends.logprobs import align

MAX_BYTES = 16 * 2**20
_ENDS = ('', 'stop', 'eos', 'eos_token', 'stop_sequence', 'end_turn')
_QUOTED = 120  # characters of a text that are shown in a message


@dataclass(frozen=True)
class Completion:
    """What a server answered."""

    text: str
    tokens: tuple[Token, ...] = ()


class CompletionReader:
    """
    Takes one answer's bytes as they come.

    :param is_stream: whether they are events, else they are one JSON object.
    :param on_text: called with each piece of the answer.
    """

    def __init__(self, *, is_stream: bool, on_text: Callable[[str], None] | None = None) -> None:
        self._is_stream = is_stream
        self._on_text = on_text or (lambda _: None)
        self._pending = bytearray()  # the line or object that is not complete yet
        self._received = 0
        self._done = False  # the stream said so
        self._choices = 0
        self._finish = ''
        self._pieces: list[str] = []
        self._refusals: list[str] = []
        self._logprobs: list[Any] = []

    def feed(self, data: bytes) -> bool:
        """
        Take some bytes.

        :return: whether the answer is complete.
        :raises Refusal: for what is no answer.
        """
        self._received += len(data)
        if self._received > MAX_BYTES:
            raise _failed(f'more than {MAX_BYTES} bytes came for one answer')
        self._pending += data
        if self._is_stream and b'\n' in data:
            *lines, rest = bytes(self._pending).split(b'\n')
            self._pending = bytearray(rest)
            for line in lines:
                self._line(line)
        return self._done

    def finish(self, *, is_whole: bool = True) -> Completion:
        """
        Return the answer after its last byte.

        :param is_whole: whether the connection was there to the end.
        :raises Refusal: for what is no whole answer.
        """
        rest = bytes(self._pending)
        if self._is_stream and is_whole:
            self._line(rest)
        elif not self._is_stream:
            if not is_whole:
                raise _failed(f'it breaks off after {len(rest)} bytes')
            self._object(_decoded(rest))
            self._done = True
        text = ''.join(self._pieces)
        self._check_end(text)
        return Completion(text, align(text, self._logprobs))

    def _line(self, line: bytes) -> None:
        name, _, value = line.rstrip(b'\r').partition(b':')
        if name not in (b'data', b'error') or self._done:
            return  # a comment, an empty line, or a field that says nothing here
        text = _decoded(value).strip()
        if text == '[DONE]':
            self._done = True
        elif name == b'error':  # llama.cpp
            raise _failed(f'it says {text[:_QUOTED]!r}')
        elif text:
            self._object(text)

    def _object(self, text: str) -> None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as err:
            raise _failed(f'{text[:_QUOTED]!r} is not JSON') from err
        if not isinstance(value, dict):
            raise _failed(f'{text[:_QUOTED]!r} is no object')
        if problem := error_in(value):
            raise _failed(f'it says {problem!r}')
        choices = value.get('choices')
        if not isinstance(choices, list):
            raise _failed(f'{text[:_QUOTED]!r} has no choices')
        if choices:  # none in what only counts tokens
            self._choice(choices[0], text)

    def _choice(self, choice: Any, source: str) -> None:
        message = _field(choice, 'delta' if self._is_stream else 'message', dict, source) or {}
        self._choices += 1
        self._finish = _field(choice, 'finish_reason', str, source) or self._finish
        logprobs = _field(choice, 'logprobs', dict, source) or {}
        self._logprobs += _field(logprobs, 'content', list, source) or []
        self._refusals.append(_field(message, 'refusal', str, source) or '')
        piece = _field(message, 'content', str, source)
        if piece:
            self._pieces.append(piece)
            self._on_text(piece)

    def _check_end(self, text: str) -> None:
        if refused := ''.join(self._refusals):
            raise _failed(f'the model refused: {refused[:_QUOTED]!r}')
        if not self._choices:
            raise _failed('the answer has no choices')
        if not (self._done or self._finish):
            raise _failed(f'it breaks off after {text[-_QUOTED:]!r}', raw=text)
        if self._finish == 'length':
            raise Refusal(
                Outcome.INVALID_ANSWER,
                f'the answer reached its limit of tokens before its end: {text[:_QUOTED]!r}',
                raw=text,
            )
        if self._finish not in _ENDS:
            raise _failed(f'the answer ended for the reason {self._finish[:_QUOTED]!r}', raw=text)


def error_in(value: dict[str, Any]) -> str:
    """Return the message of an error object of any of the servers' dialects, '' for none."""
    error = value.get('error') or value.get('detail')
    if error is None and value.get('object') == 'error':
        error = value
    while isinstance(error, (dict, list)) and error:
        error = error[0] if isinstance(error, list) else error.get('message') or str(error)
    return ' '.join(str(error).split())[:300] if error else ''


def _decoded(data: bytes) -> str:
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError as err:
        raise _failed(f'{data[:40]!r} is not UTF-8') from err


def _field(value: Any, name: str, kind: type, source: str) -> Any:
    """Return a field that may be missing or null, of the type that it must have otherwise."""
    found = value.get(name) if isinstance(value, dict) else value
    if isinstance(value, dict) and (found is None or isinstance(found, kind)):
        return found
    raise _failed(f'{source[:_QUOTED]!r} has a wrong {name}')


def _failed(reason: str, *, raw: str = '') -> Refusal:
    return Refusal(Outcome.MODEL_ERROR, f'the server gave no answer: {reason}', raw=raw)
