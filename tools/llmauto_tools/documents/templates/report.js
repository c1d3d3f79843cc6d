(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var root = document.documentElement;
  var card = document.getElementById("card");
  var button = document.getElementById("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var printing = false;

  function dark() {
    if (printing) { return false; }
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  // ---- charts

  var plots = document.querySelectorAll(".plot");
  function draw() {
    if (!window.vegaEmbed) { return Promise.resolve(); }
    var config = data.themes[dark() ? "dark" : "light"];
    return Promise.all(data.charts.map(function (spec, i) {
      var whole = Object.assign({ config: Object.assign({}, config, { background: "transparent" }) }, spec);
      return window.vegaEmbed(plots[i], whole, {
        mode: "vega-lite", renderer: "svg", ast: true,
        actions: { export: true, source: false, compiled: false, editor: false }
      });
    }));
  }
  draw().then(function () { root.dataset.drawn = "yes"; });

  // ---- light and dark

  function themed() { button.setAttribute("aria-pressed", String(dark())); draw(); }
  button.hidden = false;
  button.setAttribute("aria-pressed", String(dark()));
  button.addEventListener("click", function () { root.dataset.theme = dark() ? "light" : "dark"; themed(); });
  system.addEventListener("change", themed);
  window.addEventListener("beforeprint", function () {
    printing = true; draw();
    document.querySelectorAll(".record details").forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { printing = false; draw(); });

  // ---- a number's evidence

  function find(link) {
    var id = link.getAttribute("href").slice(1);
    var record = document.getElementById(id);
    if (!record) { return null; }
    var ref = link.dataset.ref;
    var cell = ref ? record.querySelector('[data-ref="' + CSS.escape(ref) + '"]') : null;
    return { record: record, cell: cell };
  }

  function part(record, cell, selector) {
    var group = cell && (cell.dataset.group || (cell.closest("[data-group]") || { dataset: {} }).dataset.group);
    return (group && record.querySelector(selector + '[data-group="' + CSS.escape(group) + '"]')) ||
      record.querySelector(selector);
  }

  function shortTable(table, cell) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var own = cell && cell.closest ? rows.indexOf(cell.closest("tr")) : -1;
    var from = Math.max(0, own - 2);
    var copy = table.cloneNode(false);
    copy.removeAttribute("data-group");
    copy.appendChild(table.tHead.cloneNode(true));
    var body = copy.appendChild(document.createElement("tbody"));
    rows.slice(from, from + 5).forEach(function (row) { body.appendChild(row.cloneNode(true)); });
    copy.querySelectorAll(".hit").forEach(function (hit) { hit.classList.remove("hit"); });
    copy.querySelectorAll("[data-ref]").forEach(function (td) {
      if (cell && td.dataset.ref === cell.dataset.ref) { td.classList.add("hit"); }
      td.removeAttribute("data-ref");
    });
    return copy;
  }

  function line(text, tag) {
    var element = document.createElement(tag || "p");
    element.textContent = text;
    return element;
  }

  function fill(found) {
    card.textContent = "";
    card.appendChild(line(found.record.querySelector("summary").textContent)).style.fontWeight = "600";
    var cell = found.cell;
    if (cell && cell.tagName === "DD") {
      card.appendChild(line(cell.previousElementSibling.textContent + " = " + cell.textContent));
    }
    var table = cell && cell.closest("table") || part(found.record, cell, "table");
    if (table) { card.appendChild(shortTable(table, cell)); }
    var sql = part(found.record, cell, "pre.sql");
    if (sql) { card.appendChild(line(sql.textContent, "pre")); }
  }

  function place(link) {
    var box = link.getBoundingClientRect();
    var own = card.getBoundingClientRect();
    var left = Math.min(box.left, window.innerWidth - own.width - 12);
    var above = box.bottom + own.height + 12 > window.innerHeight && box.top > own.height + 12;
    card.style.left = Math.max(8, left) + window.scrollX + "px";
    card.style.top = (above ? box.top - own.height - 6 : box.bottom + 6) + window.scrollY + "px";
  }

  var shownFor = null;
  function show(link) {
    var found = find(link);
    if (!found) { return; }
    fill(found);
    card.hidden = false;
    place(link);
    shownFor = link;
    link.setAttribute("aria-describedby", "card");
  }
  function hide() {
    card.hidden = true;
    if (shownFor) { shownFor.removeAttribute("aria-describedby"); shownFor = null; }
  }
  function numberOf(event) { return event.target.closest ? event.target.closest("a.n") : null; }
  document.addEventListener("mouseover", function (e) { var a = numberOf(e); if (a) { show(a); } });
  document.addEventListener("mouseout", function (e) { if (numberOf(e)) { hide(); } });
  document.addEventListener("focusin", function (e) { var a = numberOf(e); if (a) { show(a); } else { hide(); } });
  document.addEventListener("keydown", function (e) { if (e.key === "Escape") { hide(); } });

  function open(record, cell) {
    document.querySelectorAll(".record .hit").forEach(function (hit) { hit.classList.remove("hit"); });
    record.querySelector("details").open = true;
    var target = cell || record;
    if (cell) { cell.classList.add("hit"); }
    target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  }
  document.addEventListener("click", function (e) {
    var link = e.target.closest ? e.target.closest('a[href^="#ev-"]') : null;
    if (!link) { return; }
    var found = find(link);
    if (!found) { return; }
    e.preventDefault();
    hide();
    history.pushState(null, "", link.getAttribute("href"));
    open(found.record, found.cell);
  });
  function fromHash() {
    var record = /^#ev-/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (record) { open(record, null); }
  }
  window.addEventListener("hashchange", fromHash);
  fromHash();
})();
