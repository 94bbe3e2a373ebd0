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

"""The frames that tf2 knows, and why there is no transform between two of them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_MOST_NAMES = 20


@dataclass(frozen=True)
class Link:
    """A frame's transform to its parent, and the times for which it is known."""

    parent: str
    oldest_s: float
    newest_s: float

    @property
    def is_static(self) -> bool:
        """Whether it holds at any time."""
        return self.oldest_s == self.newest_s == 0.0


@dataclass(frozen=True)
class Span:
    """The times for which all links of a chain are known, and the frames that bound them."""

    oldest_s: float
    newest_s: float
    oldest_frame: str
    newest_frame: str


@dataclass(frozen=True)
class FrameTree:
    """What `tf2_ros.Buffer.all_frames_as_yaml` tells; frames that are only parents are roots."""

    links: Mapping[str, Link]

    @classmethod
    def parse(cls, text: str) -> FrameTree:
        """Read tf2's YAML; what cannot be read is left out."""
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError:
            content = None
        if not isinstance(content, dict):
            return cls({})
        links = {str(frame): _link(entry) for frame, entry in content.items()}
        return cls({frame: link for frame, link in links.items() if link is not None})

    @property
    def frames(self) -> tuple[str, ...]:
        """All frames, sorted."""
        return tuple(sorted({*self.links, *(link.parent for link in self.links.values())}))

    def root(self, frame: str) -> str:
        """Return the frame without a parent that a frame hangs on."""
        return list(self._upwards(frame))[-1]

    def chain(self, target_frame: str, source_frame: str) -> tuple[str, ...]:
        """Return the frames whose links to their parents lead from one frame to the other."""
        up, down = list(self._upwards(target_frame)), list(self._upwards(source_frame))
        common = set(up) & set(down)
        apart = (frame for frame in (*up, *down) if frame not in common)
        return tuple(frame for frame in apart if frame in self.links)

    def span(self, target_frame: str, source_frame: str) -> Span:
        """Return the times for which the transform between two frames of one tree is known."""
        moving = {
            frame: self.links[frame]
            for frame in self.chain(target_frame, source_frame)
            if not self.links[frame].is_static
        }
        if not moving:
            return Span(-math.inf, math.inf, '', '')
        late = max(moving, key=lambda frame: moving[frame].oldest_s)
        early = min(moving, key=lambda frame: moving[frame].newest_s)
        return Span(moving[late].oldest_s, moving[early].newest_s, late, early)

    def _upwards(self, frame: str) -> Iterator[str]:
        seen: set[str] = set()
        while frame not in seen:
            yield frame
            seen.add(frame)
            if frame not in self.links:
                return
            frame = self.links[frame].parent


def why_not(
    tree: FrameTree, target_frame: str, source_frame: str, stamp_ns: int, *, otherwise: str
) -> str:
    """
    Say in one sentence why there is no transform at a moment.

    :param otherwise: what tf2 says, for when the tree does not tell.
    """
    asked = f'no transform {target_frame!r} <- {source_frame!r}'
    for frame in (target_frame, source_frame):
        if reason := _unusable(tree, frame):
            return f'{asked}: {reason}'
    roots = tree.root(target_frame), tree.root(source_frame)
    if roots[0] != roots[1]:
        return (
            f'{asked}: they are in two trees, {target_frame!r} in that of {roots[0]!r} and '
            f'{source_frame!r} in that of {roots[1]!r}; {_known(tree)}'
        )
    at = f'{asked} at {stamp_ns / 1e9:.3f} s'
    return f'{at}: {_time(tree.span(target_frame, source_frame), stamp_ns / 1e9) or otherwise}'


def is_too_old(tree: FrameTree, target_frame: str, source_frame: str, stamp_ns: int) -> bool:
    """Whether a transform is missing that will not come any more."""
    if tree.root(target_frame) != tree.root(source_frame):
        return False
    span = tree.span(target_frame, source_frame)
    return stamp_ns / 1e9 < span.oldest_s - _MICROSECOND


_MICROSECOND = 1e-6  # the precision of the times that tf2 tells


def _link(entry: Any) -> Link | None:
    try:
        oldest_s, newest_s = entry['oldest_transform'], entry['most_recent_transform']
        return Link(str(entry['parent']), float(oldest_s), float(newest_s))
    except (TypeError, KeyError, ValueError):
        return None


def _unusable(tree: FrameTree, frame: str) -> str:
    if not frame:
        return 'a frame without a name has no place'
    if frame.startswith('/'):
        return f'{frame!r} begins with a slash, which tf2 does not take'
    if frame in tree.frames:
        return ''
    close = difflib.get_close_matches(frame, tree.frames, n=1)
    hint = f'; did you mean {close[0]!r}?' if close else ''
    return f'frame {frame!r} is unknown to tf; {_known(tree)}{hint}'


def _known(tree: FrameTree) -> str:
    names = tree.frames
    if not names:
        return 'no frame is known: nobody publishes /tf or /tf_static'
    more = f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
    return f'known are {", ".join(names[:_MOST_NAMES])}{more}'


def _time(span: Span, stamp_s: float) -> str:
    had = f'known from {span.oldest_s:.3f} s to {span.newest_s:.3f} s'
    if stamp_s < span.oldest_s - _MICROSECOND:
        gap = span.oldest_s - stamp_s
        return f'it is {had}: the oldest, of {span.oldest_frame!r}, is {gap:.3f} s too young'
    if stamp_s > span.newest_s + _MICROSECOND:
        gap = stamp_s - span.newest_s
        return f'it is {had}: the newest, of {span.newest_frame!r}, is {gap:.3f} s too old'
    return ''
