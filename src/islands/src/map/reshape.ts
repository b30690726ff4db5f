/** Dragging the corners of shapes that are there. What comes of it is written into the field; neighbours that move along join the form. */
import { Marker, type GeoJSONSource, type Map as GlMap } from "maplibre-gl";
import { token } from "../core/colours";
import { el, icon, t } from "../core/texts";
import { afterCorner, asGeometry, copyOf, cornersOf, edgesOf, middle, moveCorner, removeCorner, same, shapesOf, weld, type Point, type Shape } from "./corners";
import type { DrawConfig } from "./draw";
import { squareMetres } from "./measure";

const SOURCE = "reshape";
const SNAP_PX = 8;
const MOST = 300; // handles on the map, and rows of the table
const MIDDLE_FROM_PX = 44; // a shorter edge gets no handle in its middle
const round = ([x, y]: Point): Point => [Number(x.toFixed(7)), Number(y.toFixed(7))];

interface Neighbour {
  uid: string;
  code: string;
  geometry: GeoJSON.Geometry;
}

function around(map: GlMap, source: string): Neighbour[] {
  const data = (map.getSource(source) as GeoJSONSource | undefined)?.serialize().data as GeoJSON.FeatureCollection | string | undefined;
  if (!data || typeof data === "string") return [];
  return data.features.map(({ properties, geometry }) => ({ uid: String(properties?.uid ?? ""), code: String(properties?.code ?? ""), geometry }));
}

function points(geometry: unknown, into: Point[]): void {
  if (!Array.isArray(geometry)) return;
  if (typeof geometry[0] === "number") into.push([geometry[0], geometry[1] as number]);
  else geometry.forEach((inner) => points(inner, into));
}

