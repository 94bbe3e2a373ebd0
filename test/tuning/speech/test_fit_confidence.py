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

"""Fitting the confidence of the embedded recogniser."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.speech.decoding.confidence import Calibration, Signs

pytest.importorskip('tqdm')

from vlm_robot.tuning.speech.fit_confidence import Example, fitted


def test_the_logistic_that_made_the_examples_is_found_again() -> None:
    true = Calibration(
        intercept=0.5, excess=-2.0, worst=-0.8, unknown=-0.2, margin=0.4, uncertainty=-1.0,
        outside=-0.1, length=0.3,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    drawn = [Signs(*map(float, rng.uniform(0, (2, 4, 10, 10, 2, 10, 4)))) for _ in range(3000)]
    examples = [Example(one, bool(rng.uniform() < true.confidence(one))) for one in drawn]
    found = fitted(examples)
    far = [abs(found.confidence(one) - true.confidence(one)) for one in drawn]
    assert max(far) < 0.15
    assert np.mean(far) < 0.04
