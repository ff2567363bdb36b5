"""Endless freshly rendered pairs as a Keras data set."""

from __future__ import annotations

from keypointnet_tf.data.pair_source import PairSource
from keypointnet_tf.data.step_dataset import StepDataset


class RenderedPairs(StepDataset):
    """Batches of a `PairSource`, a pure function of its seed and the global step.

    Give `fit` this data set and `steps_per_epoch`; see `StepDataset` on resuming. For planes that
    never repeat, rendered by two processes::

        source = PairSource(ProceduralObjects("plane"), batch_size=16, config=PairConfig(size=64))
        pairs = RenderedPairs(source, workers=2, use_multiprocessing=True)

    Spawned processes import the main script anew: guard it by `if __name__ == "__main__"` and
    import Keras below that guard or in functions, or each worker imports it as well.

    Args:
      source: what to render.
      first_step: global step of the first batch.
      workers: threads or processes that render ahead; 0 renders when a batch is asked for.
      use_multiprocessing: spawned processes instead of threads.
    """

    def __init__(
        self,
        source: PairSource,
        *,
        first_step: int = 0,
        workers: int = 0,
        use_multiprocessing: bool = False,
    ):
        super().__init__(
            source,
            first_step=first_step,
            workers=workers,
            use_multiprocessing=use_multiprocessing,
        )
