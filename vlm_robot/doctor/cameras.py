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
_EARLY_S, _LATE_S = 0.1, 5.0  # where vlm_node does not tell its limits


def check_cameras(facts: Facts) -> Iterator[Finding]:
    """Yield findings of colour, depth and camera_info."""
    if 'vlm_node' not in facts.nodes:
        return
    if not facts.images:
        yield error('camera', 'no colour image has arrived: nothing can be seen')
    for image in facts.images:
        yield from _image(image, facts)
    for depth in facts.depths:
        yield from _depth(depth, facts)
    yield from _infos(facts)
    yield from _rehearsed(facts)


def _image(image: ImageLook, facts: Facts) -> Iterator[Finding]:
    if image.trouble:
        yield error(image.topic, image.trouble)
        return
    yield ok(image.topic, f'{image.width} x {image.height} {image.encoding}')
    yield from _stamp(image, facts)


def _stamp(image: ImageLook, facts: Facts) -> Iterator[Finding]:
    age_s = ((image.seen_ns or facts.now_ns) - image.stamp_ns) / 1e9
    limits = facts.of('vlm_node')
    early_s = limits.get('camera.future_tolerance_s', _EARLY_S)
    late_s = limits.get('camera.max_age_s', _LATE_S)
    if image.stamp_ns == 0:
        yield error(image.topic, 'is stamped with zero: its driver has to stamp it')
    elif facts.clock_publishers:
        return  # simulated stamps are not of this machine's clock
    elif not -early_s < age_s < late_s:
        when = f'{abs(age_s):.1f} s {"old" if age_s > 0 else "in the future"}'
        limit = f'camera.max_age_s is {late_s:g}' if age_s > 0 else f'the limit is {early_s:g} s'
        yield error(
            image.topic,
            f'its newest stamp is {when} ({limit}): synchronise the clocks (NTP, PTP), or see why '
            'it comes so late',
        )


def _depth(depth: DepthLook, facts: Facts) -> Iterator[Finding]:
    topic, encoding = depth.image.topic, depth.image.encoding
    if depth.image.trouble:
        yield error(topic, depth.image.trouble)
        return
    share = f'{depth.valid_share:.0%} of the pixels have depth'
    if math.isnan(depth.median_m):
        yield error(topic, 'no pixel has depth')
    elif not _NEAR_M <= depth.median_m <= _FAR_M:
        yield error(topic, _unit(depth))
    elif too_far := _too_far(depth, facts):
        yield warn(topic, too_far)
    else:
        sentence = f'{encoding}, median {depth.median_m:.2f} m, {share}'
        yield ok(topic, sentence) if depth.valid_share >= _FEW else warn(topic, sentence)
    yield from _registration(depth.image, facts)


def _too_far(depth: DepthLook, facts: Facts) -> str:
    """Say that most of an image is farther than what counts; nothing where it is not."""
    limit_m = facts.of('vlm_node').get('grounding.max_range_m', math.inf)
    if depth.median_m <= limit_m:
        return ''
    return (
        f'the median depth is {depth.median_m:.2f} m, read as {depth.image.encoding}: what is '
        f'beyond grounding.max_range_m, {limit_m:g} m, is ignored; is the unit right, and does '
        'the camera look at the table?'
    )


def _registration(depth: ImageLook, facts: Facts) -> Iterator[Finding]:
    """Find that depth is a view of its own, of which nobody tells the lens."""
    colours = [image for image in facts.images if not image.trouble]
    frames = {image.frame_id for image in colours}
    if depth.frame_id in frames or not frames:
        return
    if facts.infos and all(info.frame_id in frames for info in facts.infos):
        yield error(
            depth.topic,
            f'is of frame {depth.frame_id!r}, colour of {", ".join(map(repr, sorted(frames)))}: '
            "registering it takes the depth camera's own camera_info, and none has arrived "
            '(--depth-camera-info names its topic)',
        )


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


def _rehearsed(facts: Facts) -> Iterator[Finding]:
    """Find what the next instruction would be refused for."""
    if facts.unrehearsed:
        yield warn('next instruction', f'could not be tried: {facts.unrehearsed}')
    blind = all(rehearsal.refusal for rehearsal in facts.rehearsals)
    for camera, refusal in ((each.camera, each.refusal) for each in facts.rehearsals):
        of = f' with camera {camera!r}' if camera else ''
        if not refusal:
            yield ok('next instruction', f'would be given to the model{of}')
        elif blind:
            yield error('next instruction', f'would be refused{of}: {refusal}')
        else:
            yield warn('next instruction', f'would not be answered{of}: {refusal}')
