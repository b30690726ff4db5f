/** Measuring on the map: metres along a line, square metres of a shape, on the ellipsoid of WGS 84 and CGCS2000. */
import type { GeoJSONSource, Map as GlMap, MapMouseEvent } from "maplibre-gl";
import { token } from "../core/colours";
import { el, icon, t } from "../core/texts";

type Point = [number, number];
export type Measuring = "distance" | "area";
const SOURCE = "measure";
const A = 6378137;
const E2 = 0.00669438;

/** Metres of a degree of longitude and of latitude at a latitude. */
function degree(lat: number): [number, number] {
  const phi = (lat * Math.PI) / 180;
  const w = Math.sqrt(1 - E2 * Math.sin(phi) ** 2);
  return [((Math.PI / 180) * A * Math.cos(phi)) / w, ((Math.PI / 180) * A * (1 - E2)) / w ** 3];
}

export function metres(points: Point[]): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [x, y] = degree((points[i][1] + points[i - 1][1]) / 2);
    sum += Math.hypot((points[i][0] - points[i - 1][0]) * x, (points[i][1] - points[i - 1][1]) * y);
  }
  return sum;
}

export function squareMetres(ring: Point[]): number {
  const [x, y] = degree(ring.reduce((sum, point) => sum + point[1], 0) / Math.max(1, ring.length));
  let twice = 0;
  ring.forEach(([ax, ay], i) => {
    const [bx, by] = ring[(i + 1) % ring.length];
    twice += (ax - ring[0][0]) * x * ((by - ring[0][1]) * y) - (bx - ring[0][0]) * x * ((ay - ring[0][1]) * y);
  });
  return Math.abs(twice) / 2;
}

function number(value: number): string {
  return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: value < 100 ? 1 : 0 });
}

export function inWords(kind: Measuring, points: Point[]): string {
  if (kind === "distance") {
    const m = metres(points);
    return m < 10_000 ? t("measured_m", { n: number(m) }) : t("measured_km", { n: number(m / 1000) });
  }
  const m2 = squareMetres(points);
  return m2 < 1_000_000 ? t("measured_m2", { n: number(m2) }) : t("measured_km2", { n: number(m2 / 1e6) });
}

/** Return the two buttons; while one is pressed, clicks on the map are corners and nothing else. */
export function measureTool(map: GlMap, holder: HTMLElement): { nodes: HTMLElement[]; active(): boolean } {
  let kind: Measuring | null = null;
  let points: Point[] = [];
  let ended = false;
  const say = el("output", { class: "yw-map-say", role: "status" });
  holder.append(say);
  const buttons = new Map<Measuring, HTMLButtonElement>();

  function draw(moving?: Point): void {
    if (!map.getSource(SOURCE)) {
      map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
      map.addLayer({ id: "measure-fill", type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": token("accent"), "fill-opacity": 0.15 } });
      map.addLayer({ id: "measure-line", type: "line", source: SOURCE, paint: { "line-color": token("accent"), "line-width": 3, "line-dasharray": [2, 1] } });
      map.addLayer({ id: "measure-corner", type: "circle", source: SOURCE, filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 4, "circle-color": token("card"), "circle-stroke-color": token("accent"), "circle-stroke-width": 2 } });
    }
    const going = moving && !ended ? [...points, moving] : points;
    const features: GeoJSON.Feature[] = points.map((at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
    if (kind === "area" && going.length > 2) features.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...going, going[0]]] } });
    else if (going.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: going } });
    (map.getSource(SOURCE) as GeoJSONSource).setData({ type: "FeatureCollection", features });
    if (kind) say.textContent = going.length > (kind === "area" ? 2 : 1) ? inWords(kind, going) : t(kind === "area" ? "measure_area_hint" : "measure_distance_hint");
  }
  function choose(next: Measuring | null): void {
    kind = next;
    points = [];
    ended = false;
    say.textContent = "";
    for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === kind));
    map.getCanvas().style.cursor = kind ? "crosshair" : "";
    if (kind) map.doubleClickZoom.disable();
    else map.doubleClickZoom.enable();
    draw();
  }
  const at = (event: MapMouseEvent): Point => [event.lngLat.lng, event.lngLat.lat];
  map.on("click", (event) => {
    if (!kind) return;
    if (ended) {
      points = [];
      ended = false;
    }
    points.push(at(event));
    draw();
  });
  map.on("mousemove", (event) => kind && points.length && !ended && draw(at(event)));
  map.on("dblclick", () => {
    if (!kind) return;
    points.pop(); // the second click of the two
    ended = true;
    draw();
  });
  holder.addEventListener("keydown", (event) => {
    if (!kind) return;
    if (event.key === "Escape") choose(null);
    else if (event.key === "Enter" && event.target === map.getCanvas()) {
      ended = true;
      draw();
    } else if (event.key === "Backspace" && event.target === map.getCanvas()) {
      points.pop();
      draw();
    } else return;
    event.preventDefault();
  });
  for (const [name, picture] of [["distance", "ruler-measure"], ["area", "polygon"]] as const) {
    const label = t(`measure_${name}`);
    const button = el("button", { type: "button", "aria-label": label, title: label, "aria-pressed": "false" }, icon(picture));
    button.addEventListener("click", () => choose(kind === name ? null : name));
    buttons.set(name, button);
  }
  return { nodes: [...buttons.values()], active: () => kind !== null };
}
