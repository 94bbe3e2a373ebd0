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

"""The stop network in a file: half precision safetensors, what it is and can do in its table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from vlm_robot.core.errors import ConfigurationError, MissingPackageError

if TYPE_CHECKING:
    from vlm_robot.speech.stopping.network import StopNetwork

SHIPPED = Path(__file__).with_name('stop.safetensors')
"""The network that ships."""


def load_network(path: Path = SHIPPED, *, ear: Path) -> tuple[StopNetwork, float]:
    """
    Load what `save_network` wrote: a network, and the threshold that suits it.

    :param ear: the acoustic model whose rows its second head is to read.
    :raises ConfigurationError: for a file that holds none, or one for another acoustic model.
    :raises MissingPackageError: without PyTorch.
    """
    for package in ('torch', 'safetensors', 'transformers'):
        if find_spec(package) is None:
            raise MissingPackageError(package, 'speech')
    from safetensors import SafetensorError, safe_open

    from vlm_robot.speech.acoustic.network import Shape
    from vlm_robot.speech.stopping.network import StopNetwork

    try:
        with safe_open(path, framework='pt') as file:
            table = file.metadata() or {}
            network = StopNetwork(Shape.of(table))
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
            threshold, made_for = float(table['threshold']), table['ear']
    except (OSError, SafetensorError, LookupError, ValueError, RuntimeError) as err:
        reason = str(err).strip().split('\n')[0]
        raise ConfigurationError(f'{str(path)!r} holds no stop spotter: {reason}') from err
    if made_for != fingerprint(ear):
        raise ConfigurationError(f'{str(path)!r} was made for another acoustic model than {ear}')
    return network.eval(), threshold


def save_network(
    network: StopNetwork, path: Path, *, shape: Mapping[str, str], ear: Path, threshold: float
) -> None:
    """Write a network in half precision."""
    from safetensors.torch import save_file

    state = {name: value.half() for name, value in network.state_dict().items()}
    table = {**shape, 'ear': fingerprint(ear), 'threshold': repr(threshold)}
    save_file(state, path, metadata=table)
    path.chmod(0o644)


def fingerprint(path: Path) -> str:
    """Return what tells an acoustic model's file from others: the beginning of its SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
