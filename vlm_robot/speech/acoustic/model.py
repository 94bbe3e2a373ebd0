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

"""The embedded acoustic model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError, MissingPackageError
from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.acoustic.phones import FRAME, PHONES
from vlm_robot.speech.sound import Samples

if TYPE_CHECKING:
    from vlm_robot.speech.acoustic.network import AcousticNetwork

WEIGHTS = Path(__file__).with_name('weights.safetensors')


class AcousticModel:
    """
    Tells the phones of an utterance; one thread, and the same answer to the same samples.

    :param path: a checkpoint; None is the one that ships.
    :raises ConfigurationError: for a file that is none.
    :raises MissingPackageError: without PyTorch.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._network = load_acoustic(path or WEIGHTS)

    def log_probabilities(self, samples: Samples) -> NDArray[np.float32]:
        """
        Return the log probability of every phone in every frame.

        :return: (T, len(PHONES)), a row every `FRAME_S` from the start; T is as many as there are
            whole frames.
        """
        import torch

        if samples.size < FRAME:
            return np.zeros((0, len(PHONES)), np.float32)
        sound = torch.from_numpy(levelled(samples))[None]
        with one_thread(), torch.inference_mode():
            rows: NDArray[np.float32] = self._network(sound)[0].numpy()
        return rows


def load_acoustic(path: Path) -> AcousticNetwork:
    """
    Load a checkpoint.

    :raises ConfigurationError: for a file that is none.
    :raises MissingPackageError: without PyTorch.
    """
    for package in ('torch', 'safetensors', 'transformers'):
        if find_spec(package) is None:
            raise MissingPackageError(package, 'speech')
    from safetensors import SafetensorError, safe_open

    from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape

    try:
        with safe_open(path, framework='pt') as file:
            network = AcousticNetwork(Shape.of(file.metadata() or {}))
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, RuntimeError) as err:
        reason = str(err).strip().split('\n')[0]
        raise ConfigurationError(f'{str(path)!r} is not an acoustic model: {reason}') from err
    return network.eval()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: on small networks more of them wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
