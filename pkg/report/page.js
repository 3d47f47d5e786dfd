// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
//
// Draws the page from the data in it; docs/report.md says what the data is.
// Every name in it was chosen inside a container: text goes into the page as
// textContent and nothing else.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const READ = 1, WRITE = 2, CREATE = 4, EXECUTE = 8, DIRECTORY = 16, PATH = 32, TEMPORARY = 64;
  const WRITES = WRITE | CREATE | TEMPORARY;
  const EXE_UNKNOWN = 0, EXE_OTHERS = 1, ERROR_OTHERS = 1;
  const PAGE_OF_ROWS = 200;
  const GROUPS = {
    "/": "/",
    cut: "paths whose beginning is not known",
    nameless: "pipes, sockets and the like",
    unknown: "path not known",
  };
  const $ = (id) => document.getElementById(id);

  // --- small things ----------------------------------------------------------

  const number = (n) => n.toLocaleString("en-US");
  const plural = (n, one, many = one + "s") => `${number(n)} ${n === 1 ? one : many}`;

  // What shows nothing, or turns the writing direction, is shown by its number.
  const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  const visible = (text) => text.replace(HIDDEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  const pad = (n, width = 2) => String(n).padStart(width, "0");
  function clock(ms, fine) {
    const d = new Date(ms);
    const text = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
    return fine ? `${text}.${pad(d.getUTCMilliseconds(), 3)}` : text;
  }
  const day = (ms) => new Date(ms).toISOString().slice(0, 10);
  function duration(ms) {
    if (ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
    if (ms < 60e3) return `${(ms / 1000).toFixed(ms < 10e3 ? 1 : 0)} s`;
    if (ms < 3600e3) return `${Math.floor(ms / 60e3)} min ${Math.round(ms / 1000) % 60} s`;
    return `${Math.floor(ms / 3600e3)} h ${Math.floor(ms / 60e3) % 60} min`;
  }

  const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);
  const exeName = (exe) =>
    exe === EXE_UNKNOWN ? "executable not known" : exe === EXE_OTHERS ? "several executables" : visible(data.exes[exe]);
  const errorName = (error) => (error === ERROR_OTHERS ? "several errors" : visible(data.errors[error]));

  // --- one container's numbers -------------------------------------------------

  // The tree: for each node its path, its children, and its own facts.
  function unpack(container) {
    const { names, parents } = container;
    const none = []; // most nodes have no children, and share that
    const tree = { paths: [""], children: names.map(() => none), facts: names.map(() => none), more: new Map() };
    const put = (lists, i, item) => (lists[i] === none ? (lists[i] = [item]) : lists[i].push(item));
    for (let i = 1; i < names.length; i++) {
      const parent = parents[i], above = tree.paths[parent];
      put(tree.children, parent, i);
      if (!parent) tree.paths.push(GROUPS[names[i]]);
      else if (above === "/" || parents[parent]) tree.paths.push((above === "/" ? "" : above) + "/" + names[i]);
      else tree.paths.push(names[i]); // no path: the name alone
    }
    for (let i = 0; i < container.more.length; i += 2) tree.more.set(container.more[i], container.more[i + 1]);
    const f = container.facts;
    for (let i = 0; i < f.length; i += 6)
      put(tree.facts, f[i], { more: f[i + 1] === 1, exe: f[i + 2], error: f[i + 3], access: f[i + 4], count: f[i + 5] });
    return tree;
  }

  const nothing = () => ({ opens: 0, failed: 0, writes: 0 });
  function count(into, fact) {
    into.opens += fact.count;
    if (fact.error) into.failed += fact.count;
    else if (fact.access & WRITES) into.writes += fact.count;
  }
  function add(into, other) {
    into.opens += other.opens;
    into.failed += other.failed;
    into.writes += other.writes;
  }

  // Sums for each node and all below it, of what the filters let through.
  function measure(tree, parents, query, exe) {
    const n = parents.length;
    const sums = Array.from({ length: n }, nothing);
    const matches = new Array(n).fill(true);
    const wanted = query.toLowerCase();
    for (let i = 0; i < n; i++)
      matches[i] = !wanted || (i > 0 && matches[parents[i]]) || tree.paths[i].toLowerCase().includes(wanted);
    for (let i = n - 1; i >= 0; i--) {
      for (const fact of matches[i] ? tree.facts[i] : [])
        if (exe === null || fact.exe === exe) count(sums[i], fact);
      if (i) add(sums[parents[i]], sums[i]);
    }
    return { sums, matches };
  }

  // --- state --------------------------------------------------------------------

  const state = { container: 0, tab: "files", query: "", exe: null, error: null, sort: {}, open: new Set(), rows: new Map() };
  const DEFAULT_SORT = {
    files: ["opens", -1],
    failed: ["count", -1],
    written: ["count", -1],
    exes: ["opens", -1],
  };
  let tree, view;

  const current = () => data.containers[state.container];

  function remember() {
    const hash = new URLSearchParams();
    hash.set("c", state.container);
    hash.set("tab", state.tab);
    if (state.query) hash.set("q", state.query);
    try {
      history.replaceState(null, "", "#" + hash);
    } catch {
      // some browsers refuse it for files: nothing is lost
    }
  }

  function recall() {
    const hash = new URLSearchParams(location.hash.slice(1));
    const container = Number(hash.get("c"));
    if (Number.isInteger(container) && data.containers[container]) state.container = container;
    if (hash.get("tab") in DEFAULT_SORT) state.tab = hash.get("tab");
    state.query = hash.get("q") || "";
  }

  // --- the head and the notices ---------------------------------------------------

  const scale = {
    first: (data.scale[0] * 2 ** data.scale[2]) / 1e6,
    width: 2 ** data.scale[2] / 1e6,
    bars: data.scale[1] - data.scale[0] + 1,
  };

  function drawHead() {
    const times = data.containers.filter((c) => c.last_ms);
    const opens = data.containers.reduce((n, c) => n + c.opens, 0);
    const text = [plural(opens, "open") + " of " + plural(data.containers.length, "container")];
    if (times.length) {
      const first = Math.min(...times.map((c) => c.first_ms));
      const last = Math.max(...times.map((c) => c.last_ms));
      const end = day(first) === day(last) ? clock(last) : `${day(last)} ${clock(last)}`;
      text.push(`${day(first)} ${clock(first)} to ${end} UTC`, duration(last - first));
    }
    $("span").textContent = text.join("  ·  ");
    document.title = `ctrace report: ${data.containers.slice(0, 3).map((c) => visible(c.title)).join(", ")}`;
    $("about").textContent =
      `Made by ctrace ${data.version} on ${day(data.made_ms)} ${clock(data.made_ms)} UTC from ` +
      `${data.sources.map(visible).join(", ")} (${plural(data.lines, "line")}).`;
  }

  const REASONS = {
    ring_full: (n) => `${plural(n, "open was", "opens were")} lost because the reader of the events did not keep up`,
    map_full: (n) => `${plural(n, "cgroup was", "cgroups were")} not traced because the filter was full`,
    skipped: (n) => `${plural(n, "run")} of the tracer, on the whole host, ${n === 1 ? "was" : "were"} left out by the kernel`,
    other: (n) => `${number(n)} lost for another reason`,
  };

  function notice(kind, head, text) {
    $("notices").append(make("p", { className: "notice " + kind, role: "note" }, make("b", {}, head), " " + text));
  }

  function drawNotices() {
    const lost = { ...data.lost };
    for (const c of data.containers) for (const [reason, n] of Object.entries(c.lost)) lost[reason] = (lost[reason] || 0) + n;
    if (sum(lost)) {
      const why = Object.entries(lost).map(([reason, n]) => (REASONS[reason] || REASONS.other)(n));
      const where = data.containers.filter((c) => sum(c.lost)).map((c) => visible(c.title));
      const who = where.length ? ` In: ${where.slice(0, 8).join(", ")}${where.length > 8 ? ", …" : ""}.` : "";
      notice("loss", "This report is incomplete.", `${why.join("; ")}.${who}`);
    }
    if (data.invalid)
      notice("", plural(data.invalid, "line") + " of the input", `${data.invalid === 1 ? "was" : "were"} not of ctrace and ${data.invalid === 1 ? "is" : "are"} not counted here.`);
    if (data.reached.containers)
      notice("", "More containers than are kept apart:", "the last ones seen are counted together as “all other containers”.");
    if (data.reached.files)
      notice("", "More files than are kept apart:", "further ones are counted as “more files” of their directory. All sums are exact.");
    if (data.reached.exes) notice("", "More executables than are kept apart:", "further ones are counted as “several executables”.");
    if (data.reached.facts)
      notice("", "More combinations than are kept apart:", "the sums of the containers are exact, those of files and executables may be too low.");
  }

  // --- containers -------------------------------------------------------------------

  function drawContainers() {
    const key = $("container-sort").value;
    const wanted = $("container-search").value.toLowerCase();
    const most = Math.max(1, ...data.containers.map((c) => c.opens));
    const value = (c) => (key === "lost" ? sum(c.lost) : c[key]);
    const order = data.containers.map((_, i) => i).filter((i) => data.containers[i].title.toLowerCase().includes(wanted));
    order.sort((a, b) => {
      const x = value(data.containers[a]), y = value(data.containers[b]);
      return typeof x === "string" ? x.localeCompare(y) : y - x || a - b;
    });
    $("containers").replaceChildren(...order.map((i) => make("li", {}, containerButton(i, most))));
  }

  function containerButton(i, most) {
    const c = data.containers[i];
    const lost = sum(c.lost);
    const name = c.labels.container || c.labels.name || c.title;
    const sub = c.labels.pod || c.labels.image || c.labels.runtime || (c.labels.id || "").slice(0, 12) || "no runtime known";
    const bad = lost ? `${number(lost)} lost` : c.failed ? `${number(c.failed)} failed` : "";
    const fine = make("i"), fail = make("i", { className: "fail" });
    fine.style.width = `${((c.opens - c.failed) / most) * 100}%`;
    fail.style.width = `${(c.failed / most) * 100}%`;
    const button = make(
      "button",
      { type: "button", className: "container", title: visible(c.title) },
      make("span", { className: "name" }, visible(name)),
      make("span", { className: "count" }, number(c.opens)),
      make("span", { className: "sub" }, visible(sub)),
      make("span", { className: "bad" }, bad),
      make("span", { className: "meter" }, fine, fail)
    );
    button.dataset.container = i;
    button.setAttribute("aria-current", i === state.container);
    button.addEventListener("click", () => chooseContainer(i));
    return button;
  }

  function chooseContainer(i) {
    Object.assign(state, { container: i, exe: null, error: null, open: new Set(), rows: new Map() });
    for (const button of document.querySelectorAll(".container"))
      button.setAttribute("aria-current", Number(button.dataset.container) === i);
    tree = unpack(current());
    drawSummary();
    drawTimeline();
    drawTabs();
    drawView(true);
  }

  function drawSummary() {
    const c = current(), l = c.labels;
    $("title").textContent = visible(c.title);
    const labels = [
      ["image", l.image], ["namespace", l.namespace], ["pod", l.pod], ["container", l.container],
      ["name", l.name === c.title || l.name === l.container ? undefined : l.name], ["runtime", l.runtime], ["node", l.node], ["id", l.id, true],
    ];
    $("labels").replaceChildren(
      ...labels.filter(([, value]) => value).map(([key, value, code]) => {
        const text = visible(value);
        const shown = code ? make("code", { title: text }, text.slice(0, 12)) : make("bdi", {}, text);
        return make("li", {}, make("span", {}, key), shown);
      })
    );
    const exes = new Set(), files = tree.facts.filter((facts) => facts.some((f) => !f.more)).length;
    for (const facts of tree.facts) for (const f of facts) if (f.exe !== EXE_OTHERS) exes.add(f.exe);
    const hidden = [...tree.more.values()].reduce((a, b) => a + b, 0);
    const percent = (n) => (c.opens ? `${((n / c.opens) * 100).toFixed(n && n / c.opens < 0.1 ? 1 : 0)} %` : "");
    const sums = [
      ["opens", c.opens, "", ""],
      ["failed", c.failed, percent(c.failed), c.failed ? "fail" : ""],
      ["for writing", c.writes, percent(c.writes), c.writes ? "write" : ""],
      ["files", files + hidden, "", ""],
      ["executables", exes.size, "", ""],
    ];
    if (sum(c.lost)) sums.push(["lost", sum(c.lost), "", "lost"]);
    $("sums").replaceChildren(
      ...sums.map(([name, n, small, kind]) =>
        make("div", { className: kind }, make("dt", {}, name), make("dd", {}, number(n), ...(small ? [make("small", {}, small)] : []))))
    );
  }

  // --- timeline -----------------------------------------------------------------------

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // Steps that people read clocks by.
  function tickStep(span) {
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3,
      1800e3, 3600e3, 7200e3, 4 * 3600e3, 12 * 3600e3, 86400e3, 7 * 86400e3, 30 * 86400e3, 365 * 86400e3];
    return steps.find((step) => span / step <= 8) || span;
  }

  function ticks(width, height) {
    const span = scale.bars * scale.width, step = tickStep(span), marks = [];
    for (let at = Math.ceil(scale.first / step) * step; at < scale.first + span; at += step) {
      const x = ((at - scale.first) / span) * width;
      if (x < 24 || x > width - 24) continue;
      marks.push(svg("line", { class: "grid", x1: x, x2: x, y1: 0, y2: height }));
      marks.push(svg("text", { x, y: height + 14, "text-anchor": "middle" }, step < 1000 ? clock(at, true) : step >= 86400e3 ? day(at) : clock(at).slice(0, step >= 60e3 ? 5 : 8)));
    }
    return marks;
  }

  const timeline = { bars: [], cursor: null, at: -1 };

  function drawTimeline() {
    const c = current(), box = $("timeline");
    const width = Math.max(200, box.clientWidth), height = 66;
    timeline.bars = Array.from({ length: scale.bars }, () => [0, 0, 0]);
    for (let i = 0; i < c.bars.length; i += 4) timeline.bars[c.bars[i]] = c.bars.slice(i + 1, i + 4);
    const most = Math.max(1, ...timeline.bars.map((bar) => bar[0]));
    const each = width / scale.bars, gap = each > 3 ? 1 : 0;
    let opens = "", failed = "";
    timeline.bars.forEach(([all, bad], i) => {
      const h = (all / most) * height, hb = (bad / most) * height, w = Math.max(0.5, each - gap);
      if (all) opens += `M${(i * each).toFixed(2)} ${(height - h).toFixed(2)}h${w.toFixed(2)}v${(h - hb).toFixed(2)}h${(-w).toFixed(2)}z`;
      if (bad) failed += `M${(i * each).toFixed(2)} ${(height - hb).toFixed(2)}h${w.toFixed(2)}V${height}h${(-w).toFixed(2)}z`;
    });
    timeline.cursor = svg("rect", { class: "cursor", y: 0, height, width: Math.max(2, each), visibility: "hidden" });
    const drawing = svg("svg", { viewBox: `0 0 ${width} 84`, preserveAspectRatio: "none", "aria-hidden": "true" });
    drawing.append(...ticks(width, height), svg("path", { class: "opens", d: opens }), svg("path", { class: "failed", d: failed }),
      svg("line", { class: "grid", x1: 0, x2: width, y1: height + 0.5, y2: height + 0.5 }), timeline.cursor);
    box.replaceChildren(drawing);
    const peak = timeline.bars.findIndex((bar) => bar[0] === most);
    timeline.rest = peak < 0 ? "" : `${duration(scale.width)} a bar; at most ${plural(most, "open")}, at ${clock(scale.first + peak * scale.width)}`;
    box.setAttribute("aria-label", `Opens over time. ${timeline.rest}. The arrow keys go from bar to bar.`);
    pointAt(-1);
  }

  function pointAt(i) {
    timeline.at = i;
    const says = $("timeline-says");
    const key = (kind, text) => [make("span", { className: "key " + kind }), text];
    if (i < 0 || i >= scale.bars) {
      timeline.cursor.setAttribute("visibility", "hidden");
      says.replaceChildren(...key("", "opens"), ...key("fail", "of which failed"), timeline.rest ? `   ·   ${timeline.rest}` : "");
      return;
    }
    const [all, bad, writes] = timeline.bars[i];
    timeline.cursor.setAttribute("x", i * ($("timeline").clientWidth / scale.bars));
    timeline.cursor.setAttribute("visibility", "visible");
    says.textContent = `${clock(scale.first + i * scale.width, scale.width < 1000)}: ${plural(all, "open")}, ${number(bad)} failed, ${number(writes)} for writing`;
  }

  function watchTimeline() {
    const box = $("timeline");
    box.addEventListener("pointermove", (event) => {
      const place = box.getBoundingClientRect();
      pointAt(Math.floor(((event.clientX - place.left) / place.width) * scale.bars));
    });
    box.addEventListener("pointerleave", () => pointAt(-1));
    box.addEventListener("blur", () => pointAt(-1));
    box.addEventListener("keydown", (event) => {
      const to = { ArrowRight: timeline.at + 1, ArrowLeft: timeline.at - 1, Home: 0, End: scale.bars - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      pointAt(Math.min(scale.bars - 1, Math.max(0, to)));
    });
    window.addEventListener("resize", drawTimeline);
  }

  // --- tables ------------------------------------------------------------------------------

  const sortOf = (tab) => state.sort[tab] || DEFAULT_SORT[tab];

  function compare(tab) {
    const [key, way] = sortOf(tab);
    return (a, b) => {
      const x = a[key], y = b[key];
      const d = typeof x === "string" ? x.localeCompare(y) : x - y;
      return d * way || a.index - b.index;
    };
  }

  function heading(tab, columns) {
    const [key, way] = sortOf(tab);
    const cells = columns.map(({ key: k, title, kind = "", text }) => {
      const button = make("button", { type: "button" }, title);
      const cell = make("th", { scope: "col", className: kind }, button);
      if (k === key) cell.setAttribute("aria-sort", way < 0 ? "descending" : "ascending");
      button.addEventListener("click", () => {
        const first = text ? 1 : -1;
        state.sort[tab] = [k, k === key ? -way : first];
        drawView();
        $("panel").querySelectorAll("th button")[columns.findIndex((c) => c.key === k)].focus();
      });
      return cell;
    });
    return make("thead", {}, make("tr", { role: "row" }, ...cells));
  }

  function columnsOf(columns) {
    return make("colgroup", {}, ...columns.map(({ width = "", kind = "" }) =>
      make("col", { className: `${width} ${kind.includes("wide") ? "wide" : ""}` })));
  }

  function numberCell(n, kind = "") {
    return make("td", { className: `num ${n ? kind : "zero"}`, role: "gridcell" }, number(n));
  }

  // A bar for the share of the whole, of which a part is drawn in the colour of trouble.
  function barCell(n, bad, whole, kind) {
    const bar = make("i", { ariaHidden: "true" });
    const part = (share, className) => {
      if (!share) return;
      const piece = make("b", { className });
      piece.style.width = `${(share / (whole || 1)) * 100}%`;
      bar.append(piece);
    };
    part(n - bad, kind || "");
    part(bad, "fail");
    return make("td", { className: `num bar ${n ? "" : "zero"}`, role: "gridcell" }, bar, number(n));
  }

  // Directory and name, told apart by their weight.
  function wholePath(path) {
    const text = visible(path), slash = text.lastIndexOf("/");
    return make("bdi", { className: "whole" }, make("span", { className: "dir" }, text.slice(0, slash + 1)),
      make("span", { className: "file" }, text.slice(slash + 1)));
  }

  // --- files: a tree ---------------------------------------------------------------------------

  const FILE_COLUMNS = [
    { key: "name", title: "File", text: true },
    { key: "opens", title: "Opens", kind: "num", width: "col-bar" },
    { key: "failed", title: "Failed", kind: "num", width: "col-num" },
    { key: "writes", title: "For writing", kind: "num wide", width: "col-num" },
  ];

  const isDirectory = (i) => tree.children[i].length > 0 || tree.more.has(i) || tree.facts[i].some((f) => f.more);

  // A row: a node, what executables did with a file, or what a directory has more.
  function nodeRow(i, level, parent) {
    const own = view.sums[i];
    let name = parent === 0 ? GROUPS[current().names[i]] : current().names[i];
    let at = i;
    // directories with nothing but one directory in them take one row
    while (parent !== 0 && tree.children[at].length === 1 && !tree.facts[at].length && isDirectory(tree.children[at][0])) {
      at = tree.children[at][0];
      name += "/" + current().names[at];
    }
    const kind = parent === 0 && current().names[i] !== "/" ? "group" : "node";
    return { id: `n${at}`, kind, index: at, level, name, path: tree.paths[at], directory: isDirectory(at), ...own };
  }

  function moreRow(i, level) {
    const sums = nothing(), files = tree.more.get(i);
    for (const f of tree.facts[i]) if (f.more && (state.exe === null || f.exe === state.exe)) count(sums, f);
    if (!sums.opens || !view.matches[i]) return [];
    const name = files ? plural(files, "more file") + ", not shown one by one" : "more files, not kept apart";
    return [{ id: `m${i}`, kind: "more", index: i, level, name, path: tree.paths[i], last: true, ...sums }];
  }

  // Who opened it, and with what result.
  function byRows(i, level) {
    const by = new Map();
    if (!view.matches[i]) return [];
    for (const f of tree.facts[i]) {
      if (f.more || (state.exe !== null && f.exe !== state.exe)) continue;
      const row = by.get(f.exe) || { id: `b${i}-${f.exe}`, kind: "by", index: f.exe, level, errors: new Map(), access: 0, ...nothing() };
      count(row, f);
      if (f.error) row.errors.set(f.error, (row.errors.get(f.error) || 0) + f.count);
      row.access |= f.access;
      by.set(f.exe, row);
    }
    return [...by.values()].map((row) => ({ ...row, name: exeName(row.index) })).sort(compare("files"));
  }

  function childRows(row) {
    const i = row.index, level = row.level + 1;
    const rows = tree.children[i].filter((child) => view.sums[child].opens).map((child) => nodeRow(child, level, i));
    rows.sort(compare("files"));
    return [...byRows(i, level), ...rows, ...moreRow(i, level)];
  }

  const isOpenable = (row) => row.kind === "node" || row.kind === "group";

  // Rows from the root down, through what is open.
  function treeRows() {
    const rows = [], limit = (row) => state.rows.get(row.id) || PAGE_OF_ROWS;
    const put = (row) => {
      rows.push(row);
      if (!isOpenable(row) || !state.open.has(row.id)) return;
      const children = childRows(row), shown = children.slice(0, limit(row));
      shown.forEach(put);
      if (children.length > shown.length)
        rows.push({ kind: "page", level: row.level + 1, parent: row, left: children.length - shown.length, id: `p${row.id}` });
    };
    const top = tree.children[0].filter((i) => view.sums[i].opens).map((i) => nodeRow(i, 1, 0));
    top.sort(compare("files"));
    top.forEach(put);
    return rows;
  }

  // At first as much is open as a screen shows, the heaviest first.
  function openHeaviest(room) {
    const queue = tree.children[0].filter((i) => view.sums[i].opens).map((i) => nodeRow(i, 1, 0));
    while (queue.length) {
      queue.sort((a, b) => b.opens - a.opens);
      const row = queue.shift();
      if (!row.directory) continue;
      const children = childRows(row);
      if (row.level > 1 && children.length > Math.min(room, 14)) continue;
      room -= children.length;
      if (room < 0 && row.level > 1) break;
      state.open.add(row.id);
      queue.push(...children.filter((child) => child.kind === "node"));
    }
  }

  // A filter opens the way down to what it finds.
  function openMatches(room) {
    const open = (row) => {
      if (!row.directory || room <= 0) return;
      if (view.matches[row.index] && row.level > 1) return;
      state.open.add(row.id);
      const children = childRows(row);
      room -= children.length;
      children.filter((child) => child.kind === "node").forEach(open);
    };
    tree.children[0].filter((i) => view.sums[i].opens).map((i) => nodeRow(i, 1, 0)).forEach(open);
  }

  const ACCESS = [[READ, "read"], [WRITE, "write"], [CREATE, "create"], [EXECUTE, "execute"], [PATH, "path only"], [TEMPORARY, "temporary"]];
  const accessText = (access) => ACCESS.filter(([bit]) => access & bit).map(([, word]) => word).join(", ");

  function nameCell(row) {
    const cell = make("td", { className: "path", role: "gridcell" });
    const level = make("span", { className: "level" });
    level.style.width = `${(row.level - 1) * 18}px`;
    const twist = make("span", { className: "twist", ariaHidden: "true" }, isOpenable(row) ? (state.open.has(row.id) ? "▼" : "▶") : "");
    const text = make("bdi", {}, visible(row.name), row.directory && row.name !== "/" && row.kind === "node" ? make("span", { className: "dir" }, "/") : "");
    cell.append(level, twist, text);
    if (row.kind === "by") {
      const access = accessText(row.access);
      if (access) cell.append(make("span", { className: "tag mild" }, access));
      for (const [error, n] of row.errors) cell.append(make("span", { className: "tag" }, `${errorName(error)} ${number(n)}`));
    }
    cell.title = visible(row.path || row.name);
    return cell;
  }

  function pageRow(row) {
    const button = make("button", { type: "button", className: "show-more" }, `Show ${number(Math.min(PAGE_OF_ROWS, row.left))} of ${number(row.left)} more`);
    const level = make("span", { className: "level" });
    level.style.width = `${row.level * 18 - 2}px`;
    button.addEventListener("click", () => {
      state.rows.set(row.parent.id, (state.rows.get(row.parent.id) || PAGE_OF_ROWS) + PAGE_OF_ROWS);
      drawView();
    });
    return make("tr", { role: "row" }, make("td", { colSpan: FILE_COLUMNS.length, role: "gridcell" }, level, button));
  }

  function treeRow(row) {
    if (row.kind === "page") return pageRow(row);
    const tr = make("tr", { role: "row", className: row.kind, tabIndex: -1 }, nameCell(row),
      barCell(row.opens, row.failed, view.sums[0].opens), numberCell(row.failed, "fail"), numberCell(row.writes, "write"));
    tr.lastChild.classList.add("wide");
    tr.setAttribute("aria-level", row.level);
    tr.dataset.row = row.id;
    if (isOpenable(row)) {
      tr.setAttribute("aria-expanded", state.open.has(row.id));
      tr.addEventListener("click", () => toggle(row.id));
    }
    return tr;
  }

  function toggle(id, open = !state.open.has(id)) {
    if (open) state.open.add(id);
    else state.open.delete(id);
    drawView();
    focusRow(id);
  }

  function drawFiles() {
    const rows = treeRows();
    const body = make("tbody", {}, ...rows.map(treeRow));
    const first = body.querySelector("tr[data-row]");
    if (first) first.tabIndex = 0;
    const table = make("table", { className: "grid-table", role: "treegrid", id: "tree" }, columnsOf(FILE_COLUMNS), heading("files", FILE_COLUMNS), body);
    table.setAttribute("aria-label", "Files by directory");
    return [table, rows.length ? "" : "Nothing matches the filter."];
  }

  // --- failures, writes, executables: flat -------------------------------------------------------

  function flat(tab, columns, rows, cells) {
    rows.forEach((row, index) => (row.index ??= index));
    rows.sort(compare(tab));
    const limit = state.rows.get(tab) || PAGE_OF_ROWS, shown = rows.slice(0, limit);
    const body = make("tbody", {}, ...shown.map((row) => {
      const tr = make("tr", { tabIndex: -1, role: "row" }, ...cells(row));
      tr.dataset.row = `${tab}${row.index}`;
      return tr;
    }));
    if (body.firstChild) body.firstChild.tabIndex = 0;
    const table = make("table", { className: "grid-table", role: "grid" }, columnsOf(columns), heading(tab, columns), body);
    table.setAttribute("aria-label", TABS[tab]);
    if (shown.length < rows.length) {
      const button = make("button", { type: "button", className: "show-more" }, `Show ${number(Math.min(PAGE_OF_ROWS, rows.length - limit))} of ${number(rows.length - limit)} more`);
      button.addEventListener("click", () => {
        state.rows.set(tab, limit + PAGE_OF_ROWS);
        drawView();
      });
      body.append(make("tr", { role: "row" }, make("td", { colSpan: columns.length, role: "gridcell" }, button)));
    }
    return table;
  }

  // Facts that the filters let through, gathered by a key of theirs.
  function gather(wanted, keyOf) {
    const rows = new Map();
    tree.facts.forEach((facts, node) => {
      if (!view.matches[node]) return;
      for (const f of facts) {
        if (!wanted(f) || (state.exe !== null && f.exe !== state.exe)) continue;
        const key = keyOf(f, node);
        const row = rows.get(key) || { node, more: f.more, error: f.error, exe: f.exe, exes: new Map(), access: 0, count: 0, files: new Set(), ...nothing() };
        count(row, f);
        row.count += f.count;
        row.access |= f.access;
        row.exes.set(f.exe, (row.exes.get(f.exe) || 0) + f.count);
        if (!f.more) row.files.add(node);
        rows.set(key, row);
      }
    });
    return [...rows.values()];
  }

  function withPath(row) {
    const path = tree.paths[row.node];
    return { ...row, path: row.more ? `${path === "/" ? "" : path}/… more files` : path, who: whoText(row.exes) };
  }

  function whoText(exes) {
    const sorted = [...exes].sort((a, b) => b[1] - a[1]);
    const first = exeName(sorted[0][0]);
    return sorted.length > 1 ? `${first} and ${plural(sorted.length - 1, "other")}` : first;
  }

  function pathCell(row) {
    return make("td", { className: "path", role: "gridcell", title: visible(row.path) }, wholePath(row.path));
  }

  function whoCell(row) {
    const title = [...row.exes].map(([exe, n]) => `${exeName(exe)} ${number(n)}`).join("\n");
    return make("td", { className: "path wide", role: "gridcell", title }, row.who);
  }

  // How often each error, which can be picked.
  function errorChips() {
    const by = new Map();
    for (const row of gather((f) => f.error, (f) => f.error)) by.set(row.error, row.count);
    const chips = [...by].sort((a, b) => b[1] - a[1]).map(([error, n]) => {
      const chip = make("button", { type: "button" }, make("b", {}, errorName(error)), number(n));
      chip.setAttribute("aria-pressed", state.error === error);
      chip.addEventListener("click", () => {
        state.error = state.error === error ? null : error;
        drawView();
        $("panel").querySelector(`[data-error="${error}"]`).focus();
      });
      chip.dataset.error = error;
      return chip;
    });
    return make("div", { className: "errors", role: "group", ariaLabel: "Errors" }, ...chips);
  }

  function drawFailed() {
    const wanted = (f) => f.error && (state.error === null || f.error === state.error);
    const rows = gather(wanted, (f, node) => `${node} ${f.more} ${f.error}`).map((row) => ({ ...withPath(row), errorName: errorName(row.error) }));
    const most = Math.max(1, ...rows.map((row) => row.count));
    const columns = [
      { key: "path", title: "File", text: true },
      { key: "errorName", title: "Error", text: true, width: "col-error" },
      { key: "count", title: "Times", kind: "num", width: "col-bar" },
      { key: "who", title: "By", text: true, kind: "wide", width: "col-exe" },
    ];
    const table = flat("failed", columns, rows, (row) => [
      pathCell(row), make("td", { role: "gridcell" }, make("span", { className: "tag" }, row.errorName)),
      barCell(row.count, row.count, most), whoCell(row)]);
    return [make("div", {}, errorChips(), table), rows.length ? "" : "Nothing failed."];
  }

  function drawWritten() {
    const rows = gather((f) => !f.error && f.access & WRITES, (f, node) => `${node} ${f.more}`).map((row) => ({ ...withPath(row), how: accessText(row.access & ~READ) }));
    const most = Math.max(1, ...rows.map((row) => row.count));
    const columns = [
      { key: "path", title: "File", text: true },
      { key: "how", title: "How", text: true, width: "col-error" },
      { key: "count", title: "Times", kind: "num", width: "col-bar" },
      { key: "who", title: "By", text: true, kind: "wide", width: "col-exe" },
    ];
    const table = flat("written", columns, rows, (row) => [
      pathCell(row), make("td", { role: "gridcell" }, row.how), barCell(row.count, 0, most, "write"), whoCell(row)]);
    return [table, rows.length ? "" : "Nothing was opened for writing."];
  }

  function drawExes() {
    const rows = gather(() => true, (f) => f.exe).map((row) => ({ ...row, name: exeName(row.exe), fileCount: row.files.size }));
    const columns = [
      { key: "name", title: "Executable", text: true },
      { key: "opens", title: "Opens", kind: "num", width: "col-bar" },
      { key: "failed", title: "Failed", kind: "num", width: "col-num" },
      { key: "writes", title: "For writing", kind: "num wide", width: "col-num" },
      { key: "fileCount", title: "Files", kind: "num wide", width: "col-num" },
    ];
    const table = flat("exes", columns, rows, (row) => {
      const link = make("button", { type: "button", className: "link", title: "Show only its files" }, row.name);
      link.addEventListener("click", () => {
        state.exe = row.exe;
        state.tab = "files";
        drawTabs();
        drawView(true);
        $("exe-filter").focus();
      });
      const cells = [make("td", { className: "path", role: "gridcell" }, link), barCell(row.opens, row.failed, view.sums[0].opens),
        numberCell(row.failed, "fail"), numberCell(row.writes, "write"), numberCell(row.fileCount)];
      cells[3].classList.add("wide");
      cells[4].classList.add("wide");
      return cells;
    });
    return [table, rows.length ? "" : "Nothing matches the filter."];
  }

  // --- tabs and the view -----------------------------------------------------------------------------

  const TABS = { files: "Files", failed: "Failed", written: "Written", exes: "Executables" };
  const DRAW = { files: drawFiles, failed: drawFailed, written: drawWritten, exes: drawExes };

  function drawTabs() {
    const c = current();
    const counts = { failed: c.failed, written: c.writes };
    $("tabs").replaceChildren(...Object.entries(TABS).map(([tab, title]) => {
      const selected = tab === state.tab;
      const button = make("button", { type: "button", id: `tab-${tab}`, role: "tab", tabIndex: selected ? 0 : -1 }, title,
        ...(tab in counts ? [make("small", {}, number(counts[tab]))] : []));
      button.setAttribute("aria-selected", selected);
      button.setAttribute("aria-controls", "panel");
      button.addEventListener("click", () => chooseTab(tab));
      return button;
    }));
  }

  function chooseTab(tab) {
    state.tab = tab;
    drawTabs();
    drawView();
    $(`tab-${tab}`).focus();
  }

  function drawView(anew = false) {
    view = measure(tree, current().parents, state.query, state.exe);
    if (anew) {
      state.open = new Set();
      state.rows = new Map();
      if (state.query || state.exe !== null) openMatches(300);
      else openHeaviest(Math.max(12, Math.floor(window.innerHeight / 26) - 12));
    }
    const [table, empty] = DRAW[state.tab]();
    $("panel").replaceChildren(...(empty ? [make("p", { className: "empty" }, empty)] : [table]));
    $("panel").setAttribute("aria-labelledby", `tab-${state.tab}`);
    $("exe-filter").hidden = state.exe === null;
    $("exe-filter").textContent = state.exe === null ? "" : `by ${exeName(state.exe)}  ✕`;
    const shown = view.sums[0].opens;
    $("found").textContent = state.query || state.exe !== null ? `${plural(shown, "open")} of ${number(current().opens)} match.` : "";
    remember();
  }

  // --- keys ----------------------------------------------------------------------------------------------

  const rowsInPage = () => [...$("panel").querySelectorAll("tr[data-row]")];

  function focusElement(row) {
    if (!row) return;
    for (const other of rowsInPage()) other.tabIndex = -1;
    row.tabIndex = 0;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  const focusRow = (id) => focusElement(rowsInPage().find((row) => row.dataset.row === id));

  function parentRow(rows, at) {
    const level = Number(rows[at].getAttribute("aria-level"));
    for (let i = at - 1; i >= 0; i--) if (Number(rows[i].getAttribute("aria-level")) < level) return rows[i];
    return null;
  }

  function keyInRows(event) {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = rowsInPage(), at = rows.indexOf(row), open = row.getAttribute("aria-expanded");
    const go = (to) => focusElement(rows[Math.min(rows.length - 1, Math.max(0, to))]);
    const keys = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      PageDown: () => go(at + 15),
      PageUp: () => go(at - 15),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (open === "false" ? toggle(row.dataset.row, true) : open === "true" && go(at + 1)),
      ArrowLeft: () => (open === "true" ? toggle(row.dataset.row, false) : focusElement(parentRow(rows, at))),
      Enter: () => (open === null ? row.querySelector("button")?.click() : toggle(row.dataset.row)),
      " ": () => open !== null && toggle(row.dataset.row),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  function keyInTabs(event) {
    const names = Object.keys(TABS), at = names.indexOf(state.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chooseTab(names[(to + names.length) % names.length]);
  }

  function keyInContainers(event) {
    const buttons = [...document.querySelectorAll(".container")], at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
  }

  function keyInPage(event) {
    const typing = event.target.matches("input, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      $("search").focus();
      $("search").select();
    }
    if (event.key === "Escape" && (state.query || state.exe !== null || state.error !== null)) clearFilters();
  }

  function clearFilters() {
    state.query = $("search").value = "";
    state.exe = state.error = null;
    drawView(true);
  }

  // --- colours -----------------------------------------------------------------------------------------------

  function watchTheme() {
    const names = { "": "as the system", light: "light", dark: "dark" }, order = ["", "light", "dark"];
    let theme = "";
    const set = (to) => {
      theme = to in names ? to : "";
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      $("theme").textContent = { "": "◐ Auto", light: "○ Light", dark: "● Dark" }[theme];
      $("theme").setAttribute("aria-label", `Colours: ${names[theme]}`);
    };
    try {
      set(localStorage.getItem("ctrace-theme") || "");
    } catch {
      set("");
    }
    $("theme").addEventListener("click", () => {
      set(order[(order.indexOf(theme) + 1) % order.length]);
      try {
        localStorage.setItem("ctrace-theme", theme);
      } catch {
        // then it holds until the page is closed
      }
    });
  }

  // --- start ---------------------------------------------------------------------------------------------------

  function start() {
    watchTheme();
    recall();
    drawHead();
    drawNotices();
    if (!data.containers.length) {
      $("view").replaceChildren(make("p", { className: "empty" }, "There are no events of containers in this report."));
      return;
    }
    if (!location.hash) state.container = data.containers.reduce((best, c, i) => (c.opens > data.containers[best].opens ? i : best), 0);
    $("container-search").hidden = data.containers.length < 10;
    $("search").value = state.query;
    drawContainers();
    watchTimeline();
    chooseContainer(state.container);
    $("container-sort").addEventListener("change", drawContainers);
    $("container-search").addEventListener("input", drawContainers);
    let typing;
    $("search").addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        state.query = $("search").value;
        drawView(true);
      }, 120);
    });
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") focusElement(rowsInPage()[0]);
    });
    $("exe-filter").addEventListener("click", () => {
      state.exe = null;
      drawView(true);
      $("search").focus();
    });
    $("panel").addEventListener("keydown", keyInRows);
    $("tabs").addEventListener("keydown", keyInTabs);
    $("containers").addEventListener("keydown", keyInContainers);
    document.addEventListener("keydown", keyInPage);
  }

  start();
})();
