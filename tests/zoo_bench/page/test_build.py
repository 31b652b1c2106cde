"""The page as one file: nothing loads, nothing but its own scripts runs, nothing is left out."""

import base64
import hashlib
import importlib.resources
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from fake_boards import BREAK_OUT

from zoo_bench import leaderboard
from zoo_bench.page.build import SCRIPTS, VENDORED, build_page, script_json
from zoo_bench.reading import Contents, find_roots, read_all


class Elements(HTMLParser):
    """Every element with its attributes and its text, as a browser would find them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.is_open = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.is_open = True

    def handle_endtag(self, tag):
        self.is_open = False

    def handle_data(self, data):
        if self.is_open:
            self.found[-1][2] += data

    def of(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


@pytest.fixture(scope="module")
def html(board_root):
    contents = read_all(find_roots(board_root))
    return build_page(leaderboard.build(contents), contents)


@pytest.fixture(scope="module")
def elements(html):
    return Elements(html)


def policy_of(elements):
    [policy] = [
        attributes["content"]
        for attributes, _ in elements.of("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return dict(part.split(" ", 1) for part in policy.split("; "))


def source(text):
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def test_the_policy_forbids_all_but_the_scripts_and_styles_of_the_page(elements):
    policy = policy_of(elements)
    scripts = [text for attributes, text in elements.of("script") if "type" not in attributes]
    assert policy["script-src"].split() == [source(text) for text in scripts]
    assert policy["style-src"].split() == [source(text) for _, text in elements.of("style")]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in str(policy)


def test_nothing_in_the_page_refers_to_elsewhere(elements):
    for tag, attributes, _ in elements.found:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src") is None, tag
        assert (attributes.get("href") or "#").startswith(("#", "data:"))


def test_names_that_mean_no_good_make_no_elements(html, elements):
    assert elements.of("img") == []
    assert BREAK_OUT not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_the_data_is_whole_behind_its_escapes(elements, board_root):
    [text] = [text for attributes, text in elements.of("script") if attributes.get("id") == "data"]
    assert not re.search(r"[<>&\u2028\u2029]|[^\x00-\x7f]", text)
    names = {entry["name"] for entry in json.loads(text)["boards"][0]["tasks"][0]["entries"]}
    assert f"{BREAK_OUT}+{BREAK_OUT}" in names


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "&amp;", "\u2028", "\u2029", "\ud800", "'\""]
)
def test_json_in_a_script_element_says_the_same_as_before(text):
    made = script_json({text: text})
    assert json.loads(made) == {text: text}
    assert made.isascii()
    assert not set("<>&") & set(made)


def test_without_scripts_the_same_numbers_stand_there_as_text(html):
    [plain] = re.findall(r"<noscript>.*?</noscript>", html, re.DOTALL)
    assert "93.00 ± 0.2" in plain
    assert "&lt;/script&gt;" in plain


def test_an_empty_leaderboard_is_a_page():
    html = build_page(leaderboard.build(Contents()), Contents())
    assert "There are no results here yet." in html


def test_the_page_of_a_small_board_stays_small(html):
    assert len(html.encode()) < 1_500_000


def test_every_script_of_the_folder_is_in_the_page():
    folder = importlib.resources.files("zoo_bench.page")
    own = {file.name for file in (folder / "scripts").iterdir()}
    vendored = {file.name for file in (folder / "vendor").iterdir() if file.name.endswith(".js")}
    assert (own, vendored) == (set(SCRIPTS), set(VENDORED))


def test_the_vendored_library_is_the_one_that_was_recorded_and_has_its_licence():
    folder = importlib.resources.files("zoo_bench.page") / "vendor"
    versions = (folder / "VERSIONS").read_text("utf-8")
    for name in VENDORED:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert f"{name} sha256 {digest}" in versions
        licence = (folder / f"LICENSE-{name.removesuffix('.js')}").read_text("utf-8")
        assert "Redistributions in binary form must reproduce" in licence


def test_our_scripts_never_make_markup_or_code_out_of_text():
    folder = importlib.resources.files("zoo_bench.page") / "scripts"
    text = "".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(", text
    )


def test_building_needs_no_torch(board_root, tmp_path):
    program = (
        "import sys; from zoo_bench.commands.leaderboard import command\n"
        f"command([{str(board_root)!r}, '--format', 'html', '-o', {str(tmp_path)!r}], "
        "standalone_mode=False)\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "False False\n"
