"""Procedural objects with true landmarks, and mesh files of any source, in one frame."""
