"""The specimens are importable, here and in a fresh process."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "specimens"))
