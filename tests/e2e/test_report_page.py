# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
The page of `ctrace report` in a real browser: what is seen, clicked and typed.

Needs Chromium (apt-get install chromium, 300 MB), which `make check` does not
install: without it these are skipped, unless CTRACE_SLOW=1 asks for all tests.
CTRACE_SHOTS=DIR keeps pictures, to be looked at.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness import browser as chromium
from harness import settings
from harness.page import Page
from harness.trace import run_ctrace

MAKE_EVENTS = settings.TOP / "tests" / "make-events"
PRIMARY = "tr[data-row]"


@pytest.fixture(scope="module")
def browser():
    if not chromium.find():
        reason = "no chromium here (apt-get install chromium)"
        if settings.SLOW:
            pytest.fail(reason)
        pytest.skip(reason)
    led = chromium.Browser()
    yield led
    led.close()


@pytest.fixture(autouse=True)
def no_problems(browser):
    yield
    assert browser.problems == []
    outside = [url for url in browser.requests if not url.startswith(("file:", "data:,", "about:"))]
    assert outside == []


def hostile(path, **changes):
    event = {
        "time": "2026-01-02T09:05:01.000000000Z",
        "type": "open",
        "container": {"id": "e" * 64, "name": "</script><img src=x onerror=alert(1)>", "image": "<b>bold</b>"},
        "process": {"pid": 1, "exe": "/bin/<img src=x onerror=alert(2)>"},
        "file": {"path": path, "name": path, "flags": ["O_RDONLY"]},
        "call": "openat",
        "fd": 3,
        "cgroup_id": 77,
    }
    return json.dumps({**event, **changes})


HOSTILE = [
    hostile("/tmp/</script><script>alert(3)</script>"),
    hostile("/tmp/<!--<script>"),
    hostile("/tmp/\u202egnp.exe"),
    hostile("/tmp/line\nbreak\x1b[31m"),
    hostile("/tmp/" + "x" * 255),
    hostile("/" + "/".join(f"deep{n}" for n in range(90))),
    hostile("/__proto__/constructor/toString"),
    hostile("/tmp/failed", error="<i>E</i>"),
    hostile("pipe:[123]"),
    '{"type":"lost","count":1234,"reason":"ring_full","container":{"id":"%s"}}' % ("e" * 64),
    '{"type":"lost","count":7,"reason":"skipped"}',
    "{broken",
]


def make_page(directory, name, lines):
    (directory / "events").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run_ctrace("report", directory / "events", "--output", directory / name)
    assert done.returncode == 0, done.stderr
    return Page(directory / name)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    events = subprocess.check_output([MAKE_EVENTS, "20000"], text=True).splitlines()
    return make_page(tmp_path_factory.mktemp("pages"), "usual.html", events)


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    return make_page(tmp_path_factory.mktemp("pages"), "evil.html", HOSTILE)


@pytest.fixture
def show(browser, request):
    """show(page, ...) opens it; a picture is taken at the test's end, if asked for."""

    def opened(page, **kwargs):
        browser.open(page.path, **kwargs)
        return browser

    yield opened
    if os.environ.get("CTRACE_SHOTS"):
        browser.screenshot(Path(os.environ["CTRACE_SHOTS"]) / f"{request.node.name}.png")


def number(text):
    return int(text.replace(",", ""))


def rows(browser):
    """The rows shown: (level, name, opens, failed)."""
    found = browser.run(
        "[...document.querySelectorAll('tr[data-row]')].map((row) => [Number(row.getAttribute('aria-level')),"
        " row.cells[0].querySelector('bdi')?.textContent ?? row.cells[0].textContent,"
        " row.cells[1].textContent, row.cells[2].textContent])"
    )
    return [(level, name, number(opens), number(failed)) for level, name, opens, failed in found]


def sleep(browser, milliseconds):
    browser.run(f"new Promise((done) => setTimeout(done, {milliseconds}))")


