"""The built-in components pass the same command as everybody's, and ship what it found."""

import json

import pytest

import zoo
from zoo.certificates import find_certificate

COMPONENTS = [*zoo.heads("intentzoo:*"), *zoo.encoders("intentzoo:*-nano")]


def full_names(components):
    return [f"{one.kind}/{one.full_name}" for one in components]


@pytest.fixture(params=COMPONENTS, ids=full_names(COMPONENTS))
def component(request):
    return request.param


def test_what_it_ships_is_about_its_source_as_it_is_and_passed(component):
    certificate = find_certificate(component)
    assert certificate is not None, "its source has changed: make certify"
    assert certificate.status == "passed"
    assert certificate.claims == component.spec.claims


@pytest.mark.slow
def test_it_passes(component, call, tmp_path):
    file = tmp_path / "certificate.json"
    done = call("check", component.full_name, "--kind", component.kind, "--output", file, "--json")
    assert done.exit_code == 0, done.output
    made = {one["name"]: one["status"] for one in json.loads(file.read_text("utf-8"))["checks"]}
    shipped = {one.name: one.status for one in find_certificate(component).checks}
    # where there is a GPU, fewer checks are skipped
    assert {name for name, status in made.items() if status == "skipped"} <= {
        name for name, status in shipped.items() if status == "skipped"
    }
