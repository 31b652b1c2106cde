"""The page in a browser, by mouse and by keyboard."""

import itertools
import shutil
from pathlib import Path
from xml.etree import ElementTree

import platformdirs
import pytest
from fake_boards import HOSTILE
from fake_runs import TASK, make_result, make_spec

import zoo
from zoo_bench import leaderboard
from zoo_bench.page.build import build_page, render
from zoo_bench.page.data import page_fields
from zoo_bench.page.examples import Texts
from zoo_bench.reading import Contents, find_roots, read_all

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
PAIR = "koelectra+linear"
COST = make_result(make_spec()).cost
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(board_root, tmp_path_factory):
    contents = read_all(find_roots(board_root))
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(build_page(leaderboard.build(contents), contents), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page; afterwards it must have asked for nothing and complained of nothing."""
    opened = []

    def open_page(hash_="", viewport=DESK, **options):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address + hash_)
        page.wait_for_selector("main h1")
        opened.append((context, page))
        return page

    yield open_page
    for context, page in opened:
        assert page.said == []
        assert [url for url in page.asked if not url.startswith((address, "data:"))] == []
        context.close()


@pytest.fixture
def audited(browser, tmp_path, monkeypatch):
    """Opens a page whose task can be read here, by another `name` on request."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda app: tmp_path / app)
    rows = zoo.Examples(("불 켜 줘", "불 꺼 줘"), ("질문", "명령"))
    task = zoo.Task(name="toy", train=rows, validation=rows, test=rows, labels=("질문", "명령"))
    path = tmp_path / "audited.html"

    def open_page(viewport, name=TASK.name):
        record = TASK.model_copy(update={"name": name})
        contents = Contents((make_result(make_spec(task=record)),))
        texts = {record.key: Texts(rows.texts, "CC0-1.0", task=task)}
        fields = page_fields(leaderboard.build(contents), contents, texts)
        path.write_text(render(leaderboard.build(contents), fields), "utf-8")
        page = browser.new_page(viewport=viewport)
        page.goto(path.as_uri())
        page.wait_for_selector("main h1")
        return page

    return open_page


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of these results."""
    path = tmp_path / "index.html"

    def open_page(results, viewport=DESK):
        contents = Contents(tuple(results))
        path.write_text(build_page(leaderboard.build(contents), contents), "utf-8")
        page = browser.new_page(viewport=viewport)
        page.goto(path.as_uri())
        page.wait_for_selector("main h1")
        return page

    return open_page


def names(page):
    return page.locator(".ranking tbody th bdi").all_inner_texts()


def overflow(page, element="document.documentElement"):
    return page.evaluate(f"{element}.scrollWidth - {element}.clientWidth")


def test_a_column_sorts_both_ways_and_says_so(visit):
    page = visit()
    header = page.locator(".ranking th", has_text="p50 ms")
    latencies = page.locator(".ranking tbody tr td:last-child")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    ascending = [float(text) for text in latencies.all_inner_texts()]
    assert ascending == sorted(ascending)
    page.keyboard.press("Enter")  # the focus stayed on the header
    assert header.get_attribute("aria-sort") == "descending"
    assert [float(text) for text in latencies.all_inner_texts()] == sorted(ascending)[::-1]


def test_filters_are_chips_that_can_be_taken_away(visit):
    page = visit()
    whole = names(page)
    page.get_by_label("Filter by encoder").select_option("bert")
    page.get_by_label("Filter by encoder").select_option("koelectra")
    page.get_by_label("Filter by head").select_option("linear")
    assert names(page) == ["koelectra+linear", "bert+linear"]
    assert page.get_by_role("status").inner_text() == f"2 of {len(whole)} rows"
    page.get_by_role("button", name="Remove filter encoder: bert").click()
    assert names(page) == ["koelectra+linear"]
    page.get_by_role("button", name="Clear all").click()
    assert names(page) == whole
    assert page.locator(".chip").count() == 0
    page.get_by_label("Filter by verdict").select_option("not_learned")
    assert len(names(page)) == len(HOSTILE)


def test_searching_keeps_the_cursor_and_certified_is_a_filter(visit):
    page = visit()
    page.get_by_placeholder("Search pairs").click()
    page.keyboard.type("bert nano bilstm", delay=2)
    assert names(page) == ["bert-nano+bilstm"]
    page.get_by_role("button", name="Remove filter “bert nano bilstm”").click()
    page.get_by_role("button", name="Certified only").click()
    assert len(names(page)) == 6
    page.get_by_placeholder("Search pairs").fill("nothing like it")
    assert "No row passes" in page.locator(".ranking").inner_text()


def test_a_pair_opens_by_keyboard_has_an_address_and_closes_by_escape(visit):
    page = visit()
    link = page.locator(".ranking tbody a").first
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("heading", level=1).inner_text() == PAIR
    assert page.evaluate("location.hash") == "#/0/toy/koelectra%2Blinear"
    page.keyboard.press("Escape")
    page.wait_for_url("**#/0/toy")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_a_pair_shows_how_it_tells_what_is_out_of_scope(visit):
    page = visit("#/0/감정 분류/koelectra%2Blinear")
    table = page.get_by_role("dialog").get_by_role("region", name="Out of scope")
    assert table.locator("tr").all_inner_texts() == [
        "Seed\tAUROC %\tFPR at 95 % TPR, %",
        "0\t81.25\t62.50",
        "1\t81.25\t62.50",
        "all\t81.25 ± 0.00\t62.50 ± 0.00",
    ]


def test_the_address_of_a_pair_shows_all_that_is_known_of_it(visit):
    page = visit("#/0/toy/koelectra%2Blinear")
    dialog = page.get_by_role("dialog")
    titles = dialog.get_by_role("heading", level=2).all_inner_texts()
    assert titles == [
        "Seeds",
        "Against the others",
        "Learning curves",
        "Confusions",
        "Classes",
        "Wrong with most confidence",
        "What ran",
        "Recipe",
        "Runs",
        "Where it ran",
        "Task",
    ]
    assert dialog.locator("figure svg").count() == 4
    assert "no task is called 'toy'" in dialog.inner_text()
    assert "질문" in dialog.inner_text()


def test_a_failed_pair_tells_why(visit):
    page = visit("#/0/toy/bert%2Bcrf")
    text = page.get_by_role("dialog").inner_text()
    assert "CUDA out of memory </script><img src=x onerror=alert(1)>" in text
    assert "loss was nan in step 7" in text


def test_names_that_mean_no_good_do_nothing(visit):
    page = visit(viewport=PHONE)
    for place in range(page.get_by_role("tab").count()):
        page.get_by_role("tab").nth(place).click()
        expect(page.get_by_role("tab").nth(place)).to_have_attribute("aria-selected", "true")
        assert page.locator("img, main script, dialog script").count() == 0
        assert overflow(page) <= 0
    page.get_by_role("tab").first.click()
    for row in page.locator(".ranking tbody tr", has_text="70.00 (1)").all():
        row.get_by_role("link").click()
        page.locator("dialog[open]").wait_for()
        assert overflow(page, "document.querySelector('dialog')") <= 0
        page.get_by_role("button", name="Close").click()


def test_tabs_follow_the_arrows(visit):
    page = visit()
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("main h1")).to_have_text("감정 분류")
    expect(page.get_by_role("tab", name="감정 분류")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("main h1")).to_have_text("Over 3 tasks")
    assert "incomplete 0/3" in page.locator("main").inner_text()


def test_keys_that_come_faster_than_the_page_is_drawn_are_all_obeyed(visit):
    page = visit()
    press = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles}))"
    page.get_by_role("tab", selected=True).focus()
    page.evaluate(f"for (const [key, bubbles] of Array(2).fill(['ArrowLeft', true])) {press}")
    expect(page.locator("main h1")).to_have_text(HOSTILE[0])


def test_a_phone_scrolls_in_one_direction(visit):
    page = visit("#/0/toy/koelectra%2Blinear", viewport=PHONE)
    assert overflow(page) <= 0
    assert overflow(page, "document.querySelector('dialog')") <= 0


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_names_on_the_scatter_do_not_run_into_one_another(opened, viewport):
    # of five pairs on the front, the better ones hardly dearer than the others
    results = [
        make_result(
            make_spec(head=f"a-head-of-some-length-{place}", seed=seed),
            0.7 + place / 100 + seed / 1000,
            cost=COST.model_copy(update={"train_seconds": 10.0 + place}),
        )
        for place in range(5)
        for seed in range(2)
    ]
    page = opened(results, viewport)
    page.get_by_label("Training s", exact=True).check(force=True)
    labels = page.locator(".chart .mark-text text")
    labels.first.wait_for()
    boxes = [labels.nth(place).bounding_box() for place in range(labels.count())]
    assert boxes
    assert any("length-4" in text for text in labels.all_text_contents())
    for one, other in itertools.combinations(boxes, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert beside or above
    page.close()


def test_no_front_joins_pairs_that_were_timed_on_different_machines(opened):
    page = opened(
        make_result(make_spec(head=head), accuracy, cost=COST.model_copy(update=cost))
        for head, accuracy, cost in (
            ("mlp", 0.7, {"hardware": "one"}),
            ("crf", 0.8, {"hardware": "another", "parameters_total": 10**7}),
        )
    )
    chart = page.locator("section", has=page.get_by_role("heading", name="Accuracy and cost"))
    chart.locator(".mark-symbol path").first.wait_for()
    assert "timed on different machines, which do not compare" in chart.inner_text()
    assert chart.locator(".mark-line path").count() == 0
    page.get_by_label("Parameters", exact=True).check(force=True)
    chart.locator(".mark-line path").first.wait_for()
    assert "The broken line joins" in chart.inner_text()
    page.close()


def test_where_no_test_row_is_clean_the_page_says_that_ranks_go_by_all(opened):
    none_is_clean = TASK.model_copy(update={"n_test_clean": 0})
    page = opened([make_result(make_spec(task=none_is_clean))])
    heading = page.locator(".task-heading").inner_text()
    assert "All test rows also occur in train or validation; ranks go by the accuracy on them." in (
        heading
    )
    assert "clean" not in heading
    page.close()


def test_the_theme_follows_the_system_until_it_is_chosen(visit):
    page = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    axis = "document.querySelector('.chart .role-axis-label text').getAttribute('fill')"
    dark = page.evaluate(ground), page.evaluate(axis)
    page.get_by_role("button", name="Change to light colours").click()
    light = page.evaluate(ground), page.evaluate(axis)
    assert (dark[0], light[0]) == ("rgb(20, 24, 27)", "rgb(251, 250, 247)")
    assert dark[1] != light[1]
    page.reload()
    assert page.evaluate(ground) == light[0]


def test_the_cost_of_the_scatter_can_be_chosen_and_a_point_opens_its_pair(visit):
    page = visit()
    chart = page.locator("figure[aria-label^='Accuracy against']")
    assert "Median latency" in chart.inner_text()
    page.get_by_label("Parameters", exact=True).check(force=True)
    assert "Parameters" in chart.inner_text()
    chart.locator(".mark-symbol path").first.click()
    page.locator("dialog[open]").wait_for()


def test_a_chart_is_saved_as_svg_in_light_colours(visit):
    page = visit(color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    with page.expect_download() as saving:
        page.get_by_role("button", name="SVG of Accuracy against Median latency").click()
    saved = saving.value
    assert saved.suggested_filename == "accuracy-against-median-latency-of-one-text-ms.svg"
    svg = Path(saved.path()).read_text("utf-8")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert int(root.get("width")) > 400
    drawn = "document.querySelector('.chart .role-axis-label text').getAttribute('fill')"
    assert "Median latency" in svg and f'fill="{page.evaluate(drawn)}"' not in svg
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    page.get_by_role("link", name=PAIR).first.click()
    with page.expect_download() as saving:
        page.locator("dialog").get_by_role("button", name="SVG of Loss").click()
    assert "koelectra-linear-loss-by-epoch" in saving.value.suggested_filename


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_data_are_audited_where_they_can_be_read(audited, viewport):
    page = audited(viewport)
    data = page.locator("section", has=page.get_by_role("heading", name="The data", exact=True))
    assert "2 train, 2 validation, 2 test rows. No text has more" in data.inner_text()
    cells = data.locator("tr", has_text="test in train + validation").locator("td")
    assert cells.all_inner_texts() == ["test in train + validation", "2", "2", "2", "0"]
    assert data.locator("tr", has_text="bert-nano").locator("td").all_inner_texts()[1] == "128"
    assert overflow(page) <= 0
    page.close()


def test_of_a_drawn_task_the_whole_is_told_from_what_a_seed_draws(audited):
    page = audited(DESK, "toy@2")
    heading = page.locator(".task-heading").inner_text()
    assert f"{TASK.n_train:,} train rows, drawn by each seed" in heading
    data = page.locator("section", has=page.get_by_role("heading", name="The data", exact=True))
    assert (
        "Of the whole task, of which every seed draws its train and validation rows: 2 train, "
        "2 validation, 2 test rows."
    ) in data.inner_text()
    page.close()


def test_data_that_cannot_be_read_say_so(visit):
    text = visit().locator("main").inner_text()
    assert "Not audited here. The texts cannot be had here: no task is called 'toy'" in text


def test_every_control_can_be_reached_by_tab(visit):
    page = visit("#/0/%EA%B0%90%EC%A0%95%20%EB%B6%84%EB%A5%98")
    selector = "a[href], button:not([tabindex='-1']), select, input, summary, [tabindex='0']"
    page.evaluate(
        f"""[...document.querySelectorAll({selector!r})]
        .filter((one) => one.checkVisibility() && one.name !== 'cost')
        .forEach((one) => (one.dataset.wanted = ''))"""
    )
    count = page.locator("[data-wanted]").count()
    for _ in range(count + 3):
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.removeAttribute('data-wanted')")
    assert page.locator("[data-wanted]").count() == 0
