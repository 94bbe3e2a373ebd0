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

"""Makes URDF files loadable: meshes are found, or left out with what they are used for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

_COMPILER = {
    'fusestatic': 'false',  # or fixed links, such as tool frames, are gone
    'strippath': 'false',
    'discardvisual': 'true',
    'balanceinertia': 'true',
    'boundmass': '0.001',  # links without inertia may move
    'boundinertia': '0.00001',
}
_PACKAGE = 'package://'
_READABLE = ('.stl', '.obj', '.msh')

Note = Callable[[str], object]


def is_urdf(text: str) -> bool:
    """Whether an XML text has URDF's root element."""
    try:
        return ET.fromstring(text).tag == 'robot'
    except ET.ParseError:
        return False


def loadable(text: str, folder: Path, *, note: Note, meshes: bool = True) -> str:
    """
    Return a URDF that MuJoCo loads for kinematics and collisions.

    Visual elements are dropped. So are collision meshes that cannot be found or read.

    :param folder: what mesh files without a path are relative to.
    :param note: is told what was left out.
    :param meshes: False drops every mesh.
    """
    root = ET.fromstring(text)
    for old in root.findall('mujoco'):
        root.remove(old)
    extension = ET.Element('mujoco')
    extension.append(ET.Element('compiler', _COMPILER))
    root.insert(0, extension)
    dropped = [name for link in root.findall('link') for name in _drop(link, folder, meshes)]
    if dropped:
        note(
            f'collisions are checked without the meshes that cannot be used: {dropped[0]!r}'
            + (f' and {len(dropped) - 1} more' if len(dropped) > 1 else '')
        )
    return ET.tostring(root, encoding='unicode')


def _drop(link: ET.Element, folder: Path, meshes: bool) -> Iterator[str]:
    """Take out of a link what cannot be loaded; name the meshes."""
    for visual in link.findall('visual'):
        link.remove(visual)
    for collision in link.findall('collision'):
        mesh = collision.find('geometry/mesh')
        if mesh is None:
            continue
        name = mesh.get('filename', '')
        path = _find(name, folder) if meshes else None
        if path is None:
            link.remove(collision)
            yield name
        else:
            mesh.set('filename', str(path))


def _find(name: str, folder: Path) -> Path | None:
    if name.startswith(_PACKAGE):
        package, _, rest = name.removeprefix(_PACKAGE).partition('/')
        prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
        options = [Path(prefix) / 'share' / package / rest for prefix in filter(None, prefixes)]
    else:
        options = [folder / name.removeprefix('file://')]
    readable = (path for path in options if path.suffix.lower() in _READABLE)
    return next((path.resolve() for path in readable if path.is_file()), None)
