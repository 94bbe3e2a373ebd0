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

"""Image messages of any layout, made pixel by pixel."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import Image


def message(encoding: str, pixels: np.ndarray, *, padding: int = 0, big: bool = False) -> Image:
    """Return (h, w) or (h, w, channels) pixels as a message with padded rows."""
    rows = pixels.reshape(pixels.shape[0], -1)
    rows = rows.astype(rows.dtype.newbyteorder('>' if big else '<'))
    raw = np.frombuffer(rows.tobytes(), np.uint8).reshape(len(rows), -1)
    raw = np.hstack([raw, np.full((len(rows), padding), 7, np.uint8)])
    height, width = pixels.shape[:2]
    made = Image(height=height, width=width, encoding=encoding, step=raw.shape[1])
    made.is_bigendian, made.data = int(big), raw.tobytes()
    return made
