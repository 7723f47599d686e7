// Charts that answer. The server draws a chart; here it is put into the page, where it has
// the page's font and theme, and each mark tells its exact figure to whoever points at it,
// touches it, or walks there with the arrow keys.
(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const words = document.body.dataset;
  const drawn = new Map(); // address → drawing; a message that is replaced shows its chart at once
  const maxDrawn = 40, narrow = 460, reach = 28;
  const attribute = (el, name) => el.getAttribute("data-" + name) || "";

  // ---- drawing

  function address(box) {
    const theme = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
    return box.dataset.chart + "&size=" + (box.dataset.size || (box.clientWidth < narrow ? "narrow" : "pane")) + "&theme=" + theme;
  }

  async function draw(box) {
    const at = address(box);
    if (box.shows === at || !box.isConnected) return;
    box.shows = at;
    let text = drawn.get(at);
    if (!text) {
      try {
        const response = await fetch(at, { headers: { Accept: "image/svg+xml" } });
        if (!response.ok) throw new Error("status " + response.status);
        text = await response.text();
      } catch {
        if (box.shows === at) fail(box);
        return;
      }
      drawn.set(at, text);
      if (drawn.size > maxDrawn) drawn.delete(drawn.keys().next().value);
    }
    if (box.shows === at) put(box, text);
  }

  // fail says in words what the picture would have shown.
  function fail(box) {
    box.shows = "";
    box.classList.add("failed");
  }

  function put(box, text) {
    const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    if (svg.localName !== "svg" || svg.querySelector("parsererror")) return fail(box);
    const focused = [...box.querySelectorAll(".mark")].indexOf(document.activeElement);
    hide();
    enliven(svg);
    box.replaceChildren(svg);
    box.classList.remove("failed");
    if (focused >= 0) svg.marks[Math.min(focused, svg.marks.length - 1)].focus({ preventScroll: true });
  }

  // enliven makes the marks something to point at. Their titles become labels: browsers
  // would show a title of their own above ours.
  function enliven(svg) {
    svg.marks = [...svg.querySelectorAll(".mark")];
    for (const title of svg.querySelectorAll("title")) {
      const of = title.parentNode;
      if (of.classList.contains("mark")) of.setAttribute("aria-label", title.textContent);
      if (of.localName !== "text" || of.classList.contains("mark")) title.remove();
    }
    if (!svg.marks.length) return;
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-description", words.chartKeys);
    svg.marks.forEach((mark, i) => {
      mark.setAttribute("role", "img");
      mark.setAttribute("tabindex", i ? "-1" : "0");
    });
    svg.points = svg.marks.some((m) => m.getAttribute("fill-opacity") === "0");
    svg.addEventListener("pointermove", (e) => point(svg, e));
    svg.addEventListener("pointerdown", (e) => point(svg, e));
    svg.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") settle(svg); });
    svg.addEventListener("focusin", (e) => { if (e.target.matches(".mark:focus-visible")) show(svg, e.target); });
    svg.addEventListener("focusout", hide);
    svg.addEventListener("keydown", (e) => walk(svg, e));
  }

  // ---- which mark

  // places are where the marks are, in the drawing's own units.
  function places(svg) {
    svg.places ??= svg.marks.map((mark) => {
      const b = mark.getBBox();
      return { mark, x: b.x + b.width / 2, y: b.y + b.height / 2, w: b.width, h: b.height };
    });
    return svg.places;
  }

  const least = (list, cost) => list.reduce((best, p) => {
    const c = cost(p);
    return c < best.cost ? { cost: c, p } : best;
  }, { cost: Infinity, p: null });

  const outside = (at, middle, size) => Math.max(0, Math.abs(at - middle) - size / 2);

  // under returns the mark at a place: the one there; where marks stand side by side,
  // the nearest across the whole plot, so that a sliver of a bar can be reached.
  function under(svg, e) {
    const hit = e.target.closest(".mark");
    if (hit && !svg.points) return hit;
    const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const along = attribute(svg, "along");
    if (!along) {
      const near = least(places(svg), (p) => Math.max(p.w, p.h) > reach ? Infinity : Math.hypot(at.x - p.x, at.y - p.y));
      return near.cost < reach ? near.p.mark : null;
    }
    const [x, y, w, h] = attribute(svg, "plot").split(" ").map(Number);
    if (outside(at.x, x + w / 2, w) > reach || outside(at.y, y + h / 2, h) > reach / 2) return null;
    const far = 1e4; // first along the axis, then across it
    const near = along === "x"
      ? least(places(svg), (p) => (svg.points ? Math.abs(at.x - p.x) : outside(at.x, p.x, p.w)) * far + outside(at.y, p.y, p.h))
      : least(places(svg), (p) => outside(at.y, p.y, p.h) * far + outside(at.x, p.x, p.w));
    return near.p && near.p.mark;
  }

  function point(svg, e) {
    if (e.pointerType === "mouse" && e.buttons && e.type === "pointermove") return; // selecting text
    const mark = under(svg, e);
    if (mark) show(svg, mark); else settle(svg);
  }

  // settle goes back to the mark that has the focus, if any.
  function settle(svg) {
    const focused = svg.querySelector(".mark:focus-visible");
    if (focused) show(svg, focused); else hide();
  }

  // ---- the arrow keys

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function walk(svg, e) {
    const from = places(svg).find((p) => p.mark === e.target);
    if (!from || e.altKey || e.ctrlKey || e.metaKey) return;
    let to = null;
    if (e.key === "Home") to = svg.places[0];
    else if (e.key === "End") to = svg.places[svg.places.length - 1];
    else if (steps[e.key]) to = next(svg, from, ...steps[e.key]);
    else return;
    e.preventDefault();
    if (!to || to === from) return;
    from.mark.setAttribute("tabindex", "-1");
    to.mark.setAttribute("tabindex", "0");
    to.mark.focus({ preventScroll: true });
  }

  // next is the mark beside another. Along the axis a walk stays with its series, across
  // it with its place. Marks that stand in no order are walked one after the other.
  function next(svg, from, dx, dy) {
    const along = attribute(svg, "along");
    const of = (p, name) => attribute(p.mark, name);
    let among = svg.places;
    if (along) {
      const same = (along === "x") === (dx !== 0) ? "name" : "place";
      among = among.filter((p) => of(p, same) === of(from, same));
    } else if (!of(from, "name") || !of(from, "place")) {
      return svg.places[svg.places.indexOf(from) + dx + dy];
    }
    const ahead = (p) => dx * (p.x - from.x) + dy * (p.y - from.y);
    return least(among, (p) => ahead(p) < 0.5 ? Infinity : ahead(p) + 4 * Math.abs(dx ? p.y - from.y : p.x - from.x) * (along ? 0 : 1)).p;
  }

  // ---- the tip

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the marks have labels
  document.body.append(tip);
  let shown = null; // the mark that is told

  function element(name, className, text) {
    const el = document.createElement(name);
    el.className = className;
    el.textContent = text;
    return el;
  }

  function row(mark, active) {
    const r = element("div", active ? "row on" : "row", "");
    const name = attribute(mark, "name");
    const key = element("span", "key", "");
    key.style.background = mark.localName === "text" ? "none" : mark.getAttribute("fill");
    r.append(key);
    if (name) r.append(element("span", "name", name));
    r.append(element("span", "figure", attribute(mark, "figure")));
    return r;
  }

  const maxRows = 10;

  function show(svg, mark) {
    if (shown === mark) return;
    hide();
    shown = mark;
    const place = attribute(mark, "place");
    let rows = [mark];
    if (attribute(svg, "along") && place) {
      const there = svg.marks.filter((m) => attribute(m, "place") === place);
      if (there.length <= maxRows) rows = there;
    }
    tip.replaceChildren(...(place ? [element("div", "place", place)] : []), ...rows.map((m) => row(m, rows.length > 1 && m === mark)));
    mark.classList.add("active");
    if (svg.points) cross(svg, mark);
    tip.hidden = false;
    stand(svg, mark.getBoundingClientRect());
  }

  // stand puts the tip above a mark; in a chart of points beside it, or it would hide the
  // other lines.
  function stand(svg, at) {
    const size = tip.getBoundingClientRect(), gap = 12, edge = 8;
    let left = at.left + at.width / 2 - size.width / 2, top = at.top - size.height - gap;
    if (svg.points) {
      left = at.right + gap + size.width < innerWidth - edge ? at.right + gap : at.left - gap - size.width;
      top = at.top + at.height / 2 - size.height / 2;
    } else if (top < edge) {
      top = at.bottom + gap;
    }
    tip.style.left = Math.min(Math.max(left, edge), innerWidth - size.width - edge) + "px";
    tip.style.top = Math.min(Math.max(top, edge), innerHeight - size.height - edge) + "px";
  }

  // cross marks a point and leads to its place on the axis.
  function cross(svg, mark) {
    const [, y, , h] = attribute(svg, "plot").split(" ").map(Number);
    const b = mark.getBBox(), x = b.x + b.width / 2;
    const part = (name, attributes) => {
      const el = document.createElementNS(svg.namespaceURI, name);
      for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
      return el;
    };
    const g = part("g", { class: "cross" });
    g.append(part("path", { d: `M${x} ${y}V${y + h}` }), part("circle", { cx: x, cy: b.y + b.height / 2, r: 5, fill: mark.getAttribute("fill") }));
    svg.append(g);
  }

  function hide() {
    if (!shown) return;
    shown.classList.remove("active");
    const line = shown.ownerSVGElement.querySelector(".cross");
    if (line) line.remove();
    shown = null;
    tip.hidden = true;
  }

  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("pointerdown", (e) => { if (!e.target.closest(".chart svg")) hide(); });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !shown) return;
    e.stopImmediatePropagation(); // the tip goes, not the thread
    hide();
  }, { capture: true });

  // ---- which charts

  // A chart is drawn when it is about to be seen, and again when its width or the theme
  // asks for another drawing.
  const near = new IntersectionObserver((seen) => {
    for (const s of seen) {
      if (!s.isIntersecting) continue;
      near.unobserve(s.target);
      sizes.observe(s.target);
    }
  }, { rootMargin: "400px", scrollMargin: "400px" });
  const sizes = new ResizeObserver((changed) => changed.forEach((c) => { if (c.target.clientWidth) draw(c.target); }));
  dark.addEventListener("change", () => document.querySelectorAll("[data-chart]").forEach((box) => { if (box.shows) draw(box); }));

  function meet(root) {
    for (const box of root.querySelectorAll("[data-chart]")) {
      const plain = box.querySelector("noscript");
      if (plain) plain.remove(); // what came after the page was parsed has live pictures in it
      if (drawn.has(address(box))) draw(box);
      near.observe(box);
    }
  }

  new MutationObserver((changes) => {
    for (const c of changes) c.addedNodes.forEach((n) => { if (n.nodeType === Node.ELEMENT_NODE && n.querySelector("[data-chart]")) meet(n); });
    if (shown && !shown.isConnected) {
      shown = null;
      tip.hidden = true;
    }
  }).observe(document.body, { childList: true, subtree: true });
  meet(document.body);
})();
