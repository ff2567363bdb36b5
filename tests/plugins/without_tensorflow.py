"""A pytest plugin (`-p without_tensorflow`): TensorFlow is as if it were not installed."""

import importlib.abc
import sys

BLOCKED = ("tensorflow", "tensorflow_graphics")


class Absent(importlib.abc.MetaPathFinder):
    """Finds nothing, and says so, before anybody else looks."""

    def find_spec(self, fullname, path=None, target=None):
        """Raises ModuleNotFoundError for TensorFlow and what is under it."""
        if fullname.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {fullname!r} (blocked)", name=fullname)


loaded = [name for name in sys.modules if name.split(".")[0] in BLOCKED]
if loaded:
    raise RuntimeError(f"{loaded} were imported before they could be blocked")
sys.meta_path.insert(0, Absent())
