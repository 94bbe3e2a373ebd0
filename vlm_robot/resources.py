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

"""Where the files of config/ and launch/ are: in a source tree, or installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = 'vlm_robot'
SOURCE_TREE = Path(__file__).resolve().parents[1]


def share_path(*parts: str) -> Path:
    """
    Find a shared file or folder of this package.

    :param parts: the path below the package's share folder, for example 'config', 'models'.
    :return: the first place where it exists: the source tree, an ament prefix, `sys.prefix`.
    :raises FileNotFoundError: when it exists in none of them.
    """
    folders = list(share_folders())
    for folder in folders:
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    tried = ', '.join(str(folder) for folder in folders)
    raise FileNotFoundError(f'{os.path.join(*parts)!r} is not in any of {tried}')


def share_folders() -> Iterator[Path]:
    """
    Name the share folders in the order in which they are searched.

    :return: the source tree (when this module runs from one), `share/vlm_robot` of every ament
        prefix, and of the prefix that Python and this package are installed to.
    """
    if (SOURCE_TREE / 'package.xml').is_file():
        yield SOURCE_TREE
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    # <prefix>/lib/python3.x/site-packages/vlm_robot/resources.py
    prefixes += [sys.prefix, *map(str, Path(__file__).resolve().parents[4:5])]
    for prefix in filter(None, prefixes):
        yield Path(prefix) / 'share' / PACKAGE
