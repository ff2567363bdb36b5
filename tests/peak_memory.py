"""Runs a script in this process and prints the peak of its memory to standard error, as JSON.

`peak_memory.py SCRIPT ARGUMENTS`; the exit code is the script's.
"""

import json
import pathlib
import re
import resource
import runpy
import sys


def peak_kilobytes():
    """Of this program alone: `getrusage` counts what the process was before, too."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1))
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def main():
    sys.argv = sys.argv[1:]
    sys.path[0] = str(pathlib.Path(sys.argv[0]).parent)
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        print(json.dumps({"peak_kilobytes": peak_kilobytes()}), file=sys.stderr)


if __name__ == "__main__":
    main()
