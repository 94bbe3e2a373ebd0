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

"""Sums over episodes: rates with intervals, errors, classes of failure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vlm_robot.tuning.rollout import Result

_Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True)
class Rate:
    """A share of successes with its 95 % Wilson score interval."""

    hits: int
    count: int

    @property
    def share(self) -> float:
        """Hits per count, NaN for none."""
        return self.hits / self.count if self.count else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson (1927), "Probable inference, the law of succession", eq. for a 95 % interval."""
        if not self.count:
            return 0.0, 1.0
        n, p, square = self.count, self.share, _Z**2
        middle = (p + square / (2 * n)) / (1 + square / n)
        half = _Z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
        # the interval always holds the share; rounding must not say otherwise
        return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))

    def __str__(self) -> str:
        low, high = self.interval
        return f'{100 * self.share:5.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {self.count}'


@dataclass(frozen=True)
class Row:
    """One line of the report: a policy on the episodes of one form."""

    policy: str
    form: str
    success: Rate
    on_object: Rate
    errors_m: tuple[float, ...]  # 3D errors of targets that were pointed at rightly
    plan_s: tuple[float, ...]
    failures: dict[str, int]

    @property
    def error_mm(self) -> tuple[float, float]:
        """Median and 95th percentile of the 3D error in millimetres, NaN for none."""
        if not self.errors_m:
            return math.nan, math.nan
        median, p95 = np.percentile(self.errors_m, [50, 95]) * 1000
        return float(median), float(p95)


def rows(results: Iterable[Result]) -> list[Row]:
    """Group results by policy and form, in the order in which they come."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.policy, result.form), []).append(result)
    return [_row(policy, form, group) for (policy, form), group in groups.items()]


def _row(policy: str, form: str, group: Sequence[Result]) -> Row:
    points = [on for result in group for on in result.on_object]
    errors = tuple(
        error
        for result in group
        for on, error in zip(result.on_object, result.error_m, strict=False)
        if on
    )
    return Row(
        policy,
        form,
        Rate(sum(result.success for result in group), len(group)),
        Rate(sum(points), len(points)),
        errors,
        tuple(result.plan_s for result in group),
        dict(Counter(result.failure for result in group if result.failure)),
    )
