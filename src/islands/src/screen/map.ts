/** The wall's map: open cases by what is left of their limit, people on shift, places that come back, areas to go into. */
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { Map as GlMap, Marker, NavigationControl, ScaleControl, setWorkerUrl, type ExpressionSpecification, type GeoJSONSource, type LayerSpecification } from "maplibre-gl";
import { fontFamily, toneColour, token } from "../core/colours";
import { el, icon, t } from "../core/texts";
import { buildStyle, EMPTY } from "../map/style";
import { symbol } from "../map/symbols";
import type { LayerConfig } from "../map/types";
import type { Area, Beside, Moved, Point, Words } from "./types";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);

const RINGS = 12; // at once: a burst of events is a burst on the wall, not a firework
const TONES = ["overdue", "soon", "in_time", "paused"];
const LOCALE_KEYS = ["NavigationControl.ZoomIn", "NavigationControl.ZoomOut", "Map.Title", "ScaleControl.Meters", "ScaleControl.Kilometers"];

export interface Chosen {
  kind: "case" | "area" | "person" | "spot";
  id: string;
}

export interface WallMap {
  show(area: Area, fly: boolean): void;
  move(moved: Moved): void;
  beside(beside: Beside): void;
  points(): Point[];
  total(): number;
  map: GlMap;
  remove(): void;
}

interface Base {
  layers: LayerConfig[];
  raster?: string[];
  credit?: string;
  review_number?: string;
}

async function baseOf(): Promise<Base> {
  const address = document.querySelector<HTMLMetaElement>('meta[name="yw-map-base"]')?.content;
  if (!address) return { layers: [] };
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const base = (await answer.json()) as Base;
    await Promise.all(base.layers.map(async (layer) => {
      if (layer.url && !/\{bbox\}|\{zoom\}/.test(layer.url)) layer.data = (await (await fetch(layer.url, { credentials: "same-origin" })).json()) as GeoJSON.FeatureCollection;
    }));
    return base;
  } catch (error) {
    console.error("map base", error);
    return { layers: [] };
  }
}

function featureOf([uid, lon, lat, tone, , title]: Point): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { uid, tone, title, rank: TONES.indexOf(tone) } };
}

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

/** What is overdue lies on top and is larger: colour does not speak alone, and near by each meaning has its own shape. */
export function caseLayers(source: string, k = 1): LayerSpecification[] {
  const tones = TONES.flatMap((tone) => [tone, toneColour(tone)]);
  const late: ExpressionSpecification = ["==", ["get", "tone"], "overdue"];
  return [
    { id: `${source}-dot`, type: "circle", source, maxzoom: 14.5, layout: { "circle-sort-key": ["-", 9, ["get", "rank"]] },
      paint: { "circle-color": ["match", ["get", "tone"], ...tones, token("line-strong")] as unknown as ExpressionSpecification,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, ["case", late, 2.4 * k, 1.8 * k], 12, ["case", late, 3.8 * k, 3 * k], 14.5, ["case", late, 7 * k, 5.5 * k]],
        "circle-opacity": ["case", late, 1, 0.85], "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 11, 0, 13, 1], "circle-stroke-color": token("map-land") } },
    { id: `${source}-symbol`, type: "symbol", source, minzoom: 14.5,
      layout: { "icon-image": ["concat", "tone-", ["get", "tone"]], "icon-allow-overlap": true, "icon-size": 0.85 * k, "symbol-sort-key": ["-", 9, ["get", "rank"]] } },
  ];
}

function besideLayers(k: number): LayerSpecification[] {
  return [
    { id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": token("accent"), "fill-opacity": ["case", ["boolean", ["feature-state", "over"], false], 0.16, 0.03] } },
    { id: "areas-line", type: "line", source: "areas", paint: { "line-color": token("accent"), "line-opacity": 0.35, "line-width": 1.2 } },
    { id: "outline-line", type: "line", source: "outline", paint: { "line-color": token("accent"), "line-opacity": 0.8, "line-width": 2 } },
    { id: "spots-ring", type: "circle", source: "spots", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 9 * k, 16, 24 * k], "circle-color": token("series-2"), "circle-opacity": 0.1, "circle-stroke-width": 2, "circle-stroke-color": token("series-2"), "circle-stroke-opacity": 0.9 } },
  ];
}

