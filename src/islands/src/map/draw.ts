/** Drawing a line or polygons onto the map; what is drawn is written, as GeoJSON, into a field that stays usable by hand. */
import type { GeoJSONSource, Map as GlMap, MapMouseEvent } from "maplibre-gl";
import { token } from "../core/colours";
import { el, icon, t } from "../core/texts";

export interface DrawConfig {
  kind: "line" | "polygon" | "reshape";
  /** Selector of the text field that holds the shape. */
  field: string;
  /** Sources whose corners a new corner falls onto when it is near. */
  snap?: string[];
  /** Of reshape: the source with all grids, the numbers of those that are changed, and the list of the form where neighbours join. */
  around?: string;
  chosen?: string[];
  list?: string;
}

type Point = [number, number];
const SNAP_PX = 10;
const SOURCE = "drawing";

export function startDrawing(map: GlMap, holder: HTMLElement, config: DrawConfig): () => void {
  const field = document.querySelector<HTMLTextAreaElement>(config.field);
  const say = el("div", { class: "yw-map-say", role: "status" }, t(config.kind === "line" ? "draw_line_hint" : "draw_area_hint"));
  holder.append(say);
  let points: Point[] = [];
  let rings: Point[][] = [];
  let moving: Point | null = null;

  const closed = (ring: Point[]): Point[] => [...ring, ring[0]];

  function layers(): void {
    if (map.getSource(SOURCE)) return;
    map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "drawing-fill", type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": token("accent"), "fill-opacity": 0.2 } });
    map.addLayer({ id: "drawing-line", type: "line", source: SOURCE, paint: { "line-color": token("accent"), "line-width": 3 } });
    map.addLayer({ id: "drawing-corner", type: "circle", source: SOURCE, filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 5, "circle-color": token("card"), "circle-stroke-color": token("accent"), "circle-stroke-width": 2 } });
  }

  function show(): void {
    layers();
    const going = moving && points.length ? [...points, moving] : points;
    const features: GeoJSON.Feature[] = rings.map((ring) => ({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [closed(ring)] } }));
    if (going.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: going } });
    for (const at of points) features.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } });
    (map.getSource(SOURCE) as GeoJSONSource).setData({ type: "FeatureCollection", features });
  }

  function write(): void {
    if (!field) return;
    let shape: GeoJSON.Geometry | null = null;
    if (config.kind === "line") shape = points.length > 1 ? { type: "LineString", coordinates: points } : null;
    else if (rings.length) shape = { type: "MultiPolygon", coordinates: rings.map((ring) => [closed(ring)]) };
    field.value = shape ? JSON.stringify(shape) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** The corner of a grid that lies near the pointer, so that neighbours share their corners. */
  function snapped(event: MapMouseEvent): Point {
    let best: Point = [event.lngLat.lng, event.lngLat.lat];
    let nearest = SNAP_PX;
    const look = (coordinates: unknown): void => {
      if (!Array.isArray(coordinates)) return;
      if (typeof coordinates[0] !== "number") return coordinates.forEach(look);
      const at = map.project(coordinates as Point);
      const away = Math.hypot(at.x - event.point.x, at.y - event.point.y);
      if (away < nearest) {
        nearest = away;
        best = [coordinates[0], coordinates[1] as number];
      }
    };
    for (const id of config.snap ?? []) {
      const data = (map.getSource(id) as GeoJSONSource | undefined)?.serialize().data as GeoJSON.FeatureCollection | string | undefined;
      if (data && typeof data !== "string") for (const { geometry } of data.features) if (geometry && "coordinates" in geometry) look(geometry.coordinates);
    }
    for (const ring of rings) look(ring);
    return [Number(best[0].toFixed(7)), Number(best[1].toFixed(7))];
  }

  function finish(): void {
    if (config.kind === "polygon" && points.length > 2) {
      rings = [...rings, points];
      points = [];
    }
    moving = null;
    write();
    show();
    say.textContent = t(config.kind === "line" ? "draw_line_done" : "draw_area_done");
  }

  function undo(): void {
    if (points.length) points = points.slice(0, -1);
    else if (rings.length) rings = rings.slice(0, -1);
    moving = null;
    write();
    show();
  }

  function clear(): void {
    points = [];
    rings = [];
    moving = null;
    write();
    show();
    say.textContent = t(config.kind === "line" ? "draw_line_hint" : "draw_area_hint");
  }

  const onClick = (event: MapMouseEvent): void => {
    const at = snapped(event);
    const first = points[0];
    if (config.kind === "polygon" && points.length > 2 && first[0] === at[0] && first[1] === at[1]) return finish();
    const last = points.length ? map.project(points[points.length - 1]) : null;
    if (last && Math.hypot(last.x - event.point.x, last.y - event.point.y) < 3) return; // the second click of a double one
    points = [...points, at];
    write();
    show();
  };
  const onMove = (event: MapMouseEvent): void => {
    if (!points.length) return;
    moving = snapped(event);
    show();
  };
  const onDouble = (event: MapMouseEvent): void => {
    event.preventDefault();
    finish();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") finish();
    else if (event.key === "Backspace") undo();
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
  };
  const again = (): void => show();
  map.doubleClickZoom.disable();
  map.on("click", onClick);
  map.on("mousemove", onMove);
  map.on("dblclick", onDouble);
  map.on("styledata", again);
  map.getCanvas().addEventListener("keydown", onKey);
  map.getCanvas().style.cursor = "crosshair";

  const button = (name: string, label: string, press: () => void): HTMLElement => {
    const made = el("button", { type: "button", "aria-label": t(label), title: t(label), "data-draw": label }, icon(name));
    made.addEventListener("click", press);
    return made;
  };
  const tools = el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group yw-map-draw" }, button("check", "draw_finish", finish), button("arrow-back-up", "draw_undo", undo), button("trash", "draw_clear", clear));
  const control = { onAdd: () => tools, onRemove: () => tools.remove() };
  map.addControl(control, "top-right");
  return () => {
    map.off("click", onClick);
    map.off("mousemove", onMove);
    map.off("dblclick", onDouble);
    map.off("styledata", again);
    map.getCanvas().removeEventListener("keydown", onKey);
    say.remove();
  };
}
