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

"""One request to a chat-completions server, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

try:
    import httpx
except ImportError as err:
    from vlm_robot.core.errors import MissingPackageError

    raise MissingPackageError('httpx', 'openai') from err

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.backends.completion import Completion, CompletionReader, error_in
from vlm_robot.models.backends.endpoint import Endpoint

_CONNECT_S = 10.0
_ERROR_BYTES = 8 * 2**10
_SHOWN = 200  # characters of what a server says that are shown in a message


class UnavailableError(Exception):
    """The server cannot answer now; `wait_s` is when it asks to come back, 0 if it does not."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class RejectedError(Exception):
    """The server does not take the request as it is."""


class HttpServer:
    """
    One server, and how to get there.

    :raises ConfigurationError: for an address that httpx does not take.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        try:
            self._url = httpx.URL(f'{endpoint.url}/chat/completions')
        except httpx.InvalidURL as err:
            raise ConfigurationError(f'url {endpoint.url!r} is wrong: {err}') from err
        # reading certificates takes a while, and plain http trusts nobody
        is_encrypted = endpoint.url.startswith('https:')
        self._trusted = (
            httpx.create_ssl_context() if is_encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """
        Return a connection for one answer.

        It is not kept for the next: that may be minutes later, and a network forgets.
        """
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=_CONNECT_S),  # whoever waits watches the deadline
            follow_redirects=False,
            trust_env=not self._endpoint.is_local,  # proxies
            verify=self._trusted,
        ) as client:
            yield Connection(self._endpoint, self._url, client)


class Connection:
    """Asks a server. Follows no redirect and never says what the key is."""

    def __init__(self, endpoint: Endpoint, url: httpx.URL, client: httpx.AsyncClient) -> None:
        self._endpoint = endpoint
        self._client = client
        self._url = url
        self._server = f'the server at {endpoint.url}'
        self._headers = {
            'Content-Type': 'application/json',
            'Accept': 'text/event-stream, application/json',
            'Accept-Encoding': 'identity',  # no body that unpacks to more than it seems to be
        }
        if endpoint.key:
            self._headers['Authorization'] = f'Bearer {endpoint.key}'

    async def post(
        self, fields: dict[str, Any], on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """
        Ask once.

        :raises UnavailableError: when asking again later may help.
        :raises RejectedError: when asking in another form may help.
        :raises Refusal: MODEL_ERROR or INVALID_ANSWER.
        """
        content = json.dumps(fields).encode('ascii')
        request = self._client.build_request(
            'POST', self._url, content=content, headers=self._headers
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as err:
            reason = self._clean(str(err)) or type(err).__name__
            raise UnavailableError(f'{self._server} cannot be reached: {reason}') from err
        try:
            if response.status_code != 200:
                raise await self._error(response, str(fields['model']))
            return await self._read(response, on_text)
        except Refusal as refusal:
            message = self._endpoint.hide(refusal.message)
            raise Refusal(refusal.outcome, message, raw=refusal.raw) from refusal.__cause__
        finally:
            await response.aclose()

    async def _read(
        self, response: httpx.Response, on_text: Callable[[str], None] | None
    ) -> Completion:
        kind = response.headers.get('content-type', '').partition(';')[0].strip().lower()
        if response.headers.get('content-encoding', 'identity') != 'identity':
            raise self._refusal('packs its answer, which it was asked not to do')
        if kind not in ('text/event-stream', 'application/json', ''):
            start = self._clean((await _start(response)).decode('utf-8', 'replace'))
            raise self._refusal(f'answers with {kind[:40]!r} instead of JSON: {start!r}')
        reader = CompletionReader(is_stream=kind == 'text/event-stream', on_text=on_text)
        try:
            async for data in response.aiter_raw():
                if reader.feed(data):
                    break
        except httpx.HTTPError:
            return reader.finish(is_whole=False)
        return reader.finish()

    async def _error(self, response: httpx.Response, model: str) -> Exception:
        """Return what a status other than 200 is."""
        status = response.status_code
        if 300 <= status < 400:
            place = self._clean(response.headers.get('location', ''))
            return self._refusal(
                f'redirects to {place!r}, which is not followed: expected the address itself'
            )
        said = self._said(await _start(response))
        if status == 429 or 500 <= status <= 504:
            wait_s = _seconds(response.headers.get('retry-after', ''))
            return UnavailableError(f'{self._server} answers with status {status}: {said}', wait_s)
        if status in (400, 422):
            return RejectedError(said)
        if status in (401, 403):
            return self._refusal(
                f'refuses the key that it was sent: {said}'
                if self._endpoint.key
                else f'wants a key: expected one in key_env or key_file: {said}'
            )
        if status == 404:
            return self._refusal(f'does not know model {model!r} or chat completions: {said}')
        return self._refusal(f'answers with status {status}: {said}')

    def _said(self, data: bytes) -> str:
        """Return what an error's body says, quoted."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        text = error_in(value) if isinstance(value, dict) else ''
        return repr(self._clean(text or data.decode('utf-8', 'replace')))

    def _refusal(self, reason: str) -> Refusal:
        return Refusal(Outcome.MODEL_ERROR, f'{self._server} {reason}')

    def _clean(self, text: str) -> str:
        """Return the words of a text or of a page, without the key."""
        words = re.sub(r'<(script|style).*?</\1>|<[^<>]{0,200}>', ' ', text, flags=re.S)
        return ' '.join(self._endpoint.hide(words).split())[:_SHOWN]


async def _start(response: httpx.Response) -> bytes:
    """Return the beginning of a body, or as much of it as there is."""
    data = bytearray()
    try:
        async for part in response.aiter_raw():
            data += part
            if len(data) > _ERROR_BYTES:
                break
    except httpx.HTTPError:
        pass
    return bytes(data[:_ERROR_BYTES])


def _seconds(retry_after: str) -> float:
    """Return the value of a Retry-After header (RFC 9110, 10.2.3) in seconds, 0 if it has none."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            moment = parsedate_to_datetime(retry_after)
            seconds = (moment - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