# --- what is shown -------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_sums_are_those_of_the_data(show, usual, scheme, width):
    browser = show(usual, scheme=scheme, width=width)
    busiest = max(usual.containers, key=lambda box: box.json["opens"])
    assert browser.text("h1") == busiest.title
    sums = [number(text) for text in browser.run("[...document.querySelectorAll('#sums dd')].map((d) => d.firstChild.data)")]
    assert sums[:3] == [busiest.json[key] for key in ("opens", "failed", "writes")]
    level, name, opens, failed = rows(browser)[0]
    assert (level, name, opens, failed) == (1, "/", busiest.count(), busiest.json["failed"])
    assert len(browser.texts(".container")) == len(usual.containers)


STICKS_OUT = """[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => `${e.tagName} ${e.className} ${Math.round(e.getBoundingClientRect().right)}: ${e.textContent.slice(0, 40)}`).slice(0, 5)"""


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
def test_nothing_sticks_out_of_the_window(show, usual, width):
    browser = show(usual, width=width)
    for tab in ("files", "failed", "written", "exes"):
        browser.click(f"#tab-{tab}")
        assert browser.run("document.documentElement.scrollWidth") <= width, tab
        assert browser.run(STICKS_OUT) == [], tab


def test_children_add_up_to_their_directory(show, usual):
    shown = rows(show(usual))
    for at, (level, name, opens, _) in enumerate(shown):
        below = []
        for row in shown[at + 1 :]:
            if row[0] <= level:
                break
            if row[0] == level + 1:
                below.append(row[2])
        if below:
            assert sum(below) == opens, name


def test_every_view_is_that_of_the_data(show, usual):
    browser = show(usual)
    busiest = max(usual.containers, key=lambda box: box.json["opens"])
    browser.click("#tab-failed")
    chips = {text for text in browser.texts(".errors button")}
    assert f"ENOENT{busiest.count(error='ENOENT'):,}" in chips
    browser.click("#tab-exes")
    shown = dict(
        browser.run("[...document.querySelectorAll('tr[data-row]')].map((row) => [row.cells[0].textContent, row.cells[1].textContent])")
    )
    assert {exe: number(opens) for exe, opens in shown.items()} == {
        exe: busiest.count(exe=exe) for exe in {fact["exe"] for fact in busiest.facts}
    }
    browser.click("#tab-written")
    first = browser.run("[...document.querySelector('tr[data-row]').cells].map((cell) => cell.textContent)")
    assert number(first[2]) == busiest.count(path=first[0], writes=True, error=None)


def test_losses_and_bad_lines_stand_out(show, evil):
    notices = show(evil).texts("#notices .notice")
    assert "incomplete" in notices[0] and "1,234 opens were lost" in notices[0] and "7 runs" in notices[0]
    assert "1 line of the input was not of ctrace" in notices[1]
    assert browser_top(show(evil), "#notices .notice") < 120


def browser_top(browser, selector):
    return browser.run(f"document.querySelector('{selector}').getBoundingClientRect().top")


# --- hostile names ----------------------------------------------------------------------------


def test_hostile_names_are_inert(show, evil):
    browser = show(evil)
    for tab in ("files", "failed", "written", "exes"):
        browser.click(f"#tab-{tab}")
        assert browser.run("document.querySelectorAll('img, b b, i i, iframe').length") == 0
        assert browser.run("document.querySelectorAll('script').length") == 2
    assert browser.text("h1") == "</script><img src=x onerror=alert(1)>"


def test_hidden_characters_are_shown(show, evil):
    browser = show(evil)
    names = [name for _, name, _, _ in rows(browser)]
    assert "\\u202egnp.exe" in names
    assert "line\\u000abreak\\u001b[31m" in names
    assert browser.run("/[\\u202e\\u001b]/.test(document.body.innerText)") is False


def test_script_of_a_name_would_not_run(show, evil):
    """Should a name ever get into the page as HTML, its policy stops it."""
    browser = show(evil)
    browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    sleep(browser, 200)
    assert browser.run("window.ran") is None
    assert browser.problems and all("Content Security Policy" in text for text in browser.problems)
    browser.problems.clear()


