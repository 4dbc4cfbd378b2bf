// The report's only behaviour of its own: the screen map, sorting, filtering. All of it works without a network.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const MARK_PX = 24;
  const DASHES = { valid: null, invalid: "9 5", not_driven: "1.5 6" };
  const style = getComputedStyle(document.documentElement);
  const COLOURS = {
    valid: style.getPropertyValue("--valid").trim(),
    invalid: style.getPropertyValue("--invalid").trim(),
    not_driven: style.getPropertyValue("--not-driven").trim(),
  };

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  // --- table: sort and filter ---
  const table = document.getElementById("findings-table");
  const filters = document.getElementById("filters");
  let onFilter = () => {};

  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === "") return 1;
    if (b === "") return -1;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };

  const sortBy = (header) => {
    const column = header.cellIndex;
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const key = (row) => row.cells[column].dataset.v;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const order = compare(x, y);
      const missing = x === "" || y === "";
      return (down && !missing ? -order : order) || Number(a.dataset.number) - Number(b.dataset.number);
    });
    body.append(...rows);
  };

  const applyFilters = () => {
    const wanted = [...filters.querySelectorAll("select")].filter((one) => one.value !== "");
    const shown = new Set();
    for (const row of table.tBodies[0].rows) {
      const visible = wanted.every((one) => row.dataset[one.dataset.filter] === one.value);
      row.hidden = !visible;
      document.getElementById(`finding-${row.dataset.number}`).hidden = !visible;
      if (visible) shown.add(Number(row.dataset.number));
    }
    const all = table.tBodies[0].rows.length;
    const words = all === 1 ? "finding" : "findings";
    document.getElementById("shown").textContent = wanted.length ? `${shown.size} of ${all} ${words} shown` : `${all} ${words}`;
    onFilter(shown);
  };

  if (table) {
    for (const header of table.tHead.rows[0].cells) {
      const button = element("button", header.textContent, { type: "button" });
      button.addEventListener("click", () => sortBy(header));
      // Chromium doesn't repeat buttons in the table's head on each printed page, but words it does.
      header.replaceChildren(button, element("span", header.textContent, { class: "on-paper", "aria-hidden": "true" }));
    }
    filters.hidden = false;
    filters.addEventListener("change", applyFilters);
    filters.addEventListener("reset", () => setTimeout(applyFilters));
    filters.addEventListener("submit", (event) => event.preventDefault());
  }

  // --- a link to a finding that a filter hides shows it again ---
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#finding-']");
    const card = link && document.getElementById(link.getAttribute("href").slice(1));
    if (card && card.hidden) {
      filters.reset();
      card.hidden = false;
    }
  });

  // --- screen map ---
  const dataElement = document.getElementById("map-data");
  if (!dataElement || typeof L === "undefined") return;
  const data = JSON.parse(dataElement.textContent);
  const holder = document.getElementById("map");
  holder.hidden = false;
  document.body.classList.add("with-map");

  const map = L.map(holder, { scrollWheelZoom: false, zoomSnap: 0.25, maxZoom: 21, attributionControl: true, zoomAnimation: false });
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
  const north = L.control({ position: "topright" });
  north.onAdd = () => {
    const box = element("div", "", { class: "leaflet-control-north", "aria-label": "North is up" });
    const arrow = document.createElementNS(SVG, "svg");
    arrow.setAttribute("width", "16");
    arrow.setAttribute("height", "30");
    arrow.setAttribute("viewBox", "-8 -24 16 30");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M0 -24L8 6L0 0L-8 6Z");
    arrow.append(path);
    box.append(arrow, "N");
    return box;
  };
  north.addTo(map);
  map.on("click", () => map.scrollWheelZoom.enable());
  map.on("mouseout", () => map.scrollWheelZoom.disable());

  map.createPane("posts").style.zIndex = 590;
  const bounds = L.latLngBounds([]);
  for (const line of data.lines) {
    L.polyline(line.latlon, { color: "#fff", weight: 11, opacity: 1, interactive: false }).addTo(map);
  }
  for (const line of data.lines) {
    const options = { color: COLOURS[line.state], weight: 6, opacity: 1, dashArray: DASHES[line.state], lineCap: "butt" };
    L.polyline(line.latlon, options).bindTooltip(element("span", line.title), { sticky: true }).addTo(map);
    bounds.extend(line.latlon);
  }
  const posts = data.posts.map((post) => {
    const dot = L.circleMarker(post.latlon, { radius: 3, color: "#1a2330", weight: 1.4, fillColor: "#fff", fillOpacity: 1, interactive: false })
      .bindTooltip(element("span", post.text), { permanent: true, direction: "center", className: "map-post", offset: post.offset, pane: "posts" })
      .addTo(map);
    return { post, dot };
  });

  const icon = (mark) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "-13 -13 26 26");
    svg.setAttribute("class", `mark-${mark.level}${mark.open ? "" : " settled"}`);
    const shape = document.createElementNS(SVG, "use");
    shape.setAttribute("href", `#shape-${mark.level}`);
    const text = document.createElementNS(SVG, "text");
    text.setAttribute("dy", "0.36em");
    if (mark.number > 99) text.setAttribute("class", "long");
    text.textContent = mark.number;
    svg.append(shape, text);
    return L.divIcon({ html: svg, className: "mk", iconSize: [26, 26] });
  };

  const popup = (mark) => {
    const box = document.createElement("div");
    box.append(element("p", mark.title, { class: "popup-title" }));
    const picture = document.querySelector(`#finding-${mark.number} .pictures img`);
    if (picture) box.append(Object.assign(document.createElement("img"), { src: picture.src, alt: picture.alt }));
    const row = table.querySelector(`tr[data-number="${mark.number}"]`);
    for (const label of ["Action", "Due"]) {
      const cell = row.querySelector(`td[data-label="${label}"]`);
      box.append(element("p", `${label}: ${cell.textContent.replace(/\s+/g, " ").trim()}`));
    }
    box.append(element("a", `Finding ${mark.number} in detail`, { href: `#finding-${mark.number}` }));
    return box;
  };

  const error = L.circle([0, 0], { radius: 1, color: "#1a2330", weight: 1, dashArray: "3 3", fillOpacity: 0.08, interactive: false });
  const markers = data.marks.map((mark) => {
    const options = { icon: icon(mark), title: mark.title, alt: mark.title };
    const marker = L.marker(mark.latlon, options).bindPopup(() => popup(mark), { minWidth: 230, maxWidth: 230 }).addTo(map);
    marker.on("popupopen", () => {
      if (mark.error_m !== null) error.setLatLng(mark.latlon).setRadius(mark.error_m).addTo(map);
    });
    marker.on("popupclose", () => error.remove());
    bounds.extend(mark.latlon);
    return { mark, marker };
  });

  // Numbers where they have room, the most urgent first, dots elsewhere; then chainage in the room that is left.
  const declutter = () => {
    const kept = [];
    for (const { mark, marker } of markers) {
      const icon = marker.getElement();
      if (!icon) continue;
      const at = map.latLngToLayerPoint(mark.latlon);
      const room = kept.every((other) => Math.abs(other.x - at.x) >= MARK_PX || Math.abs(other.y - at.y) >= MARK_PX);
      if (room) kept.push(at);
      icon.classList.toggle("dot", !room);
      marker.setZIndexOffset((room ? 20000 : 0) - mark.number);
    }
    const written = [];
    for (const { post, dot } of posts) {
      const at = map.latLngToLayerPoint(post.latlon).add(post.offset);
      const clear = (other, width) => Math.abs(other.x - at.x) >= width || Math.abs(other.y - at.y) >= 16;
      const room = kept.every((other) => clear(other, 36)) && written.every((other) => clear(other, 50));
      if (room) written.push(at);
      dot.getTooltip().setOpacity(room ? 1 : 0);
    }
  };
  map.on("zoomend", declutter);
  map.fitBounds(bounds.isValid() && !bounds.getNorthEast().equals(bounds.getSouthWest()) ? bounds.pad(0.06) : bounds.getCenter().toBounds(200));
  declutter();

  onFilter = (shown) => {
    for (const { mark, marker } of markers) {
      if (shown.has(mark.number)) marker.addTo(map);
      else marker.remove();
    }
    declutter();
  };

  // --- tiles: only if the reader asks for them ---
  const box = document.getElementById("map-switch");
  if (!box) return;
  box.hidden = false;
  const toggle = document.getElementById("map-tiles");
  const note = document.getElementById("map-tiles-note");
  if (data.tiles.needs_referer && !location.protocol.startsWith("http")) {
    toggle.disabled = true;
    note.textContent = `${data.tiles.name} serves only pages that come from a web server: not this file as it is.`;
    return;
  }
  const tiles = L.tileLayer(data.tiles.url, {
    attribution: data.tiles.attribution,
    maxNativeZoom: data.tiles.max_zoom,
    maxZoom: 21,
    referrerPolicy: "strict-origin-when-cross-origin",
  });
  tiles.on("tileerror", () => {
    note.textContent = `${data.tiles.name} didn't answer. The drawing doesn't need it.`;
  });
  toggle.addEventListener("change", () => (toggle.checked ? tiles.addTo(map) : tiles.remove()));
})();
