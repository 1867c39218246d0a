import html.parser
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from reproduction import page as reproduction_page
from reproduction.published import Table
from reproduction.rows import Row

ERROR = 'no room for <b>&</b> "this"'
AXES = ("axis", "zero")
VOID = {"meta", "link", "img", "br"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Tree(html.parser.HTMLParser):
    """Builds a tree of a page whose every element is closed in order."""

    def __init__(self, text):
        super().__init__()
        self._open = []
        self._builder = ET.TreeBuilder()
        self.feed(text)
        self.close()
        assert not self._open
        self.root = self._builder.close()

    def handle_starttag(self, tag, attrs):
        self._builder.start(tag, {key: value or "" for key, value in attrs})
        if tag in VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._builder.start(tag, {key: value or "" for key, value in attrs})
        self._builder.end(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, self.getpos()
        self._builder.end(tag)

    def handle_data(self, data):
        if self._open:
            self._builder.data(data)


def summary(psnr, mae, fid, **more):
    return {
        "num_images": 4,
        "PSNR": {"mean": psnr, "max": psnr + 1, "min": psnr - 1, "num_infinite": 0},
        "MAE_255": {"mean": mae, "max": mae + 1, "min": mae - 1},
        "colorfulness": {"mean": 10.0, "max": 12.0, "min": 8.0},
        "FID": fid,
        **more,
    }


def photos(seed):
    return np.random.default_rng(seed).integers(0, 256, (3, 24, 32, 3), dtype=np.uint8)


GRAY = summary(20.0, 15.0, 90.0)
GRAY["PSNR"]["num_infinite"] = 1
TRUE = {"IS": 12.05}
ROWS = [
    Row(
        "A1",
        "U-Net, 100·L1",
        {"FID": "32.29", "<FID>": "1"},
        "pix2pix",
        {"Stated": {"batch": "16"}, "Chosen": {"λ": "100 > 1"}, "Differs": {"size": "64"}},
        summary(22.0, 16.0, 80.0, KID=0.0212, KID_std=0.0014),
        summary(23.0, 15.0, 70.0),
        "",
        {"G_L1": [(0, 0.01), (50, 0.1), (100, 1.0)]},
        {"PSNR": [(50, 20.0), (100, 22.0)]},
        photos(1),
    ),
    Row("A6", "<super>-resolution", {"PSNR": "18.33"}, "", {}, None, None, ERROR, {}, {}, None),
    Row(
        "S6",
        "CycleGAN",
        {},
        "",
        {},
        summary(19.0, 14.0, 89.99996, fps_generator=30.0),
        None,
        "",
        {"G_GAN": [(1, 0.7), (2, np.nan)], "cycle": [(1, np.inf)]},
        {},
        None,
    ),
    Row(
        "W3",
        "WGAN",
        {},
        "",
        {},
        summary(21.0, 13.0, 100.0, fps_generator=60.0),
        None,
        "",
        {"critic": [(1, -3e30), (2, 2e12), (3, 5.0)], "D_real": [(1, 0.0), (3, 0.0)]},
        {"PSNR": [(3, 10.0)]},
        photos(2).repeat(2, axis=1).repeat(2, axis=2),
    ),
    Row(
        "B4",
        "one point",
        {},
        "",
        {},
        summary(20.5, 15.5, 95.0),
        None,
        "",
        {"G_L1": [(0, 0.5)]},
        {"PSNR": [(0, 15.0)]},
        photos(3),
        summary(24.5, 11.5, 60.0),
    ),
]
PACKAGE = {"other": summary(26.0, 10.0, 50.0), "other gray": summary(24.0, 12.0, 70.0)}


def written(folder, rows=ROWS):
    path = folder / "made" / "index.html"
    truth = photos(0)
    reproduction_page.write(
        path,
        title="Experiments & scores",
        facts={"data": "<COCO>", "image size": "32×24"},
        gray=GRAY,
        true=TRUE if rows is ROWS else {},
        truth=truth,
        grayed=np.repeat(truth[..., :1], 3, axis=-1),
        rows=rows,
        tables=[Table("report 9, table 1", "least", ("FID", "PSNR"), {"A1": "– 49/7"})],
        package=PACKAGE if rows is ROWS else None,
    )
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return written(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def root(page):
    return Tree(page.read_text(encoding="utf-8")).root


def text(element):
    return "".join(element.itertext()).strip()


def cells(root, label="scores"):
    """Returns the cells of each row of a table of scores, by the row's id."""
    gray, rows, _ = root.findall(f".//div[@aria-labelledby='{label}']/table/tbody")
    return {text(row[0]): list(row)[1:] for row in [gray[0], *rows]}


def column(root, heading):
    headings = root.findall(".//div[@aria-labelledby='scores']/table/thead/tr")[1]
    ours = (i for i, th in enumerate(headings) if th.get("data-sort"))
    (index,) = (i for i in ours if text(headings[i]).startswith(heading))
    return {name: row[index - 1] for name, row in cells(root).items() if name != "A6"}


def test_text_is_escaped_and_nothing_is_fetched(root):
    assert text(root.find(".//h1")) == text(root.find(".//title")) == "Experiments & scores"
    assert [text(dd) for dd in root.findall(".//header//dd")] == ["<COCO>", "32×24"]
    links = [e.get(name) for e in root.iter() for name in ("src", "href") if e.get(name)]
    assert len(links) > len(ROWS)
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(r"url\(|@import", text(root.find(".//style")))
    targets = {element.get("id") for element in root.iter()}
    assert {link[1:] for link in links if link.startswith("#")} <= targets


def test_table_shows_every_row(root):
    rows = cells(root)
    assert list(rows) == ["gray", "A1", "A6", "S6", "W3", "B4"]
    assert rows["A6"][1].get("class") == "error"
    assert text(rows["A6"][1]) == ERROR
    headings = root.findall(".//div[@aria-labelledby='scores']/table/thead/tr")[1]
    ours = [text(th) for th in headings if th.get("data-sort") and text(th) != "id"]
    assert len(ours) == int(rows["A6"][1].get("colspan")) == 7  # No SSIM, no LPIPS.
    theirs = [text(th) for th in headings if th.get("class") == "pub"]
    assert theirs == ["FID", "<FID>", "PSNR"]
    assert [text(td) for td in rows["A1"][-3:]] == ["32.29", "1", ""]
    assert [text(td) for td in rows["A6"][-3:]] == ["", "", "18.33"]


def test_rows_beside_the_comparison(root):
    (_, true), _, trained = root.findall(".//div[@aria-labelledby='scores']/table/tbody")
    assert [text(cell) for cell in true if text(cell)] == ["truth", "the photo itself", "12.050"]
    assert [text(cell) for cell in trained[0]][:3] == ["A1", "on training images", "23.00"]
    assert true.find(".//b") is trained.find(".//b") is None


def test_what_a_report_leaves_open_and_what_it_publishes_stand_below_the_table(root):
    points = root.find(".//dl[@class='points']")
    assert [text(li) for li in points.iter("li")] == ["chosen, λ: 100 > 1", "differs, size: 64"]
    assert [text(dt) for dt in points.iter("dt")][:2] == ["A1 pix2pix", "A6"]
    table = root.find(".//table[@class='published']")
    assert text(table.find("caption")) == "report 9, table 1; least"
    assert [text(td) for td in table.iter("td")] == ["", "–", "49/7"]


def test_best_and_better_are_marked(root):
    best = {
        heading: [name for name, td in column(root, heading).items() if td.find("b") is not None]
        for heading in ("PSNR", "MAE", "color", "FID", "KID", "FPS")
    }
    assert best == {
        "PSNR": ["A1"],
        "MAE": ["W3"],
        "color": [],
        "FID": ["A1"],
        "KID": ["A1"],
        "FPS": ["W3"],
    }
    better = {
        heading: [name for name, td in column(root, heading).items() if td.get("class")]
        for heading in best
    }
    # S6's FID is lower than gray's by less than is shown; gray has no KID to be better than.
    assert better == {
        "PSNR": ["A1", "W3", "B4"],
        "MAE": ["S6", "W3"],
        "color": [],
        "FID": ["A1"],
        "KID": [],
        "FPS": [],
    }
    for heading in best:
        for name, td in column(root, heading).items():
            assert ("▲" in text(td)) == (name in better[heading])
    assert text(column(root, "KID")["A1"]) == "0.02120 ± 0.00140"
    assert text(column(root, "KID")["S6"]) == "–"
    assert text(column(root, "PSNR")["gray"]) == "20.00 (1 equal)"
    assert column(root, "PSNR")["gray"].get("title") == "19.00 to 21.00"
    assert column(root, "FID")["gray"].get("title") is None


def test_curves(root):
    figures = {figure.get("id"): figure for figure in root.iter("figure")}
    assert list(figures) == [row.id for row in ROWS]
    plots = {name: figure.find("svg") for name, figure in figures.items()}
    assert plots["A6"] is None
    assert [text(li) for li in figures["S6"].iter("li")] == ["G_GAN 0.7"]
    assert [text(t) for t in plots["A1"].iter("text")] == [
        *("loss, log scale", "0.01", "1"),
        *("PSNR 22", "10", "22"),  # The range of all experiments' PSNR.
        *("0", "step", "100"),
    ]
    curves = {
        name: [path.get("d") for path in plot.iter("path") if path.get("class") not in AXES]
        for name, plot in plots.items()
        if plot is not None
    }
    assert curves["A1"] == [
        "M44.0 116.0L180.0 66.0L316.0 16.0h0",
        "M180.0 147.7L316.0 142.0h0",
    ]
    assert curves["B4"] == ["M180.0 66.0h0", "M180.0 161.8h0"]
    assert "loss, asinh scale" in [text(t) for t in plots["W3"].iter("text")]
    for name, paths in curves.items():
        _, _, width, height = map(int, plots[name].get("viewbox").split())
        numbers = np.array(re.findall(r"([\d.-]+) ([\d.-]+)", " ".join(paths)), float)
        assert np.all((numbers > 0) & (numbers < (width, height)))
        assert plots[name].get("aria-label")


def test_scores_on_other_photos_stand_beside_the_package(root):
    found = cells(root, "other")
    assert list(found) == ["gray", "B4"]
    assert text(found["B4"][1]).startswith("24.50")
    package = root.findall(".//div[@aria-labelledby='other']/table/tbody/tr")[1]
    assert [text(cell) for cell in package][:3] == ["package", "the model in the package", "26.00"]
    assert not root.findall(".//div[@aria-labelledby='other']//*[@class='pub']")


def test_sheet(root):
    sheet = root.find(".//table[@class='sheet']")
    assert [text(th) for th in sheet.find("thead/tr")] == ["gray", "A1", "W3", "B4", "truth"]
    pictures = [[img.get("alt") for img in row.iter("img")] for row in sheet.findall("tbody/tr")]
    assert pictures[2] == [f"photo 3, {name}" for name in ("gray", "A1", "W3", "B4", "truth")]
    assert len(pictures) == 3
    sizes = {(img.get("width"), img.get("height")) for img in sheet.iter("img")}
    assert sizes == {("32", "24")}  # W3's are twice as large.


def test_a_page_of_failures(tmp_path):
    rows = [Row("A1", "", {}, "", {}, None, None, "", {}, {}, None)]
    root = Tree(written(tmp_path, rows).read_text(encoding="utf-8")).root
    assert text(cells(root)["A1"][1]) == "has not run"
    assert not root.findall(".//*[@class='pub']")


LISTENER = """
<script>
const complaints = [];
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"])
  addEventListener(kind, (event) => complaints.push(`${kind} ${event.message}`), true);
for (const kind of ["error", "warn"]) console[kind] = (...words) => complaints.push(words.join());
</script>
"""
PROBE = """
<script>
addEventListener("load", () => {
  const ids = () => [...document.querySelectorAll(".scores tbody th")]
    .slice(0, 7).filter((th) => th.innerText != "truth").map((th) => th.innerText);
  const heading = (name) => [...document.querySelectorAll(".scores thead th")]
    .find((th) => th.innerText.startsWith(name)).querySelector("button");
  const found = { complaints, start: ids() };
  heading("PSNR").click();
  found.best = ids();
  found.sort = heading("PSNR").parentNode.getAttribute("aria-sort");
  heading("PSNR").click();
  found.worst = ids();
  heading("FID").click();
  found.fid = ids();
  heading("id").click();
  found.end = ids();
  found.widths = [...document.images].map((image) => image.naturalWidth);
  found.overflow = document.documentElement.scrollWidth - innerWidth;
  document.body.innerHTML = `<pre>${JSON.stringify(found)}</pre>`;
});
</script>
"""


def test_in_a_browser(page, tmp_path):
    found = (shutil.which(name) for name in (os.environ.get("CHROMIUM", ""), *BROWSERS) if name)
    browser = next(filter(None, found), None)
    if not browser:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} on PATH, and no $CHROMIUM")
    probed = tmp_path / "probed.html"
    before, after = page.read_text(encoding="utf-8").split("<head>")
    probed.write_text(f"{before}<head>{LISTENER}{after}{PROBE}", encoding="utf-8")
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=420,900",
            "--dump-dom",
            probed.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = json.loads(re.search("<pre>(.*)</pre>", done.stdout)[1])
    assert found["complaints"] == []
    assert found["start"] == ["gray", "A1", "A6", "S6", "W3", "B4"]
    assert found["best"] == ["gray", "A1", "W3", "B4", "S6", "A6"]
    assert found["sort"] == "descending"
    assert found["worst"] == ["gray", "S6", "B4", "W3", "A1", "A6"]
    assert found["fid"] == ["gray", "A1", "S6", "B4", "W3", "A6"]
    assert found["end"] == found["start"]
    assert found["widths"] == [32, 32, 64, 32, 32] * 3
    assert found["overflow"] <= 0
