"""Runs on a Ray cluster: how it is joined, what it has room for, and who may die on the way."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from fake_driver import drive
from fake_runs import finds_no_room, make_predictions, make_spec
from test_executors import is_end, pump_until, submit

from zoo.errors import MissingExtra, ZooError
from zoo_bench.executors import Failed, Finished, Started, make
from zoo_bench.reading import read_contents
from zoo_bench.records import Failure
from zoo_bench.resources import Resources

HERE = Path(__file__).parent
SECONDS = 120  # more than anything here takes on a busy machine


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_ray_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "zoo_bench.executors.ray", raising=False)
    with pytest.raises(MissingExtra) as caught:
        make("ray", workers=1, threads=1)
    assert str(caught.value) == (
        "--executor ray needs 'ray', which is not installed: pip install 'intentzoo[ray]'"
    )


# joining


@pytest.fixture
def refusal_of():
    """Gives the error of joining a cluster at an address."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'intentzoo[ray]'")
    from zoo_bench.executors.ray_connection import NoCluster, connect

    def refusal(address):
        with pytest.raises(NoCluster) as caught:
            connect(address)
        assert caught.value.exit_code == 1
        return str(caught.value)

    return refusal


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.mark.parametrize("address", ["10.0.0.1", "http//x", "ray://host", "host:port"])
def test_what_is_no_address_is_named(refusal_of, address):
    assert refusal_of(address) == (
        f"--address {address}: this is no address; write auto, HOST:6379 or ray://HOST:10001"
    )


def test_nobody_at_an_address_is_one_error_at_once(refusal_of, server):
    port = server.getsockname()[1]
    server.close()
    text = refusal_of(f"127.0.0.1:{port}")
    assert text.startswith(f"--address 127.0.0.1:{port}: nobody answers there (")
    assert text.endswith(
        "is Ray running on 127.0.0.1 (`ray start --head`), and can this machine reach its port "
        f"{port}?"
    )


@pytest.mark.slow
def test_somebody_else_at_an_address_is_one_error_in_bounded_time(refusal_of, server, monkeypatch):
    from zoo_bench.executors import ray_connection

    monkeypatch.setattr(ray_connection, "_SECONDS_FOR_AN_ANSWER", 3)
    text = refusal_of(f"127.0.0.1:{server.getsockname()[1]}")
    assert "no Ray cluster answered within 3 seconds; is it the port of Ray, HOST:6379" in text


# room


@pytest.mark.parametrize(
    ("resources", "has", "count"),
    [
        (Resources(), {"CPU": 4.0}, 4),
        (Resources(cpus=0.1), {"CPU": 1.0}, 10),
        (Resources(gpus=0.25), {"CPU": 8.0, "GPU": 1.0}, 4),
        (Resources(gpus=0.6), {"CPU": 8.0, "GPU": 2.0}, 2),
        (Resources(gpus=1), {"CPU": 8.0}, 0),
        (Resources(memory_gb=4), {"CPU": 8.0, "memory": 9e9}, 2),
    ],
)
def test_a_machine_holds_so_many_runs(resources, has, count):
    assert resources.settled(1, has_gpus=False).fitting_in(has) == count


def test_what_is_left_open_follows_from_threads_and_gpus():
    settled = Resources().settled(2, has_gpus=True)
    assert (settled.cpus, settled.gpus, settled.memory_gb) == (2, 1, None)
    assert Resources(gpus=0).settled(1, has_gpus=True).gpus == 0


# on the cluster


@pytest.fixture
def cluster(ray_cluster):
    ray_cluster.forget_fake_runs()
    return ray_cluster


@pytest.fixture
def add_node(cluster):
    """Adds a node for the time of a test."""
    added = []

    def add(**options):
        added.append(cluster.add_node(**options))

    yield add
    for node in added:
        cluster.remove_node(node, in_order=True)


@pytest.fixture
def executor_for(cluster, ray_options):
    made = []

    def make_one(target, resources=None):
        options = ray_options | {"resources": resources}
        made.append(make("ray", workers=None, threads=1, target=f"fake_runs:{target}", **options))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close(at_once=True)


@pytest.mark.slow
def test_a_run_that_fits_nowhere_is_refused_before_anything_starts(executor_for):
    with pytest.raises(ZooError) as caught:
        executor_for("quick", Resources(cpus=3, memory_gb=2))
    assert str(caught.value) == (
        "a run takes 3 CPUs, 0 GPUs, 2 GB of memory, and no node of the cluster has that "
        "(1 CPUs, 0 GPUs; 1 CPUs, 0 GPUs); change `resources` in the suite, or add a node"
    )


@pytest.mark.slow
def test_a_node_that_joins_later_is_used_and_its_gpu_hidden_from_who_did_not_ask(
    executor_for, add_node
):
    executor = executor_for("tells_its_gpu")
    assert executor.free == 2
    add_node(num_cpus=4, num_gpus=1)
    wait_for(lambda: executor.free == 6)
    for seed in range(6):
        submit(executor, make_spec(seed=seed))
    ends = []
    deadline = time.monotonic() + SECONDS
    while len(ends) < 6:
        assert time.monotonic() < deadline
        executor.pump(0.1, lambda event: ends.append(event) if is_end(event) else None)
    assert {event.log for event in ends} == {"GPU ''\n"}
    executor.close()
    executor = executor_for("tells_its_gpu", Resources(gpus=0.25))
    assert executor.free == 4
    submit(executor, make_spec())
    assert pump_until(executor, is_end)[-1].log == "GPU '0'\n"