function topLayers(k: number): LayerSpecification[] {
  const font = [fontFamily()];
  const halo = { "text-color": token("ink"), "text-halo-color": token("map-land"), "text-halo-width": 2 };
  return [
    { id: "people-dot", type: "circle", source: "people", paint: { "circle-radius": 6 * k, "circle-color": token("map-land"), "circle-stroke-width": 3, "circle-stroke-color": token("series-5") } },
    { id: "people-name", type: "symbol", source: "people", minzoom: 13,
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 13 * k, "text-offset": [0, 0.8], "text-anchor": "top" }, paint: halo },
    { id: "areas-name", type: "symbol", source: "areas-names",
      layout: { "text-field": ["format", ["get", "name"], { "font-scale": 1 }, "\n", {}, ["get", "said"], { "font-scale": 0.8, "text-color": token("ink-2") }], "text-font": font, "text-size": ["interpolate", ["linear"], ["zoom"], 9, 13 * k, 14, 18 * k], "text-max-width": 12 }, paint: halo },
  ];
}

/** A label stands in the middle of the area's box: no need to fetch a computed point for a name on a wall. */
function middle(geometry: GeoJSON.Geometry): [number, number] | null {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") {
      w = Math.min(w, part[0]);
      e = Math.max(e, part[0]);
      s = Math.min(s, part[1] as number);
      n = Math.max(n, part[1] as number);
    } else part.forEach(walk);
  };
  if ("coordinates" in geometry) walk(geometry.coordinates);
  return Number.isFinite(w) ? [(w + e) / 2, (s + n) / 2] : null;
}

