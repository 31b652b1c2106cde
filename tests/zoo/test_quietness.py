"""transformers says nothing while we load and save, and speaks again afterwards."""

import pytest
from huggingface_hub.utils import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)
from transformers.utils import logging

from zoo.quietness import quiet_transformers


@pytest.fixture(autouse=True)
def settings():
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    yield
    logging.set_verbosity(before[0])
    (logging.enable_progress_bar if before[1] else logging.disable_progress_bar)()
    enable_progress_bars()


@pytest.mark.parametrize("downloads_draw", [True, False])
@pytest.mark.parametrize("models_draw", [True, False])
def test_everything_is_put_back_and_downloads_keep_their_bars(models_draw, downloads_draw):
    (logging.enable_progress_bar if models_draw else logging.disable_progress_bar)()
    (enable_progress_bars if downloads_draw else disable_progress_bars)()
    logging.set_verbosity_info()
    with quiet_transformers():
        assert logging.get_verbosity() == logging.ERROR
        assert not logging.is_progress_bar_enabled()
        assert are_progress_bars_disabled() != downloads_draw
    assert logging.get_verbosity() == logging.INFO
    assert logging.is_progress_bar_enabled() == models_draw
    assert are_progress_bars_disabled() != downloads_draw


def test_an_error_puts_everything_back_too():
    logging.set_verbosity_info()
    with pytest.raises(KeyError), quiet_transformers():
        raise KeyError
    assert logging.get_verbosity() == logging.INFO
