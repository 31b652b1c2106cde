"""Makes `fake_runs` importable, here and in worker processes; a Ray cluster of two nodes."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


@pytest.fixture(autouse=True)
def fake_runs_in_workers(monkeypatch):
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [HERE, before])))


@pytest.fixture
def fake_runs_folder(tmp_path, monkeypatch):
    """Where fake runs leave marks and look for them."""
    folder = tmp_path / "fake_runs"
    folder.mkdir()
    monkeypatch.setenv("FAKE_RUNS_FOLDER", str(folder))
    return folder


@pytest.fixture(scope="session")
def ray_cluster(tmp_path_factory):
    """Two nodes with a CPU each on this machine; its workers look into `folder`, too."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'intentzoo[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        # before Ray is imported: no token of this machine's user may decide how the tests go
        patch.setenv("RAY_AUTH_MODE", "disabled")
        from fake_cluster import FakeCluster

        with FakeCluster(tmp_path_factory.mktemp("cluster")) as cluster:
            yield cluster


@pytest.fixture
def ray_options(ray_cluster, monkeypatch):
    """How a Ray executor in this process joins that cluster."""
    from zoo_bench.executors import ray_connection

    # a look from a process of its own takes seconds, and this cluster is there
    monkeypatch.setattr(ray_connection, "_look_for_a_cluster", lambda address: None)
    return {"address": ray_cluster.address}


@pytest.fixture(autouse=True)
def no_leaderboards_of_this_machine(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
