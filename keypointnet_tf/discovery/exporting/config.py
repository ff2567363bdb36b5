"""What is exported: a frozen dataclass whose fields are the flags' defaults."""

from __future__ import annotations

import dataclasses

from keypointnet_tf.discovery.config import AVERAGINGS

SAVED_MODEL, LITERT, ONNX = FORMATS = ("saved_model", "litert", "onnx")
LITERT_INT8 = "litert_int8"


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """What is exported.

    Attributes:
      formats: of saved_model, litert and onnx.
      averaging: copies of each image that the files average: none; orientation: six copies for the
        left/right decision; full: also the mirrored image's keypoints, at twice the cost.
      focal_input: make the focal length (NDC, one per image) a second input; by default that of the
        training data is built in.
      heatmap: add the heatmaps to the outputs.
      int8: also write a LiteRT file of 8-bit numbers, which deviates more; needs images.
      litert_batch: images that a LiteRT file takes at a time; the other formats take any number.

    Raises:
      ValueError: a value cannot be used.
    """

    formats: tuple[str, ...] = FORMATS
    averaging: str = "none"
    focal_input: bool = False
    heatmap: bool = False
    int8: bool = False
    litert_batch: int = 1

    def __post_init__(self) -> None:
        if set(self.formats) - set(FORMATS) or not (self.formats or self.int8):
            raise ValueError(
                f"formats is {','.join(self.formats)!r}; expected of {', '.join(FORMATS)}"
            )
        if self.averaging not in AVERAGINGS:
            raise ValueError(
                f"averaging is {self.averaging!r}; expected one of {', '.join(AVERAGINGS)}"
            )
        if self.litert_batch < 1:
            raise ValueError(f"litert_batch is {self.litert_batch}; expected at least 1")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The files to write: formats, and "litert_int8"."""
        return (*dict.fromkeys(self.formats), *([LITERT_INT8] if self.int8 else []))
