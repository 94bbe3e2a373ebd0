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

"""Where an OpenAI-compatible server is, and the key that opens it."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vlm_robot.core.errors import ConfigurationError

_KEY = re.compile(r'[!-~]{1,4096}')  # what a header can carry
_VARIABLE = re.compile(r'[A-Z][A-Z0-9_]{0,63}')
_HIDDEN = '<key>'


@dataclass(frozen=True)
class Endpoint:
    """A server's base address, and the key for it, which `repr` does not show."""

    url: str  # without a slash at its end
    is_local: bool  # whether it is this machine
    key: str = field(default='', repr=False)

    def hide(self, text: str) -> str:
        """Return a text without the key: servers repeat it in what they answer."""
        return text.replace(self.key, _HIDDEN) if self.key else text


def make_endpoint(
    url: str, *, key_env: str = '', key_file: str = '', allow_plain_http: bool = False
) -> Endpoint:
    """
    Check an address and read its key.

    :param key_env: environment variable that holds the key; '': none does.
    :param key_file: file that holds it and that nobody else can read; '': none does.
    :param allow_plain_http: whether the key may travel unencrypted to another machine.
    :raises ConfigurationError: for what cannot be used; never says what a key is.
    """
    url, host = _checked(url)
    key = _key(key_env, key_file)
    is_local = _is_loopback(host)
    if key and url.startswith('http:') and not is_local and not allow_plain_http:
        raise ConfigurationError(
            f'the key would travel unencrypted to {url!r}: expected https, or allow_plain_http'
        )
    return Endpoint(url, is_local, key)


def _checked(url: str) -> tuple[str, str]:
    """Return an address without the slash at its end, and its host."""
    # the address is not quoted where it may hold a password
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or '', parts.port
    except ValueError as err:
        raise ConfigurationError(f'the url of the server is wrong: {err}') from err
    if '@' in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            f'the url of the server {host!r} holds more than an address: '
            'a key goes into key_env or key_file'
        )
    if parts.scheme not in ('http', 'https') or not host or not url.isascii() or ' ' in url:
        raise ConfigurationError(
            f'url {url!r} is no address of a server: expected one like http://127.0.0.1:8000/v1'
        )
    return url.rstrip('/'), host


def _is_loopback(host: str) -> bool:
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(variable: str, file: str) -> str:
    if variable and file:
        raise ConfigurationError('the key is in key_env and in key_file: expected one of them')
    if variable:
        return _valid(os.environ.get(variable, ''), f'environment variable {_named(variable)}')
    return _valid(_read(file), f'key file {file!r}') if file else ''


def _named(variable: str) -> str:
    # who puts the key itself here must not find it in a log
    return repr(variable) if _VARIABLE.fullmatch(variable) else 'of key_env'


def _valid(key: str, place: str) -> str:
    key = key.strip()
    if not key:
        raise ConfigurationError(f'{place} holds no key: it is empty or not set')
    if not _KEY.fullmatch(key):
        raise ConfigurationError(f'{place} holds no key: expected one line of printable ASCII')
    return key


def _read(path: str) -> str:
    try:
        # a pipe must not be waited for
        descriptor = os.open(os.path.expanduser(path), os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, encoding='utf-8') as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise ConfigurationError(f'key file {path!r} is no file')
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigurationError(
                    f'key file {path!r} has mode {stat.S_IMODE(mode):o}: expected 600, '
                    'so that only its owner reads it'
                )
            return file.read(5000)
    except (OSError, ValueError) as err:
        raise ConfigurationError(f'key file {path!r} cannot be read: {err}') from err
