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

"""The known backends by name, loaded when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.models.backends.base import Backend

BACKENDS = {
    'local': 'vlm_robot.models.backends.local:LocalBackend',
    'openai': 'vlm_robot.models.backends.openai:OpenAIBackend',
    'scripted': 'vlm_robot.models.backends.scripted:ScriptedBackend',
}


_COMMON = ('model', 'device')
SETTINGS = {
    'local': _COMMON,
    'openai': (*_COMMON, 'url', 'key_env', 'key_file', 'allow_plain_http'),
    'scripted': _COMMON,
}
"""Backend -> the settings that it takes."""


def make_backend(name: str, settings: Mapping[str, str] | None = None) -> Backend:
    """
    Load a model.

    :param name: of the backend.
    :param settings: of any backend, see `SETTINGS`; what this one does not take is for others.
    :raises UnknownNameError: for a name or setting that is not known.
    :raises ConfigurationError: for settings or a model that cannot be used.
    :raises MissingPackageError: where the backend's library is not installed.
    """
    if name not in BACKENDS:
        raise UnknownNameError('backend', name, BACKENDS)
    known = {key for keys in SETTINGS.values() for key in keys}
    for key in settings or {}:
        if key not in known:
            raise UnknownNameError('setting of a backend', key, known)
    own = {key: value for key, value in (settings or {}).items() if key in SETTINGS[name]}
    module, _, attribute = BACKENDS[name].partition(':')
    backend: Backend = getattr(import_module(module), attribute)(**own)
    return backend
