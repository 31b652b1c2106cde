"""A Ray cluster whose nodes are all on this machine."""

import os
import shutil
from pathlib import Path

from ray.cluster_utils import Cluster

HERE = Path(__file__).parent


class FakeCluster:
    """Nodes with one CPU each, two at first; `folder` is what fake runs on them see."""

    def __init__(self, folder):
        self.folder = folder
        self._cluster = Cluster()

    def __enter__(self):
        self.add_node(include_dashboard=False)
        self.add_node()
        self.address = self._cluster.address
        return self

    def __exit__(self, *_):
        self._cluster.shutdown()

    def add_node(self, *, path=(), **options):
        """Another node; its workers look for modules in the folders `path` first."""
        environment = {
            "PYTHONPATH": os.pathsep.join(map(str, (*path, HERE))),
            "FAKE_RUNS_FOLDER": str(self.folder),
        }
        return self._cluster.add_node(**({"num_cpus": 1} | options), env_vars=environment)

    def remove_node(self, node, *, in_order=False):
        """As if its machine had lost its power, or `in_order`, as `ray stop` does it."""
        self._cluster.remove_node(node, allow_graceful=in_order)

    def forget_fake_runs(self):
        """Empty the folder."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
