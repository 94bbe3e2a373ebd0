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
    'scripted': 'vlm_robot.models.backends.scripted:ScriptedBackend',
}


def make_backend(name: str, settings: Mapping[str, str] | None = None) -> Backend:
    """
    Load a model.

    :param name: of the backend.
    :param settings: of the backend: `model` and `device` for 'local', `model` (the script's path)
        for 'scripted'.
    :raises UnknownNameError: for a name that is not registered.
    :raises ConfigurationError: for settings or a model that cannot be used.
    """
    if name not in BACKENDS:
        raise UnknownNameError('backend', name, BACKENDS)
    module, _, attribute = BACKENDS[name].partition(':')
    backend: Backend = getattr(import_module(module), attribute)(**(settings or {}))
    return backend