export async function startMap(holder: HTMLElement, words: Words, choose: (chosen: Chosen) => void): Promise<WallMap> {
  const base = await baseOf();
  holder.querySelector(".waiting")?.remove();
  const canvas = el("div", { class: "canvas" });
  holder.append(canvas);
  const style = buildStyle(base.layers, [], base.raster);
  const own = ["areas", "outline", "spots", "cases", "people", "areas-names"];
  style.sources = { ...style.sources, ...Object.fromEntries(own.map((id) => [id, { type: "geojson" as const, data: EMPTY, promoteId: id === "areas" ? "code" : "uid" }])) };
  // Read from the same distance on every wall: what the map draws grows with the wall's own unit.
  const k = Math.max(1, parseFloat(getComputedStyle(holder).fontSize) / 19);
  style.layers = [...style.layers, ...besideLayers(k), ...caseLayers("cases", k), ...topLayers(k)];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new GlMap({
    container: canvas, style, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
    localIdeographFontFamily: fontFamily(), locale: Object.fromEntries(LOCALE_KEYS.map((key) => [key, t(`map.${key}`)])),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  map.setMissingStyleImageResolver((id) => {
    if (id.startsWith("tone-") && !map.hasImage(id)) map.addImage(id, symbol(id.slice(5)), { pixelRatio: 2 });
  });
  const credit = [base.review_number, base.credit].filter(Boolean);
  if (credit.length) holder.append(el("div", { class: "yw-map-credit" }, credit.join(" · ")));

  const there = new Map<string, Point>();
  const markers = new Map<string, Marker>();
  let all = 0;
  let below: GeoJSON.Feature[] = [];
  let rings = 0;
  const data = (id: string): GeoJSONSource => map.getSource(id) as GeoJSONSource;

  await new Promise<void>((resolve) => {
    map.once("load", () => resolve());
    map.once("error", () => setTimeout(resolve, 1500));
  });

  function ring(lon: number, lat: number, tone: string): void {
    if (still || rings >= RINGS || document.hidden) return;
    rings += 1;
    const node = el("div", { class: `wall-ring tone-${tone}`, "aria-hidden": "true" }, el("i"));
    const marker = new Marker({ element: node }).setLngLat([lon, lat]).addTo(map);
    setTimeout(() => {
      marker.remove();
      rings -= 1;
    }, 3200);
  }

  function names(beside: Beside["areas"]): void {
    data("areas-names").setData(collection(below.flatMap((area) => {
      const code = String(area.properties?.code);
      const [open, late] = beside[code] ?? [0, 0];
      const at = middle(area.geometry);
      if (!at) return [];
      const said = open ? words("open_late", { n: open, late }) : "";
      return [{ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { uid: code, name: area.properties?.name as string, said } }];
    })));
  }

  /** What runs out while one looks turns red by itself; what is about to is asked anew with the points. */
  function age(): void {
    const now = Date.now() / 1000 + Number(document.body.dataset.clockShift ?? 0);
    const late: Point[] = [];
    for (const point of there.values()) if (point[4] && point[4] < now && (point[3] === "in_time" || point[3] === "soon")) late.push(point);
    if (late.length) move({ points: late.map((p) => [p[0], p[1], p[2], "overdue", p[4], p[5]]) }, false);
  }
  const ageing = window.setInterval(age, 15_000);

  function move(moved: Moved, rings = true): void {
    const gone = (moved.gone ?? []).filter((uid) => there.delete(uid));
    const fresh = moved.points ?? [];
    all += fresh.filter((point) => !there.has(point[0])).length - gone.length;
    for (const point of fresh) {
      there.set(point[0], point);
      if (rings) ring(point[1], point[2], point[3]);
    }
    if (gone.length || fresh.length) data("cases").updateData({ remove: [...gone, ...fresh.map((p) => p[0])], add: fresh.map(featureOf) });
  }

  const CLICKABLE = ["cases-dot", "cases-symbol", "people-dot", "spots-ring", "areas-fill"];
  map.on("click", (event) => {
    const near: [[number, number], [number, number]] = [[event.point.x - 6, event.point.y - 6], [event.point.x + 6, event.point.y + 6]];
    const hit = map.queryRenderedFeatures(near, { layers: CLICKABLE.slice(0, 4) })[0] ?? map.queryRenderedFeatures(event.point, { layers: ["areas-fill"] })[0];
    if (!hit) return;
    const kind = ({ cases: "case", people: "person", spots: "spot", areas: "area" } as const)[hit.source as "cases" | "people" | "spots" | "areas"];
    choose({ kind, id: String(hit.properties.uid ?? "") });
  });
  let over: string | null = null;
  map.on("mousemove", (event) => {
    const hit = map.queryRenderedFeatures(event.point, { layers: CLICKABLE })[0];
    map.getCanvas().style.cursor = hit ? "pointer" : "";
    const code = hit?.source === "areas" ? String(hit.properties.code) : null;
    if (code === over) return;
    if (over !== null) map.removeFeatureState({ source: "areas", id: over });
    over = code;
    if (code !== null) map.setFeatureState({ source: "areas", id: code }, { over: true });
  });
  map.on("idle", () => { holder.dataset.idle = ""; });
  const resize = new ResizeObserver(() => map.resize());
  resize.observe(canvas);

  return {
    map,
    show(area, fly) {
      there.clear();
      for (const point of area.points) there.set(point[0], point);
      all = area.total;
      below = area.below;
      data("cases").setData(collection(area.points.map(featureOf)));
      data("areas").setData(collection(area.below));
      data("outline").setData(collection(area.outline ? [{ type: "Feature", geometry: area.outline, properties: { uid: area.area } }] : []));
      if (area.bounds && fly) map.fitBounds(area.bounds, { padding: { top: 40, bottom: 64, left: 32, right: 32 }, duration: still || !holder.dataset.idle ? 0 : 700, maxZoom: 17 });
    },
    move,
    beside(beside) {
      names(beside.areas);
      data("people").setData(collection(beside.people.filter((p) => p.lon !== null).map((p) => ({ type: "Feature", geometry: { type: "Point", coordinates: [p.lon!, p.lat!] }, properties: { uid: p.uid, name: p.name } }))));
      data("spots").setData(collection(beside.spots.map((s) => ({ type: "Feature", geometry: { type: "Point", coordinates: [s.lon, s.lat] }, properties: { uid: s.key } }))));
      for (const [uid, marker] of markers) if (!beside.emergencies.some((one) => one.uid === uid)) { marker.remove(); markers.delete(uid); }
      for (const one of beside.emergencies) {
        if (one.lon === null || one.lat === null || markers.has(one.uid)) continue;
        const node = el("a", { class: "wall-alarm", href: one.url, "aria-label": one.title }, icon("urgent"));
        markers.set(one.uid, new Marker({ element: node }).setLngLat([one.lon, one.lat]).addTo(map));
      }
    },
    points: () => [...there.values()],
    total: () => all,
    remove() {
      window.clearInterval(ageing);
      resize.disconnect();
      map.remove();
    },
  };
}
