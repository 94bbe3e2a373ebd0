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

"""A real HTTP server on this machine that answers chat completions as told, well or badly."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_S = 30.0  # longer than anything here may take

Act = Callable[['Handler'], None]
"""How one request is answered."""


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        """The text of every message."""
        parts = [message['content'] for message in self.body['messages']]
        return [part if isinstance(part, str) else part[-1]['text'] for part in parts]


class ChatServer:
    """
    Answers each request by the next of its acts; the last one stays.

    Each connection is kept open between requests, as real servers do.
    """

    def __init__(self, *acts: Act) -> None:
        self.received: list[Received] = []
        self.hung_up = threading.Event()  # whoever asked did not wait for the end
        self.left = threading.Event()  # whoever asked closed the connection
        self.asked = threading.Event()
        self.closing = threading.Event()
        self._acts = list(acts)
        self._guard = threading.Lock()
        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = False  # closing waits for them
        self._server.chat = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self._server.server_port}/v1'

    def act(self, received: Received) -> Act:
        """Note a request and return how it is answered."""
        with self._guard:
            self.received.append(received)
            act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
        self.asked.set()
        return act

    def close(self) -> None:
        """End the server and every connection."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(*acts: Act) -> Iterator[ChatServer]:
    server = ChatServer(*acts)
    try:
        yield server
    finally:
        server.close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = 'HTTP/1.1'

    @property
    def chat(self) -> ChatServer:
        return self.server.chat  # type: ignore[attr-defined, no-any-return]

    def handle_one_request(self) -> None:
        # a connection that is kept open must not outlive the server
        while not self.chat.closing.is_set():
            if select.select([self.connection], [], [], 0.02)[0]:
                try:
                    super().handle_one_request()
                    if self.raw_requestline:
                        return
                except ConnectionResetError:
                    pass  # closed with bytes of ours unread
                self.chat.left.set()
                break
        self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers['Content-Length']))
        headers = {name.lower(): value for name, value in self.headers.items()}
        act = self.chat.act(Received(self.path, headers, json.loads(body)))
        try:
            act(self)
        except (BrokenPipeError, ConnectionResetError):
            self.chat.hung_up.set()
            self.chat.left.set()
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def start(self, status: int = 200, *, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send a status and headers."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def whole(
        self,
        data: bytes,
        *,
        status: int = 200,
        kind: str = 'application/json',
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send a whole answer."""
        length = [('Content-Type', kind), ('Content-Length', str(len(data)))]
        self.start(status, headers=[*length, *headers])
        self.wfile.write(data)

    def chunk(self, data: bytes) -> None:
        """Send a part of a chunked body; an empty one ends it."""
        self.wfile.write(f'{len(data):x}\r\n'.encode() + data + b'\r\n')

    def wait_for_hang_up(self) -> None:
        """Wait until the other side has gone, or this server goes."""
        while not self.chat.closing.is_set():
            if select.select([self.connection], [], [], 0.02)[0]:
                if not self.connection.recv(1):
                    self.chat.hung_up.set()
                break
        self.close_connection = True

    def event(self, value: object) -> None:
        """Send one event of a stream."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.chunk(f'data: {text}\n\n'.encode())

    def start_stream(self) -> None:
        kind = ('Content-Type', 'text/event-stream; charset=utf-8')
        self.start(headers=[kind, ('Transfer-Encoding', 'chunked')])
