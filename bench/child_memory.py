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

"""What `bench_memory.py` starts: answers in one way, and prints what memory that took."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import torch
from subjects import FRAMES, PUT, embedded, qwen


def main() -> None:
    name, way, threads = sys.argv[2:]
    torch.set_num_threads(int(threads))
    imported = resident()
    subject = embedded() if name == 'embedded' else qwen(name)
    subject.anew(PUT, FRAMES[0])
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    loaded = resident()
    for frame in FRAMES:
        (subject.ours if way == 'ours' else subject.with_generate)(PUT, frame)
    found = {
        'weights': sum(p.nbytes for p in subject.model.parameters()),
        'keys and values kept': subject.engine.cache.memory_bytes(),
        'process after imports': imported,
        'process after loading': loaded,
        'peak of the process': 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    if torch.cuda.is_available():
        found['peak on the device'] = torch.cuda.max_memory_allocated()
    print(json.dumps(found))


def resident() -> int:
    """Return the bytes of this process in memory."""
    pages = int(Path('/proc/self/statm').read_text(encoding='ascii').split()[1])
    return pages * resource.getpagesize()


if __name__ == '__main__':
    main()
