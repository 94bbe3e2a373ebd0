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

"""The encoder of Moonshine is read from its package, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip('torch')
pytest.importorskip('jiwer')

from vlm_robot.core.errors import ConfigurationError, MissingPackageError  # noqa: E402
from vlm_robot.resources import share_path  # noqa: E402
from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape  # noqa: E402
from vlm_robot.tuning.speech import moonshine, train_acoustic, train_stop  # noqa: E402


def test_a_matrix_is_its_steps_from_zero_times_their_size() -> None:
    tensors = {
        'm_quantized': np.array([[120, 128]], np.uint8),
        'm_zero_point': np.array(128, np.uint8),
        'm_scale': np.array(0.5, np.float32),
    }
    np.testing.assert_array_equal(moonshine._matrix(tensors, 'm'), [[-4.0, 0.0]])


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moonshine, 'find_spec', lambda name: None)
    with pytest.raises(MissingPackageError, match='moonshine-voice'):
        moonshine.encoder_weights()


@pytest.mark.parametrize('train', [train_acoustic.train, train_stop.train])
def test_a_training_says_what_is_missing_before_it_makes_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, train: Callable[[Path, Path, Path], None]
) -> None:
    monkeypatch.setattr(moonshine, 'find_spec', lambda name: None)
    work = tmp_path / 'work'
    with pytest.raises(MissingPackageError, match='moonshine-voice'):
        train(share_path('config', 'training') / 'speech.yaml', work, tmp_path / 'made')
    assert not work.exists()


def test_a_package_without_the_model_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Spec:
        origin = str(tmp_path / '__init__.py')

    monkeypatch.setattr(moonshine, 'find_spec', lambda name: Spec)
    with pytest.raises(ConfigurationError, match=r'0\.0\.73'):
        moonshine.encoder_weights()


@pytest.mark.skipif(
    find_spec('moonshine_voice') is None or find_spec('onnxruntime') is None,
    reason='moonshine-voice is not installed',
)
def test_the_encoder_answers_as_the_package_s_own() -> None:
    import onnxruntime

    network = AcousticNetwork(Shape()).eval()
    network.encoder.load_state_dict(moonshine.encoder_weights())
    sound = 0.1 * np.random.default_rng(0).standard_normal((1, 16_000)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(moonshine._packaged()))
    given = {'input_values': sound, 'attention_mask': np.ones(sound.shape, np.int64)}
    theirs = session.run(None, given)[0]
    with torch.inference_mode():
        ours = network.inside(torch.from_numpy(sound)).numpy()
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
