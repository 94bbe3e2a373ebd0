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

"""The stop network in files: its weights as safetensors, what it is and can do as JSON beside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from vlm_robot.core.errors import ConfigurationError, MissingPackageError
from vlm_robot.speech.stopping.network import Convolution, StopNetwork

SHIPPED = Path(__file__).parent / 'stop.safetensors'
"""The network that ships."""


def load_network(path: Path = SHIPPED) -> StopNetwork:
    """
    Load what `save_network` wrote.

    :raises ConfigurationError: for files that are absent or hold no such network.
    :raises MissingPackageError: without safetensors.
    """
    try:
        from safetensors import SafetensorError
    except ImportError as err:
        raise MissingPackageError('safetensors', 'speech') from err
    try:
        network = _read(path)
        wrong = network.mismatch()
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as err:
        raise ConfigurationError(f'{str(path)!r} holds no stop spotter: {err!r}') from err
    if wrong:
        raise ConfigurationError(f'{str(path)!r} makes no stop spotter: it has {wrong}')
    return network


def save_network(network: StopNetwork, path: Path) -> None:
    """Write a network."""
    from safetensors.numpy import save_file

    tensors = {'words.weight': network.weight, 'words.bias': network.bias}
    for i, layer in enumerate(network.layers):
        tensors |= {f'{i}.weight': layer.weight, f'{i}.bias': layer.bias}
    save_file({name: np.ascontiguousarray(x, np.float32) for name, x in tensors.items()}, path)
    about = {
        'words': network.words,
        'threshold': network.threshold,
        'strides': [layer.stride for layer in network.layers],
        'dilations': [layer.dilation for layer in network.layers],
        'figures': dict(network.figures),
    }
    path.with_suffix('.json').write_text(json.dumps(about, indent=2) + '\n', encoding='utf-8')


def _read(path: Path) -> StopNetwork:
    from safetensors.numpy import load_file

    about = json.loads(path.with_suffix('.json').read_text(encoding='utf-8'))
    tensors = load_file(path)
    times = zip(about['strides'], about['dilations'], strict=True)
    layers = (
        Convolution(tensors[f'{i}.weight'], tensors[f'{i}.bias'], int(stride), int(dilation))
        for i, (stride, dilation) in enumerate(times)
    )
    return StopNetwork(
        tuple(map(str, about['words'])),
        float(about['threshold']),
        tuple(layers),
        tensors['words.weight'],
        tensors['words.bias'],
        dict(about['figures']),
    )
