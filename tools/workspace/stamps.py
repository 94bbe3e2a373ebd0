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

"""Stamps: files that remember from which contents a part was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def content_key(*parts: str | Path) -> str:
    """
    Digest texts and the contents of files.

    :param parts: texts, files, and folders (all files below them, by name and content).
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(f'text {len(part)} {part}'.encode())
            continue
        for path in files_of(part):
            content = path.read_bytes()
            digest.update(f'file {path.name} {len(content)} '.encode())
            digest.update(content)
    return digest.hexdigest()


def files_of(path: Path) -> Iterable[Path]:
    """List the files below a folder in order, or the file itself; nothing if it is not there."""
    if path.is_file():
        return (path,)
    return sorted(found for found in path.rglob('*') if found.is_file())


def is_fresh(stamp: Path, key: str) -> bool:
    """Tell whether the part was completed from the same contents."""
    return stamp.is_file() and stamp.read_text(encoding='utf-8') == key


def mark_stale(stamp: Path) -> None:
    """Forget the part, before work on it begins: an interrupted part is not complete."""
    stamp.unlink(missing_ok=True)


def mark_fresh(stamp: Path, key: str) -> None:
    """Remember that the part was completed."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    draft = stamp.with_suffix('.draft')
    draft.write_text(key, encoding='utf-8')
    draft.replace(stamp)
