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

"""What a model takes of an utterance."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel

from vlm_robot.speech.sound import RATE_HZ, Samples


def features(model: PreTrainedModel, processor: Any, samples: Samples) -> dict[str, torch.Tensor]:
    """Return the arguments of a model, or of its encoder, where it lies and as fine as it is."""
    found = processor.feature_extractor(samples, sampling_rate=RATE_HZ, return_tensors='pt')
    return {
        key: value.to(model.device, model.dtype if value.is_floating_point() else None)
        for key, value in found.items()
    }
