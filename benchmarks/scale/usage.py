"""What a command takes, as a line of JSON: `python usage.py COMMAND…`; its output is dropped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence


def main(command: Sequence[str]) -> int:
    """Run the command and print what it took; gives its exit status."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, taken = os.wait4(process.pid, 0)
    fields = {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": taken.ru_utime + taken.ru_stime,
        # in KiB, but in bytes on macOS
        "peak_bytes": taken.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    print(json.dumps(fields))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
