"""Joining a Ray cluster: within bounded time, or one error that says what to look at."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import ray

from zoo.errors import ZooError

_QUIETLY: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
_SECONDS_FOR_A_PORT = 10.0
_SECONDS_FOR_AN_ANSWER = 30.0
# Ray itself goes on trying for minutes, and cannot be interrupted meanwhile
_PROBE = """\
import sys, ray
try:
    ray.init(address=sys.argv[1], log_to_driver=False)
except BaseException as error:
    print(error)
    sys.exit(1)
"""

# what Ray says, and what mends it
_ADVICE = {
    "Unauthenticated": "the cluster wants a token: set RAY_AUTH_MODE=token and have the head's "
    "~/.ray/auth_token on this machine",
    # gRPC's threads do not survive the fork that makes a server for each client
    "Starting Ray client server failed": "start the head with GRPC_ENABLE_FORK_SUPPORT=0",
    "ZombieProcess": "start the head with GRPC_ENABLE_FORK_SUPPORT=0",
}


class NoCluster(ZooError):
    """A Ray cluster that cannot be joined, or that has no room for a run."""

    # not wrong usage: the same command may work in a minute
    exit_code = 1


def connect(address: str | None) -> None:
    """Join the cluster at this address, or start Ray on this machine where there is none given."""
    if address is not None:
        _look_for_a_port(address)
        _look_for_a_cluster(address)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if address is None:
            ray.init("local", include_dashboard=False, **_QUIETLY)
        else:
            ray.init(address, **_QUIETLY)
    finally:
        # Ray's own handlers would end the driver in the middle of a write
        for number, handler in before.items():
            signal.signal(number, handler)


def _look_for_a_port(address: str) -> None:
    """Raise `NoCluster` at once where nobody listens."""
    if address == "auto":
        return
    try:
        place = urlsplit(address if "://" in address else f"//{address}")
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise NoCluster(
            f"--address {address}: this is no address; write auto, HOST:6379 or ray://HOST:10001"
        )
    try:
        socket.create_connection((host, port), _SECONDS_FOR_A_PORT).close()
    except OSError as error:
        raise NoCluster(
            f"--address {address}: nobody answers there ({error}); is Ray running on {host} "
            f"(`ray start --head`), and can this machine reach its port {port}?"
        ) from None


def _look_for_a_cluster(address: str) -> None:
    """Raise `NoCluster` unless a process of its own can join, in bounded time."""
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE, address],
            capture_output=True,
            text=True,
            timeout=_SECONDS_FOR_AN_ANSWER,
        )
    except subprocess.TimeoutExpired:
        raise NoCluster(
            f"--address {address}: no Ray cluster answered within {_SECONDS_FOR_AN_ANSWER:g} "
            "seconds; is it the port of Ray, HOST:6379 (or ray://HOST:10001), and is `ray status` "
            "well there?"
        ) from None
    if probe.returncode == 0:
        return
    reason = " ".join(probe.stdout.split()) or f"exit code {probe.returncode}"
    said = probe.stdout + probe.stderr
    advice = "".join(f"; {advice}" for sign, advice in _ADVICE.items() if sign in said)
    raise NoCluster(f"--address {address}: Ray could not join the cluster: {reason}{advice}")
