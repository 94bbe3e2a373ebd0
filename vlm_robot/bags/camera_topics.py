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

"""Which topics of somebody's bag are a camera's colour, depth and camera_info."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from posixpath import commonpath

from vlm_robot.bags.records import Topic
from vlm_robot.core.errors import ConfigurationError, UnknownNameError

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
INFO = 'sensor_msgs/msg/CameraInfo'
ROLES = {
    'colour': (IMAGE, COMPRESSED),
    'depth': (IMAGE, COMPRESSED),
    'info': (INFO,),
    'depth_info': (INFO,),
}
"""What a topic can be for a camera -> the types that it may have."""

_TRANSPORTS = ('compressed', 'compressedDepth', 'theora', 'ffmpeg', 'zstd')
_COLOURFUL = ('color', 'colour', 'rgb')
_REGISTERED = ('aligned', 'registered', 'to_color', 'to_rgb')
_OTHER = (
    *('infra', '/ir', 'mono', 'gray', 'grey', 'disparity', 'confidence', 'mask', 'segment'),
    *('overlay', 'scene_view', 'annotated', 'debug', 'normal', 'thermal', 'right', 'theora'),
)
"""Words in the names of images that a model looks at only if there is no other."""


@dataclass(frozen=True)
class CameraTopics:
    """The topics of one camera."""

    colour: Topic
    depth: Topic | None = None
    info: Topic | None = None
    depth_info: Topic | None = None  # where depth has pixels of its own

    @property
    def is_rectified(self) -> bool:
        """Whether the colour image is rectified already, as its name tells."""
        return 'rect' in _base(self.colour.name).rpartition('/')[2]

    def sentence(self) -> str:
        """Say what was taken for what."""
        parts = {
            'colour': self.colour,
            'depth': self.depth,
            'camera_info': self.info,
            "depth's camera_info": self.depth_info,
        }
        return ', '.join(f'{role} {t.name if t else "none"}' for role, t in parts.items())


def find_camera(
    topics: Sequence[Topic], *, camera: str = '', chosen: Mapping[str, str] | None = None
) -> CameraTopics:
    """
    Return a camera's topics by their types and names, which every driver chooses differently.

    :param camera: namespace to look in; empty looks everywhere.
    :param chosen: role -> name of a topic, for what is known better; a role of `ROLES`.
    :raises ConfigurationError: for a role or topic that does not exist, or if there is no image.
    """
    given = _given(topics, chosen or {})
    inside = [t for t in topics if not camera or t.name.startswith(f'/{camera.strip("/")}/')]
    colour = given.get('colour') or _best_colour(inside)
    if colour is None:
        where = f' below {camera!r}' if camera else ''
        raise ConfigurationError(f'the bag has no colour image{where}: it has {_names(topics)}')
    depth = given.get('depth') or _best_depth(inside, colour)
    info = given.get('info') or _info_of(inside, colour) or _nearest_info(inside, colour)
    own_info = given.get('depth_info') or (_info_of(inside, depth) if depth else None)
    return CameraTopics(colour, depth, info, None if own_info is info else own_info)


def _given(topics: Sequence[Topic], chosen: Mapping[str, str]) -> dict[str, Topic]:
    found: dict[str, Topic] = {}
    for role, name in chosen.items():
        if role not in ROLES:
            raise UnknownNameError('role of a topic', role, ROLES)
        topic = next((t for t in topics if t.name == name), None)
        if topic is None:
            close = get_close_matches(name, [t.name for t in topics], n=1)
            hint = f'; did you mean {close[0]!r}?' if close else ''
            raise ConfigurationError(
                f'the bag has no topic {name!r}: it has {_names(topics)}{hint}'
            )
        if topic.type not in ROLES[role]:
            expected = ' or '.join(ROLES[role])
            raise ConfigurationError(f'{name!r} is {topic.type}: expected {expected} for {role}')
        found[role] = topic
    return found


def _best_colour(topics: Iterable[Topic]) -> Topic | None:
    images = [t for t in topics if t.type in (IMAGE, COMPRESSED) and not _is_depth(t.name)]
    infos = {t.name for t in topics if t.type == INFO}

    def rank(topic: Topic) -> tuple[bool, bool, bool, bool, int, str]:
        return (
            _has(_OTHER, topic.name),
            _info_name(topic.name) not in infos,
            not _has(_COLOURFUL, topic.name),
            topic.type == COMPRESSED,
            len(topic.name),
            topic.name,
        )

    return min(images, key=rank, default=None)


def _best_depth(topics: Iterable[Topic], colour: Topic) -> Topic | None:
    images = [
        t
        for t in topics
        if _is_depth(t.name)
        and not _has(('confidence', 'mask', 'normal', 'points'), t.name)
        and (t.type == IMAGE or t.name.endswith('/compressedDepth'))
    ]

    def rank(topic: Topic) -> tuple[bool, bool, int, int, str]:
        return (
            not _has(_REGISTERED, topic.name),
            topic.type == COMPRESSED,
            -len(commonpath([topic.name, colour.name])),
            len(topic.name),
            topic.name,
        )

    return min(images, key=rank, default=None)


def _info_of(topics: Iterable[Topic], image: Topic) -> Topic | None:
    """Return the camera_info beside an image, where image_transport's cameras have it."""
    name = _info_name(image.name)
    return next((t for t in topics if t.type == INFO and t.name == name), None)


def _nearest_info(topics: Iterable[Topic], image: Topic) -> Topic | None:
    infos = [t for t in topics if t.type == INFO and not _is_depth(t.name)]
    return max(infos, key=lambda t: len(commonpath([t.name, image.name])), default=None)


def _info_name(image: str) -> str:
    return f'{_base(image).rpartition("/")[0]}/camera_info'


def _base(name: str) -> str:
    """Return an image's name without its transport."""
    head, _, last = name.rpartition('/')
    return head if last in _TRANSPORTS else name


def _is_depth(name: str) -> bool:
    return 'depth' in name.lower()


def _has(words: Iterable[str], name: str) -> bool:
    return any(word in name.lower() for word in words)


def _names(topics: Sequence[Topic]) -> str:
    return ', '.join(f'{t.name} ({t.type})' for t in topics) or 'nothing'