# --- search and sort -----------------------------------------------------------------------------


def test_search_filters(show, usual):
    browser = show(usual)
    busiest = max(usual.containers, key=lambda box: box.json["opens"])
    browser.key("/")
    assert browser.run("document.activeElement.id") == "search"
    browser.type("LIBSSL")
    sleep(browser, 300)
    shown = rows(browser)
    wanted = sum(fact["count"] for fact in busiest.facts if "libssl" in (fact["path"] or ""))
    assert shown[0][2] == wanted > 0
    assert shown[-1][1] == "libssl.so.3"
    assert f"{wanted:,} opens of" in browser.text("#found")
    browser.key("Escape")
    assert rows(browser)[0][2] == busiest.count()


def test_search_that_finds_nothing(show, usual):
    browser = show(usual, fragment="q=no-such-file")
    assert "Nothing matches" in browser.text("#panel")


@pytest.mark.parametrize("column, key", [(0, 1), (1, 2), (2, 3)])
def test_sort(show, usual, column, key):
    browser = show(usual)
    heading = f"#tree th:nth-child({column + 1})"
    for _ in range(2):
        browser.click(f"{heading} button")
        way = browser.run(f"document.querySelector('{heading}').getAttribute('aria-sort')")
        top = [row for row in rows(browser) if row[0] == 2]
        values = [row[key - 0] if key > 1 else row[1].rstrip("/").lower() for row in top]
        assert values == sorted(values, reverse=way == "descending")
    assert browser.run("document.querySelectorAll('[aria-sort]').length") == 1


def test_containers_sort_and_filter(show, usual):
    browser = show(usual)
    browser.run("(() => { const s = document.getElementById('container-sort'); s.value = 'title'; s.dispatchEvent(new Event('change')); })()")
    names = browser.texts(".container .name")
    assert names == sorted(names)
    browser.run("document.getElementById('container-search').focus()")
    browser.type("cache")
    assert browser.texts(".container .name") == ["cache"]


def test_files_of_one_executable(show, usual):
    browser = show(usual)
    browser.click("#tab-exes")
    exe = browser.text(".link")
    browser.click(".link")
    busiest = max(usual.containers, key=lambda box: box.json["opens"])
    assert rows(browser)[0][2] == busiest.count(exe=exe)
    assert exe in browser.text("#exe-filter")
    browser.click("#exe-filter")
    assert rows(browser)[0][2] == busiest.count()


def test_error_can_be_picked(show, usual):
    browser = show(usual, fragment="tab=failed")
    browser.click(".errors button:last-child")
    assert len(set(browser.texts("tr[data-row] .tag"))) == 1
    assert browser.run("document.querySelector('.errors [aria-pressed=true]') === document.activeElement")


# --- keys ------------------------------------------------------------------------------------------


def focused(browser):
    return browser.run("document.activeElement.dataset.row && document.activeElement.querySelector('bdi').textContent")


def expanded(browser):
    return browser.run("document.activeElement.getAttribute('aria-expanded')")


def test_tree_by_keyboard(show, usual):
    browser = show(usual)
    browser.run("document.querySelector('#search').focus()")
    browser.key("ArrowDown")
    assert focused(browser) == "/" and expanded(browser) == "true"
    before = len(rows(browser))
    browser.key("ArrowLeft")
    assert expanded(browser) == "false" and len(rows(browser)) == 1
    browser.key("ArrowRight")
    assert expanded(browser) == "true" and len(rows(browser)) == before
    browser.key("ArrowRight")
    assert focused(browser) == rows(browser)[1][1]
    browser.key("ArrowLeft")
    if focused(browser) != "/":  # it was open: the first press closed it
        browser.key("ArrowLeft")
    assert focused(browser) == "/"
    browser.key("End")
    assert focused(browser) == rows(browser)[-1][1]
    browser.key("Home")
    browser.key("Enter")
    assert expanded(browser) == "false"


