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

"""What a confidence is worth: calibration of a model's probabilities against what was right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.models.reading import log_odds, temper
from vlm_robot.tuning.statistics import Rate

BINS = 10
_FLOOR = 1e-7  # a probability of nothing would have an infinite likelihood
_GOLDEN = (math.sqrt(5) - 1) / 2
_LOG_TEMPERATURES = (-3.0, 3.0)
_ROUNDS = 60  # of golden section: the bracket shrinks below 1e-11


@dataclass(frozen=True)
class Sample:
    """One point of a model: how sure it was, and whether it was on what was meant."""

    confidence: float
    right: bool
    form: str = ''
    seed: int = 0


@dataclass(frozen=True)
class Bin:
    """The points of one range of confidence."""

    low: float
    high: float
    confidence: float  # mean, NaN for none
    right: Rate


@dataclass(frozen=True)
class Passing:
    """What a threshold lets through."""

    threshold: float
    precision: Rate  # right ones among those that pass
    kept: Rate  # of the right ones, those that pass


def tempered(samples: Sequence[Sample], temperature: float) -> list[Sample]:
    """Return samples as a profile with this `confidence_temperature` reports them."""
    return [Sample(temper(s.confidence, temperature), s.right, s.form, s.seed) for s in samples]


def halves(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return the samples of even seeds, to fit to, and of odd ones, to measure on."""
    return [s for s in samples if s.seed % 2 == 0], [s for s in samples if s.seed % 2]


def reliability(samples: Sequence[Sample], bins: int = BINS) -> list[Bin]:
    """Sort samples into equal ranges of confidence; the last one holds 1."""
    groups: list[list[Sample]] = [[] for _ in range(bins)]
    for sample in samples:
        groups[min(int(sample.confidence * bins), bins - 1)].append(sample)
    return [
        Bin(
            index / bins,
            (index + 1) / bins,
            float(np.mean([s.confidence for s in group])) if group else math.nan,
            rate(group),
        )
        for index, group in enumerate(groups)
    ]


def calibration_error(samples: Sequence[Sample], bins: int = BINS) -> float:
    """
    Return the expected calibration error, NaN without samples.

    Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    if not samples:
        return math.nan
    full = [b for b in reliability(samples, bins) if b.right.count]
    gaps = (abs(b.confidence - b.right.share) * b.right.count for b in full)
    return sum(gaps) / len(samples)


def surprise(samples: Sequence[Sample]) -> float:
    """Return the mean negative log-likelihood in nats, NaN without samples."""
    if not samples:
        return math.nan
    given = (s.confidence if s.right else 1 - s.confidence for s in samples)
    return float(np.mean([-math.log(max(p, _FLOOR)) for p in given]))


def fit_temperature(samples: Sequence[Sample]) -> float:
    """
    Return the temperature of the least surprise, by golden-section search; 1 without samples.

    :return: between exp(-3) and exp(3); at an end where samples are all right or all wrong.
    """
    if not samples:
        return 1.0
    margins = _margins(samples)
    low, high = _LOG_TEMPERATURES
    for _ in range(_ROUNDS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _surprise_at(margins, left) < _surprise_at(margins, right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def threshold_for(samples: Sequence[Sample], precision: float) -> float:
    """Return the least threshold of which this share of what passes is right, NaN for none."""
    found = math.nan
    ranked = sorted(samples, key=lambda s: -s.confidence)
    right = 0
    for count, sample in enumerate(ranked, start=1):
        right += sample.right
        last = count == len(ranked) or ranked[count].confidence < sample.confidence
        if last and right >= precision * count:
            found = sample.confidence
    return found


def passing(samples: Sequence[Sample], threshold: float) -> Passing:
    """Say what a gate with this `min_confidence` lets through; NaN lets nothing."""
    through = [s for s in samples if s.confidence >= threshold]
    right = sum(s.right for s in samples)
    return Passing(threshold, rate(through), Rate(sum(s.right for s in through), right))


def rate(samples: Sequence[Sample]) -> Rate:
    """Return how many samples are right."""
    return Rate(sum(s.right for s in samples), len(samples))


def _margins(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """Return the log-odds that each sample gave to what is true."""
    signs = np.array([1.0 if s.right else -1.0 for s in samples])
    return signs * np.array([log_odds(s.confidence) for s in samples])


def _surprise_at(margins: NDArray[np.float64], log_temperature: float) -> float:
    """`surprise` of tempered samples."""
    return float(np.logaddexp(0, -margins / math.exp(log_temperature)).mean())
