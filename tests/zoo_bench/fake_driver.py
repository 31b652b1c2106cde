"""A whole `zoo bench` with fake runs: python fake_driver.py ROOT EXECUTOR TARGET SEEDS [ADDRESS]."""

import sys
from pathlib import Path

from fake_runs import make_spec

from zoo_bench.driver import Driver
from zoo_bench.executors import make
from zoo_bench.progress import PlainDisplay
from zoo_bench.store import Store


def drive(root, executor, target, seeds, *, workers=2, address=None, **options):
    specs = [make_spec(seed=seed) for seed in range(seeds)]
    where = {"address": address} if address else {}
    hands = make(executor, workers=workers, threads=1, target=f"fake_runs:{target}", **where)
    with PlainDisplay(len(specs), sys.stderr) as display:
        return Driver(Store.open(Path(root)), hands, display, **options).run(specs)


if __name__ == "__main__":
    _, root, executor, target, seeds, *address = sys.argv
    where = {"address": address[0], "workers": None} if address else {}
    sys.exit(drive(root, executor, target, int(seeds), **where).exit_code)
