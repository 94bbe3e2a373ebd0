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

"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault('MUJOCO_GL', 'egl')  # before anything imports mujoco
os.environ.setdefault('HF_HUB_OFFLINE', '1')
os.environ.setdefault('TRANSFORMERS_OFFLINE', '1')

# A deadline would be a timing assertion, which fails on a machine that is busy.
settings.register_profile('vlm_robot', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('vlm_robot')
