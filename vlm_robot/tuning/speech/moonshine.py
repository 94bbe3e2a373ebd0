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
The encoder of Moonshine Tiny as it was trained on people, from the package `moonshine-voice`.

Its wheels up to 0.0.73 hold the English model (MIT licence) as an ONNX Runtime file: matrices in
8 bits with a scale each, the rest in 32. https://github.com/moonshine-ai/moonshine
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vlm_robot.core.errors import ConfigurationError, MissingPackageError

_FILE = Path('assets', 'tiny-en', 'encoder_model.ort')
_TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64}
"""TensorDataType of ONNX Runtime's ort.fbs -> of NumPy."""
_PLAIN = re.compile(r'((conv\d|layer_norm|layers\.\d+\..+)\.(weight|bias))(_add_tensor)?')


@dataclass(frozen=True)
class _Node:
    name: str
    inputs: tuple[str, ...]


def encoder_weights(path: Path | None = None) -> dict[str, Tensor]:
    """
    Return the state of a `MoonshineEncoder` of the shape of Moonshine Tiny.

    :param path: the file; None for the one in the package.
    :raises MissingPackageError: without the packages of the extra `speech-training`.
    :raises ConfigurationError: where the package has no model in it, as later ones.
    """
    tensors, nodes = _contents(path or _packaged())
    state = {m[1]: v for name, v in tensors.items() if (m := _PLAIN.fullmatch(name))}
    for node in nodes:
        if node.name in ('/groupnorm/Mul', '/groupnorm/Add'):
            part = 'weight' if node.name.endswith('Mul') else 'bias'
            state[f'groupnorm.{part}'] = tensors[node.inputs[1]].reshape(-1)
        for name in node.inputs:
            if name.endswith('_quantized') and name in tensors:
                state[_owner(node)] = _matrix(tensors, name.removesuffix('_quantized')).T
    return {name: torch.from_numpy(value.copy()) for name, value in state.items()}


def _packaged() -> Path:
    for package, wheel in (('moonshine_voice', 'moonshine-voice'), ('onnxruntime', 'onnxruntime')):
        if find_spec(package) is None:
            raise MissingPackageError(wheel, 'speech-training')
    spec = find_spec('moonshine_voice')
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / _FILE
    if not path.is_file():
        raise ConfigurationError(f'moonshine-voice has no {_FILE}: version 0.0.73 does')
    return path


def _owner(node: _Node) -> str:
    """'/layers.0/mlp/fc1/MatMul_quant' -> 'layers.0.mlp.fc1.weight'."""
    return node.name.strip('/').removesuffix('/MatMul_quant').replace('/', '.') + '.weight'


def _matrix(tensors: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    steps = tensors[f'{name}_quantized'].astype(np.float32) - tensors[f'{name}_zero_point']
    matrix: NDArray[np.float32] = (steps * tensors[f'{name}_scale']).astype(np.float32)
    return matrix


def _contents(path: Path) -> tuple[dict[str, NDArray[Any]], list[_Node]]:
    """Return the tensors of a model in ORT format, and its nodes."""
    from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import (
        InferenceSession,
    )

    graph = InferenceSession.GetRootAsInferenceSession(bytearray(path.read_bytes()), 0)
    graph = graph.Model().Graph()
    raw = [graph.Initializers(i) for i in range(graph.InitializersLength())]
    tensors = {t.Name().decode(): _array(t) for t in raw if t.RawDataLength()}
    return tensors, [node for i in range(graph.NodesLength()) if (node := _node(graph.Nodes(i)))]


def _array(tensor: Any) -> NDArray[Any]:
    shape = [tensor.Dims(i) for i in range(tensor.DimsLength())]
    data = tensor.RawDataAsNumpy().tobytes()
    return np.frombuffer(data, _TYPES[tensor.DataType()]).reshape(shape)


def _node(node: Any) -> _Node | None:
    """Return a node that has a name."""
    if node is None or not node.Name():
        return None
    inputs = tuple(node.Inputs(i).decode() for i in range(node.InputsLength()))
    return _Node(node.Name().decode(), inputs)
