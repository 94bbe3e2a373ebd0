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

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from vlm_robot.core.errors import ConfigurationError, MissingPackageError

if TYPE_CHECKING:
    from vlm_robot.speech.stopping.network import StopNetwork

SHIPPED = Path(__file__).with_name('stop.safetensors')
"""The network that ships."""


def load_network(path: Path = SHIPPED) -> tuple[StopNetwork, float]:
    """
    Load what `save_network` wrote: a network, and the threshold that suits it.

    :raises ConfigurationError: for a file that holds none.
    :raises MissingPackageError: without PyTorch.
    """
    for package in ('torch', 'safetensors'):
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
            threshold = float(table['threshold'])
    except (OSError, SafetensorError, LookupError, ValueError, RuntimeError) as err:
        reason = str(err).strip().split('\n')[0]
        raise ConfigurationError(f'{str(path)!r} holds no stop spotter: {reason}') from err
    return network.eval(), threshold


def save_network(
    network: StopNetwork, path: Path, *, shape: Mapping[str, str], threshold: float
) -> None:
    """Write a network in half precision."""
    from safetensors.torch import save_file

    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    save_file(state, path, metadata={**shape, 'threshold': repr(threshold)})
    path.chmod(0o644)
