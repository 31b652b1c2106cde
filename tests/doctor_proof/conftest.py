"""One material for all tests: its checkpoint takes some seconds."""

import pytest

from doctor_proof.material import Material


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # the bundled texts alone: the tests need nobody's data
        patch.delenv("ZOO_DATA", raising=False)
        made = Material(tmp_path_factory.mktemp("checkpoint"))
        made.prepare()
        # read while the variable is away
        assert made.utterances and made.reviews and made.requests
        yield made