export function startReshaping(map: GlMap, holder: HTMLElement, config: DrawConfig): () => void {
  const field = document.querySelector<HTMLTextAreaElement>(config.field);
  const chosen = new Set(config.chosen ?? []);
  const neighbours = around(map, config.around ?? "");
  const codes = new Map(neighbours.map((one) => [one.uid, one.code]));
  const fixed: Point[] = []; // corners onto which a dragged one falls: of what does not move
  for (const id of config.snap ?? []) {
    const data = (map.getSource(id) as GeoJSONSource | undefined)?.serialize().data as GeoJSON.FeatureCollection | string | undefined;
    if (data && typeof data !== "string") for (const { geometry } of data.features) if (geometry && "coordinates" in geometry) points(geometry.coordinates, fixed);
  }
  let given: Shape[] = [];
  try {
    if (field?.value.trim().startsWith("{")) given = shapesOf(JSON.parse(field.value) as GeoJSON.Geometry, "", true);
  } catch {
    // Somebody's half-written text: the grids as they are take its place at the first change.
  }
  if (!given.length) given = neighbours.filter((one) => chosen.has(one.uid)).flatMap((one) => shapesOf(one.geometry, one.uid, true));
  let shapes: Shape[] = [...given, ...neighbours.filter((one) => !chosen.has(one.uid)).flatMap((one) => shapesOf(one.geometry, one.uid, false))];
  const first = copyOf(shapes);
  let past: Shape[][] = [];
  let along = true;
  let markers: Marker[] = [];
  let focused: Point | null = null;

  const say = el("div", { class: "yw-map-say is-long", role: "status" }, t("corners_hint"));
  if (matchMedia("(hover: hover)").matches) say.append(` ${t("corners_keys")}`);
  const body = el("tbody");
  const table = el("details", { class: "yw-map-table yw-corners-table" }, el("summary", {}, t("corners_table")),
    el("div", { class: "yw-table-wrap", tabindex: "0", role: "region", "aria-label": t("corners_table") },
      el("table", { class: "yw-table" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("corner_number")), el("th", { scope: "col" }, t("corner_lon")), el("th", { scope: "col" }, t("corner_lat")), el("th", { scope: "col" }, t("corner_change")))), body)));
  holder.append(say);
  holder.after(table);

  function draw(): void {
    if (!map.getSource(SOURCE)) {
      map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
      map.addLayer({ id: "reshape-fill", type: "fill", source: SOURCE, paint: { "fill-color": token("accent"), "fill-opacity": 0.18 } });
      map.addLayer({ id: "reshape-line", type: "line", source: SOURCE, paint: { "line-color": token("accent"), "line-width": 3 } });
    }
    const features: GeoJSON.Feature[] = shapes.filter((one) => one.own).map((one) => ({ type: "Feature", properties: {}, geometry: asGeometry([one]) }));
    (map.getSource(SOURCE) as GeoJSONSource).setData({ type: "FeatureCollection", features });
  }

  /** Write the field, and let the form name the neighbours that moved along. */
  function write(): void {
    const own = shapes.filter((one) => one.own);
    if (field) {
      field.value = JSON.stringify(asGeometry(own));
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const joined = [...new Set(own.map((one) => one.id))].filter((uid) => uid && !chosen.has(uid));
    const list = document.querySelector(config.list ?? "");
    list?.querySelectorAll("[data-along]").forEach((node) => node.remove());
    for (const uid of joined) {
      list?.append(el("div", { class: "form-check", "data-along": "" }, el("input", { type: "hidden", name: "grids", value: uid }), el("span", { class: "mono" }, codes.get(uid) ?? uid), el("span", { class: "quiet small" }, ` ${t("corners_along")}`)));
    }
    const m2 = Math.round(own.reduce((sum, one) => sum + squareMetres(one.rings[0]), 0));
    say.textContent = t("corners_now", { n: cornersOf(shapes).length, m2: m2.toLocaleString(document.documentElement.lang), along: joined.length });
  }

  function done(): void {
    write();
    draw();
    handles();
    rows();
  }

  /** Do something to the corners, or leave everything as it was when a shape would collapse. */
  function act(change: () => boolean, then: Point | null): void {
    const before = copyOf(shapes);
    if (!change()) {
      shapes = before;
      draw();
      handles();
      say.textContent = t("corners_least");
      return;
    }
    past = [...past.slice(-49), before];
    focused = then;
    done();
  }

  const move = (from: Point, to: Point): void => act(() => moveCorner(shapes, from, to, along), to);
  const remove = (at: Point): void => act(() => removeCorner(shapes, at, along), null);
  const add = (at: Point): void => act(() => {
    weld(shapes, at, along);
    return true;
  }, at);

  /** The place to which a corner falls: a fixed one or another of ours that is near on the screen. */
  function snapped(at: Point, own: Point): Point {
    const here = map.project(at);
    let [best, nearest] = [at, SNAP_PX];
    for (const one of [...fixed, ...cornersOf(shapes)]) {
      if (same(one, own)) continue;
      const there = map.project(one);
      const away = Math.hypot(there.x - here.x, there.y - here.y);
      if (away < nearest) [best, nearest] = [one, away];
    }
    return best === at ? round(at) : best;
  }

  function handle(at: Point, number: number, count: number): Marker {
    const button = el("button", { type: "button", class: "yw-corner", "aria-label": t("corner_of", { n: number + 1, all: count }), tabindex: (focused ? same(at, focused) : number === 0) ? "0" : "-1" });
    const marker = new Marker({ element: button, draggable: true }).setLngLat(at).addTo(map);
    let before: Shape[] | null = null;
    marker.on("dragstart", () => (before = copyOf(shapes)));
    marker.on("drag", () => {
      if (!before) return;
      const { lng, lat } = marker.getLngLat();
      shapes = copyOf(before);
      moveCorner(shapes, at, [lng, lat], along);
      draw();
    });
    marker.on("dragend", () => {
      const { lng, lat } = marker.getLngLat();
      if (before) shapes = before;
      move(at, snapped([lng, lat], at));
    });
    button.addEventListener("focus", () => (focused = at));
    button.addEventListener("keydown", (event) => key(event, at));
    return marker;
  }

  function key(event: KeyboardEvent, at: Point): void {
    const step = event.shiftKey ? 10 : 1;
    const aside: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (aside[event.key]) {
      const here = map.project(at);
      const { lng, lat } = map.unproject([here.x + aside[event.key][0], here.y + aside[event.key][1]]);
      move(at, round([lng, lat]));
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      const all = cornersOf(shapes);
      const n = all.findIndex((one) => same(one, at));
      focused = all[(n + (event.key === "PageDown" ? 1 : all.length - 1)) % all.length];
      handles();
    } else if (event.key === "Insert" || event.key === "+") {
      const between = afterCorner(shapes, at);
      if (between) add(round(between));
    } else if (event.key === "Delete" || event.key === "Backspace") remove(at);
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function handles(): void {
    const had = markers.some((one) => one.getElement() === document.activeElement);
    markers.forEach((one) => one.remove());
    markers = [];
    const all = cornersOf(shapes);
    const inside = map.getBounds();
    const seen = all.length > MOST ? all.filter((at) => inside.contains(at)).slice(0, MOST) : all;
    for (const at of seen) {
      const marker = handle(at, all.indexOf(at), all.length);
      markers.push(marker);
      if (had && focused && same(at, focused)) marker.getElement().focus({ preventScroll: true });
    }
    if (all.length > MOST) return;
    for (const [a, b] of edgesOf(shapes)) {
      const [from, to] = [map.project(a), map.project(b)];
      if (Math.hypot(from.x - to.x, from.y - to.y) < MIDDLE_FROM_PX) continue;
      const at = round(middle(a, b));
      const button = el("button", { type: "button", class: "yw-corner is-middle", "aria-label": t("corner_add"), tabindex: "-1" });
      button.addEventListener("click", () => {
        add(at);
        markers.find((one) => same([one.getLngLat().lng, one.getLngLat().lat], at))?.getElement().focus({ preventScroll: true });
      });
      markers.push(new Marker({ element: button }).setLngLat(at).addTo(map));
    }
  }

  /** The same corners as numbers, for who cannot drag. */
  function rows(): void {
    if (!table.open) return;
    const all = cornersOf(shapes).slice(0, MOST);
    body.replaceChildren(...all.map((at, n) => {
      const number = (axis: 0 | 1, label: string): HTMLElement => {
        const input = el("input", { type: "number", step: "0.0000001", class: "form-control mono", value: at[axis].toFixed(7), "aria-label": t(label, { n: n + 1 }), "data-no-draft": "" });
        input.addEventListener("change", () => {
          const value = Number(input.value);
          if (!input.value || !Number.isFinite(value) || Math.abs(value) > (axis ? 85 : 180)) input.value = at[axis].toFixed(7);
          else move(at, axis ? [at[0], value] : [value, at[1]]);
        });
        return input;
      };
      const button = (name: string, label: string, press: () => void): HTMLElement => {
        const made = el("button", { type: "button", class: "btn btn-sm", "aria-label": t(label, { n: n + 1 }), title: t(label, { n: n + 1 }) }, icon(name));
        made.addEventListener("click", press);
        return made;
      };
      const between = afterCorner(shapes, at);
      return el("tr", {}, el("td", { class: "num" }, String(n + 1)), el("td", {}, number(0, "corner_lon_of")), el("td", {}, number(1, "corner_lat_of")),
        el("td", { class: "nowrap" }, button("plus", "corner_add_after", () => between && add(round(between))), button("trash", "corner_remove", () => remove(at))));
    }));
  }

  function undo(): void {
    const before = past.pop();
    if (!before) return;
    shapes = before;
    focused = null;
    done();
  }

  const tool = (name: string, label: string, press: (button: HTMLElement) => void): HTMLElement => {
    const made = el("button", { type: "button", "aria-label": t(label), title: t(label), "data-draw": label }, icon(name));
    made.addEventListener("click", () => press(made));
    return made;
  };
  const together = tool("link", "corners_together", (button) => {
    along = !along;
    button.setAttribute("aria-pressed", String(along));
    say.textContent = t(along ? "corners_with" : "corners_alone");
  });
  together.setAttribute("aria-pressed", "true");
  const drop = tool("trash", "corners_remove", () => {
    if (focused) remove(focused);
    else say.textContent = t("corners_choose");
  });
  const tools = el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group yw-map-draw" }, together, drop, tool("arrow-back-up", "corners_undo", undo), tool("refresh", "draw_clear", () => {
    past = [...past.slice(-49), copyOf(shapes)];
    shapes = copyOf(first);
    focused = null;
    done();
  }));
  map.addControl({ onAdd: () => tools, onRemove: () => tools.remove() }, "top-right");
  const again = (): void => draw();
  const moved = (): void => handles();
  map.on("styledata", again);
  map.on("moveend", moved);
  table.addEventListener("toggle", rows);
  draw();
  handles();
  holder.dataset.corners = "";
  return () => {
    map.off("styledata", again);
    map.off("moveend", moved);
    markers.forEach((one) => one.remove());
    say.remove();
    table.remove();
  };
}
