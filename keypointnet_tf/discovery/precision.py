"""What the machine computes with, and which precision is fast on it."""

from __future__ import annotations

import functools
import pathlib

import keras


@functools.cache
def has_bfloat16() -> bool:
    """Whether an accelerator is present or the processor has bfloat16 instructions.

    Without them bfloat16 is emulated and several times slower than float32.
    """
    if has_accelerator():
        return True
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


@functools.cache
def has_accelerator() -> bool:
    """Whether Keras' backend sees a GPU or TPU."""
    for kind in ("gpu", "tpu"):
        try:
            if keras.distribution.list_devices(kind):
                return True
        except RuntimeError:  # JAX, for a platform that it does not have
            continue
    return False
