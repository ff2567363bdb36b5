"""Reads every file of `hostile_files.py` with little memory; prints what came of each, as JSON.

Run by `test_hostile_files.py` in a process of its own: `read_hostile.py FOLDER`.
"""

import json
import logging
import pathlib
import re
import resource
import sys

MEMORY = 4 << 30
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hostile_files  # noqa: E402

from keypointnet_tf.shapes.mesh_file import load_mesh  # noqa: E402


class Messages(logging.Handler):
    """Collects warnings."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def outcome(path, messages):
    """`faces` of the mesh, or the `error`, and the `warnings`."""
    messages.texts = []
    try:
        result = {"faces": len(load_mesh(path, up="y", front="z").faces)}
    except ValueError as error:
        result = {"error": str(error)}
    except Exception as error:
        result = {"crash": f"{type(error).__name__}: {error}"}
    return result | {"warnings": messages.texts}


def main():
    folder = pathlib.Path(sys.argv[1])
    messages = Messages()
    logging.getLogger().addHandler(messages)
    found = {name: outcome(folder / name, messages) for name in hostile_files.FILES}
    print(json.dumps({"files": found, "peak_kilobytes": peak_kilobytes()}))


def peak_kilobytes():
    """Of this program alone: `getrusage` counts what the process was before, too."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
