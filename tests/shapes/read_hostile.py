"""Reads every file of `hostile_files.py` with little memory; prints what came of each, as JSON.

Run by `test_hostile_files.py` in a process of its own: `read_hostile.py FOLDER`.
"""

import json
import logging
import pathlib
import resource
import sys

MEMORY = 4 << 30
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

sys.path[:0] = [str(folder) for folder in pathlib.Path(__file__).resolve().parents[:2]]
import hostile_files  # noqa: E402
from peak_memory import peak_kilobytes  # noqa: E402

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


if __name__ == "__main__":
    main()