@pytest.mark.slow
def test_a_node_without_zoo_is_a_failure_that_says_what_to_install(
    executor_for, add_node, tmp_path
):
    (tmp_path / "zoo_bench.py").write_text("raise ImportError('zoo_bench is not here')")
    add_node(num_cpus=3, path=[tmp_path])
    executor = executor_for("quick", Resources(cpus=3))
    submit(executor, make_spec())
    failure = Failure.model_validate_json(pump_until(executor, is_end)[-1].failure)
    assert failure.kind == "refused"
    assert "cannot import zoo_bench (ImportError: zoo_bench is not here)" in failure.message
    assert "same packages on every node (pip install 'intentzoo[ray]==" in failure.message


@pytest.mark.slow
def test_a_node_without_room_is_a_failure_that_blames_no_package(executor_for, monkeypatch):
    monkeypatch.setattr("zoo_bench.executors.ray.execute", finds_no_room)
    executor = executor_for("quick")
    submit(executor, make_spec())
    failure = Failure.model_validate_json(pump_until(executor, is_end)[-1].failure)
    assert failure.kind == "error"
    assert failure.message.startswith("OSError: [Errno 28] No space left on device (the node ")


@pytest.mark.slow
def test_a_node_with_another_zoo_is_a_failure_that_says_which(executor_for, monkeypatch):
    monkeypatch.setattr("zoo_bench.executors.ray.zoo_version", lambda: "9.9")
    executor = executor_for("quick")
    submit(executor, make_spec())
    failed = pump_until(executor, is_end)[-1]
    assert isinstance(failed, Failed)
    assert "the driver has 9.9; install the same on every node" in failed.failure


@pytest.mark.slow
def test_without_its_mailbox_a_run_finishes_all_the_same(executor_for):
    import ray

    executor = executor_for("quick")
    submit(executor, make_spec())
    ray.kill(executor._mailbox)
    events = pump_until(executor, is_end)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)


@pytest.mark.slow
def test_results_are_those_of_inline_apart_from_provenance(cluster, ray_options, tmp_path):
    for executor, options in (("inline", {}), ("ray", ray_options)):
        assert drive(tmp_path / executor, executor, "quick", 2, **options).exit_code == 0
    inline, ray = (
        {
            one.seed: one.model_dump(exclude={"provenance"})
            for one in read_contents(tmp_path / name).results
        }
        for name in ("inline", "ray")
    )
    assert inline == ray
    assert predictions_in(tmp_path / "inline") == predictions_in(tmp_path / "ray")


# deaths


def predictions_in(root):
    """Seed → bytes of every finished run."""
    return {
        result.seed: (root / "runs" / result.folder_name / "predictions.safetensors").read_bytes()
        for result in read_contents(root).results
    }


def undisturbed(seeds):
    return {seed: make_predictions(seed) for seed in range(seeds)}


def start(root, target, seeds, address):
    return subprocess.Popen(
        [sys.executable, HERE / "fake_driver.py", root, "ray", target, str(seeds), address],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def finish(driver):
    """The exit code; Ray has a lot to say, and none of it belongs on stdout."""
    output, _ = driver.communicate(timeout=SECONDS)
    assert output == b""
    return driver.returncode


def pids_of_begun(cluster):
    texts = [path.read_text() for path in sorted(cluster.folder.glob("begun-*"))]
    return [int(text) for text in texts if text]


def go(cluster):
    (cluster.folder / "go").touch()


@pytest.mark.slow
def test_a_killed_worker_and_a_lost_node_cost_one_attempt_each(cluster, tmp_path):
    node = cluster.add_node()
    driver = start(tmp_path / "r", "waits_for_go", 3, cluster.address)
    try:
        wait_for(lambda: len(pids_of_begun(cluster)) == 3)
        raylets = [info.process.pid for info in node.all_processes["raylet"]]
        begun = pids_of_begun(cluster)
        elsewhere = [pid for pid in begun if psutil.Process(pid).ppid() not in raylets]
        assert len(elsewhere) == 2
        os.kill(elsewhere[0], signal.SIGKILL)
    finally:
        cluster.remove_node(node)
    # on a busy machine a worker outlives its node for a while, and could finish its run
    lost = set(begun) - set(elsewhere)
    wait_for(lambda: not any(map(psutil.pid_exists, lost)))
    go(cluster)
    assert finish(driver) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(3)
    results = read_contents(tmp_path / "r").results
    assert sorted(one.provenance.attempts for one in results) == [1, 2, 2]
    assert {one.provenance.executor for one in results} == {"ray"}


@pytest.mark.slow
def test_kill_9_of_the_driver_ends_its_runs_and_the_same_command_continues(cluster, tmp_path):
    driver = start(tmp_path / "r", "waits_after_two", 4, cluster.address)
    wait_for(lambda: len(pids_of_begun(cluster)) == 2)
    wait_for(lambda: len(list(tmp_path.glob("r/runs/*/result.json"))) == 2)
    driver.kill()
    finish(driver)
    wait_for(lambda: not any(map(psutil.pid_exists, pids_of_begun(cluster))))
    go(cluster)
    assert finish(start(tmp_path / "r", "waits_after_two", 4, cluster.address)) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(4)
    resumed = {one.seed: one.provenance.resumed for one in read_contents(tmp_path / "r").results}
    assert resumed == {0: False, 1: False, 2: True, 3: True}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_the_grid_in_order(cluster, tmp_path, number):
    driver = start(tmp_path / "r", "waits_after_two", 4, cluster.address)
    wait_for(lambda: len(pids_of_begun(cluster)) == 2)
    driver.send_signal(number)
    assert finish(driver) == 130
    assert sorted(predictions_in(tmp_path / "r")) == [0, 1]
    assert not list(tmp_path.glob("r/runs/*/error.json"))
    wait_for(lambda: not any(map(psutil.pid_exists, pids_of_begun(cluster))))
