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

"""What is right and wrong with what the cameras send."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vlm_robot.doctor.facts import DepthLook, Facts, ImageLook
from vlm_robot.doctor.finding import Finding, error, ok, warn

_NEAR_M, _FAR_M = 0.1, 20.0  # what a camera over a table sees
_UNIT = 1000.0  # millimetres in a metre
_FEW = 0.5  # share of valid pixels below which depth is worth a warning
_EARLY_S, _LATE_S = -0.1, 5.0


def check_cameras(facts: Facts) -> Iterator[Finding]:
    """Yield findings of colour, depth and camera_info."""
    if 'vlm_node' not in facts.nodes:
        return
    if not facts.images:
        yield error('camera', 'no colour image has arrived: nothing can be seen')
    for image in facts.images:
        yield from _image(image, facts)
    for depth in facts.depths:
        yield from _depth(depth)
    yield from _infos(facts)


def _image(image: ImageLook, facts: Facts) -> Iterator[Finding]:
    if image.trouble:
        yield error(image.topic, image.trouble)
        return
    yield ok(image.topic, f'{image.width} x {image.height} {image.encoding}')
    yield from _stamp(image, facts)


def _stamp(image: ImageLook, facts: Facts) -> Iterator[Finding]:
    age_s = (facts.now_ns - image.stamp_ns) / 1e9
    if image.stamp_ns == 0:
        yield error(image.topic, 'is stamped with zero: its driver has to stamp it')
    elif facts.clock_publishers:
        return  # simulated stamps are not of this machine's clock
    elif not _EARLY_S < age_s < _LATE_S:
        when = f'{abs(age_s):.1f} s {"old" if age_s > 0 else "in the future"}'
        yield error(image.topic, f'its newest stamp is {when}: synchronise the clocks (NTP, PTP)')


def _depth(depth: DepthLook) -> Iterator[Finding]:
    topic, encoding = depth.image.topic, depth.image.encoding
    if depth.image.trouble:
        yield error(topic, depth.image.trouble)
        return
    share = f'{depth.valid_share:.0%} of the pixels have depth'
    if math.isnan(depth.median_m):
        yield error(topic, 'no pixel has depth')
    elif _NEAR_M <= depth.median_m <= _FAR_M:
        sentence = f'{encoding}, median {depth.median_m:.2f} m, {share}'
        yield ok(topic, sentence) if depth.valid_share >= _FEW else warn(topic, sentence)
    else:
        yield error(topic, _unit(depth))


def _unit(depth: DepthLook) -> str:
    """Say what the unit seems to be."""
    said = f'the median depth is {depth.median_m:g} m, read as {depth.image.encoding}'
    if _NEAR_M <= depth.median_m / _UNIT <= _FAR_M:
        return f'{said}: it seems to be in millimetres, which REP 118 wants as 16UC1'
    if _NEAR_M <= depth.median_m * _UNIT <= _FAR_M:
        return f'{said}: it seems to be in metres, which REP 118 wants as 32FC1'
    return f'{said}: no arm reaches what this camera sees'


def _infos(facts: Facts) -> Iterator[Finding]:
    if facts.images and not facts.infos:
        yield error('camera_info', 'none has arrived: targets cannot be measured')
    sizes = {(image.width, image.height) for image in facts.images if not image.trouble}
    sizes |= {(d.image.width, d.image.height) for d in facts.depths if not d.image.trouble}
    for info in facts.infos:
        if info.trouble:
            yield error(info.topic, info.trouble)
        elif sizes and (info.width, info.height) not in sizes:
            seen = ', '.join(f'{w} x {h}' for w, h in sorted(sizes))
            yield warn(info.topic, f'is for {info.width} x {info.height}, images have {seen}')
        else:
            model = info.model or 'no distortion'
            yield ok(info.topic, f'{info.width} x {info.height}, {model}')
