"""A task's files: the own copy first, then the cache, then the publisher; and what each may be."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from zoo.errors import DataError
from zoo_bench.tasks import download
from zoo_bench.tasks.published import LocalCopy, local_copy

BODY = "0\t연두색\r\n1\t비가 온다\r\n".encode()
LICENCE = "CC-BY-SA-4.0"
SOURCE = "https://example.org/3i4k"
LICENCE_LINE = f"3i4k: licence {LICENCE}, published at {SOURCE}\n"


def fetch(file):
    return local_copy(file, LICENCE, SOURCE)


def refusal(file):
    with pytest.raises(DataError) as caught:
        fetch(file)
    return str(caught.value)


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_a_download_lands_in_the_cache_and_is_verified(publisher, cache, capsys):
    file = publisher.publishes("a.txt", BODY)

    copy = fetch(file)

    assert copy == LocalCopy(cache / "a.txt", is_verified=True)
    assert copy.path.read_bytes() == BODY
    assert contents(cache) == ["a.txt"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err == LICENCE_LINE + f"downloading {file.url} (0.0 MB)\n"


def test_licence_and_source_are_said_once_a_task(publisher, capsys):
    for name in ("a.txt", "b.txt"):
        fetch(publisher.publishes(name, BODY))

    assert capsys.readouterr().err.count(LICENCE_LINE) == 1


def test_what_is_in_the_cache_is_not_asked_for_again(publisher, capsys):
    file = publisher.publishes("a.txt", BODY)
    first = fetch(file)
    capsys.readouterr()

    assert fetch(file) == first
    assert publisher.requests == ["/a.txt"]
    assert capsys.readouterr().err == ""


def test_a_damaged_file_in_the_cache_is_fetched_anew(publisher, cache):
    file = publisher.publishes("a.txt", BODY)
    cache.mkdir(parents=True)
    (cache / "a.txt").write_bytes(BODY[:-1])

    assert fetch(file).path.read_bytes() == BODY


def test_another_file_than_was_published_is_refused_and_deleted(publisher, cache):
    file = publisher.publishes("a.txt", BODY, sha256="0" * 64)
    found = hashlib.sha256(BODY).hexdigest()[:12]

    assert refusal(file) == (
        f"3i4k: a.txt cannot be had from {file.url}: it sent another file than was published "
        f"(SHA-256 {found}…, expected 000000000000…), which was deleted. Try again, or put the "
        "file at FOLDER/3i4k/a.txt and set the environment variable ZOO_DATA=FOLDER"
    )
    assert contents(cache) == []


def test_a_file_that_is_not_there_is_an_error_that_names_the_way_out(publisher, cache):
    file = replace(publisher.publishes("a.txt", BODY), url=f"{publisher.url}/b.txt")

    assert refusal(file) == (
        f"3i4k: a.txt cannot be had from {publisher.url}/b.txt: the server answers 404 Not Found. "
        "Try again, or put the file at FOLDER/3i4k/a.txt and set the environment variable "
        "ZOO_DATA=FOLDER"
    )
    assert contents(cache) == []


def test_with_zoo_data_the_way_out_is_a_path(publisher, zoo_data):
    elsewhere = zoo_data("nsmc/ratings_test.txt", "")
    file = replace(publisher.publishes("a.txt", BODY), url=f"{publisher.url}/b.txt")

    assert refusal(file).endswith(
        f"put the file at {elsewhere.parent.parent / '3i4k' / 'a.txt'}, where ZOO_DATA points"
    )


def test_a_connection_that_is_cut_leaves_nothing(publisher, cache):
    file = publisher.publishes("a.txt", BODY)
    publisher.missing_bytes = 5

    assert f"the connection was cut after {len(BODY) - 5} of {len(BODY)} bytes" in refusal(file)
    assert contents(cache) == []


def test_a_failed_download_can_be_tried_again(publisher):
    file = publisher.publishes("a.txt", BODY)
    publisher.missing_bytes = 5
    refusal(file)
    publisher.missing_bytes = 0

    assert fetch(file).path.read_bytes() == BODY


def test_a_server_that_falls_silent_is_given_up(publisher, monkeypatch):
    monkeypatch.setattr(download, "_TIMEOUT_SECONDS", 0.05)
    file = publisher.publishes("a.txt", BODY)
    publisher.is_silent = True

    assert "nothing came for" in refusal(file)


def test_a_server_that_cannot_be_reached_is_an_error(publisher):
    # port 9 (discard) is open nowhere, and a browser would not even try
    file = replace(publisher.publishes("a.txt", BODY), url="http://127.0.0.1:9/a.txt")

    message = refusal(file)

    assert message.startswith(
        "3i4k: a.txt cannot be had from http://127.0.0.1:9/a.txt: the server cannot be reached ("
    )
    assert "refused" in message


@pytest.mark.parametrize("url", ["nonsense", "file-server:a.txt"])
def test_an_address_that_makes_no_sense_is_an_error(publisher, url):
    file = replace(publisher.publishes("a.txt", BODY), url=url)

    assert f"a.txt cannot be had from {url}: " in refusal(file)


def test_a_length_that_makes_no_sense_is_an_error(publisher, cache):
    file = publisher.publishes("a.txt", BODY)
    publisher.length = "many"

    assert "a.txt cannot be had" in refusal(file)
    assert contents(cache) == []


def test_a_cache_that_cannot_be_written_is_an_error(publisher, cache):
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("a file where a folder should be")

    assert f"{cache} cannot be written: " in refusal(publisher.publishes("a.txt", BODY))


def test_the_own_copy_comes_first_and_says_nothing_if_it_is_the_publishers(
    publisher, zoo_data, capsys
):
    file = publisher.publishes("a.txt", BODY)
    path = zoo_data("3i4k/a.txt", BODY)

    assert fetch(file) == LocalCopy(path, is_verified=True)
    assert publisher.requests == []
    assert capsys.readouterr().err == ""


def test_an_own_copy_that_differs_is_used_and_said_once_to_be_unverified(
    publisher, zoo_data, capsys
):
    file = publisher.publishes("a.txt", BODY)
    path = zoo_data("3i4k/a.txt", BODY.replace(b"\r\n", b"\n"))

    assert [fetch(file), fetch(file)] == [LocalCopy(path, is_verified=False)] * 2
    assert capsys.readouterr().err == (
        f"3i4k: unverified copy {path}: it is not the publisher's file (SHA-256 differs); figures "
        "from it are not figures of the official 3i4k\n"
    )


def test_what_zoo_data_lacks_is_downloaded(publisher, zoo_data, cache):
    zoo_data("nsmc/ratings_test.txt", "")

    assert fetch(publisher.publishes("a.txt", BODY)).path == cache / "a.txt"


def test_zoo_data_may_begin_with_a_tilde(publisher, zoo_data, monkeypatch):
    path = zoo_data("3i4k/a.txt", BODY)
    monkeypatch.setenv("HOME", str(path.parent.parent.parent))
    monkeypatch.setenv("ZOO_DATA", "~/data")

    assert fetch(publisher.publishes("a.txt", BODY)).path == path


def test_a_zoo_data_that_is_no_folder_is_refused(publisher, monkeypatch):
    monkeypatch.setenv("ZOO_DATA", "/no/such/folder")

    assert refusal(publisher.publishes("a.txt", BODY)) == (
        "ZOO_DATA is '/no/such/folder', which is no folder"
    )
