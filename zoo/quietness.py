"""Loading and saving without transformers' bars and remarks, which are of no use to our users."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """For as long, transformers logs errors only and draws no bars; downloads keep theirs."""
    from huggingface_hub.utils import are_progress_bars_disabled
    from transformers.utils import logging

    level, draws_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    downloads_draw_bars = not are_progress_bars_disabled()
    logging.set_verbosity_error()
    _draw_bars(False, downloads_draw_bars)
    try:
        yield
    finally:
        logging.set_verbosity(level)
        _draw_bars(draws_bars, downloads_draw_bars)


def _draw_bars(of_transformers: bool, of_downloads: bool) -> None:
    from huggingface_hub.utils import disable_progress_bars, enable_progress_bars
    from transformers.utils import logging

    with warnings.catch_warnings():
        # the hub warns where HF_HUB_DISABLE_PROGRESS_BARS has decided already
        warnings.simplefilter("ignore")
        # the switch of transformers moves that of the hub, so that one comes second
        (logging.enable_progress_bar if of_transformers else logging.disable_progress_bar)()
        (enable_progress_bars if of_downloads else disable_progress_bars)()