def test_one_row_is_in_the_tab_order(show, usual):
    browser = show(usual)
    for tab in ("files", "failed", "written", "exes"):
        browser.click(f"#tab-{tab}")
        assert browser.run("document.querySelectorAll('tr[tabindex=\"0\"]').length") == 1


def test_tabs_by_keyboard(show, usual):
    browser = show(usual)
    browser.run("document.querySelector('#tab-files').focus()")
    for expected in ("failed", "written", "exes", "files"):
        browser.key("ArrowRight")
        assert browser.run("document.activeElement.id") == f"tab-{expected}"
        assert browser.run("document.querySelectorAll('[role=tab][aria-selected=true]').length") == 1


def test_timeline_by_keyboard(show, usual):
    browser = show(usual)
    browser.run("document.querySelector('#timeline').focus()")
    browser.key("End")
    browser.key("ArrowLeft")
    assert browser.text("#timeline-says").count("open") >= 1
    assert "for writing" in browser.text("#timeline-says")


def test_containers_by_keyboard(show, usual):
    browser = show(usual)
    browser.run("document.querySelector('.container').focus()")
    browser.key("ArrowDown")
    second = browser.run("document.activeElement.title")
    browser.key("Enter")
    browser.run("document.activeElement.click()")
    assert browser.text("h1") == second


# --- for everybody ------------------------------------------------------------------------------------

UNNAMED = """[...document.querySelectorAll("button, input, select, table, [role=img]")]
  .filter((e) => !e.hidden && !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 100))"""

# The contrast of each text with what is behind it, as WCAG 2 counts it.
FAINT = """(() => {
  const light = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const parse = (s) => s.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
    if (e.closest("script, style, svg, .twist, td.zero, .skip")) continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${e.className || e.tagName}: ${e.textContent.slice(0, 40)}`);
  }
  return [...new Set(faint)];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["files", "failed", "written", "exes"])
def test_text_is_legible_and_controls_have_names(show, usual, scheme, tab):
    browser = show(usual, scheme=scheme, fragment=f"c=1&tab={tab}")
    assert browser.run(FAINT) == []
    assert browser.run(UNNAMED) == []
    assert browser.run("document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_notices_are_legible(show, evil, scheme):
    assert show(evil, scheme=scheme).run(FAINT) == []


def test_colours_follow_the_system_and_the_button(show, usual):
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = show(usual, scheme="light").run(ground)
    browser = show(usual, scheme="dark")
    dark = browser.run(ground)
    assert light != dark
    browser.click("#theme")
    assert browser.run(ground) == light and "Light" in browser.text("#theme")
    browser.click("#theme")
    assert browser.run(ground) == dark and "Dark" in browser.text("#theme")
    browser.click("#theme")
    assert "Auto" in browser.text("#theme")


def test_place_is_in_the_address(show, usual):
    browser = show(usual)
    browser.click("#tab-written")
    browser.click(".container:nth-child(1)")
    fragment = browser.run("location.hash.slice(1)")
    title = browser.text("h1")
    again = show(usual, fragment=fragment)
    assert again.text("h1") == title
    assert again.text("[aria-selected=true]").startswith("Written")


def test_a_big_page_opens_quickly(browser, show, tmp_path):
    """As many files as a page can hold, in one container."""
    lines = []
    for n in range(60000):
        path = f"/srv/{n % 97}/{n % 1009}/file-{n}"
        lines.append(hostile(path))
    page = make_page(tmp_path, "big.html", lines)
    browser.send("Performance.enable", timeDomain="threadTicks")  # not what others take of the machine
    show(page)
    took = {each["name"]: each["value"] for each in browser.send("Performance.getMetrics")["metrics"]}
    browser.send("Performance.disable")
    assert took["ScriptDuration"] < 3 * settings.PATIENCE
    assert rows(browser)[0][2] == 60000
