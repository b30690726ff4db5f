/** The map of the own grids, from what is on the phone; loaded after the first screen. Also where a place is chosen. */
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { addProtocol, Map as GlMap, Marker, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapGeoJSONFeature } from "maplibre-gl";
import { fontFamily, onThemeChange, token } from "../core/colours";
import { buildStyle, EMPTY } from "../map/style";
import { symbol } from "../map/symbols";
import type { LayerConfig } from "../map/types";
import { now } from "./clock";
import { get, onMoved } from "./db";
import { follow, fresh, gridAt, round as roundDegrees, shown, type Fix } from "./place";
import { draftOf, keepDraft } from "./queue";
import { KEY as REPORT } from "./screens/report";
import { kindName } from "./screens/today";
import { nearest, TILES } from "./tiles";
import type { FieldTask, Grid, Pack } from "./types";
import { box, button, el, icon, kids, link, round, t, type Cleanup } from "./ui";

// A worker belongs to the service worker in whose scope its script lies: under the page it starts without a network.
setWorkerUrl(document.body.dataset.mapWorker || new URL(workerUrl, import.meta.url).href);

/**
 * Tiles come from what the phone keeps, else from the network, and are kept then. They are asked for here and not by the map's
 * own worker: that one lies outside the service worker's scope and would go to the network alone.
 */
const KEPT = "phone://kept";
addProtocol("phone", async ({ url }, { signal }) => {
  const address = location.origin + url.slice(KEPT.length);
  const cache = await caches.open(TILES);
  const had = await cache.match(address, { ignoreVary: true });
  if (had) return { data: await had.arrayBuffer() };
  try {
    const answer = await fetch(address, { credentials: "same-origin", signal });
    if (!answer.ok) return { data: new ArrayBuffer(0) };
    await cache.put(address, answer.clone()).catch(() => undefined); // no room: seen, not kept
    return { data: await answer.arrayBuffer() };
  } catch {
    return { data: new ArrayBuffer(0) }; // no network: this place stays empty
  }
});

const NEAR_PX = 22; // a thumb
const PLATES = "addresses";
const LOCALE_KEYS = ["Map.Title", "ScaleControl.Meters", "ScaleControl.Kilometers"];

const KINDS: LayerConfig["kind"][] = ["areas", "lines", "points"];

function kindOf(id: string): LayerConfig["kind"] {
  if (/road|street|line/.test(id)) return "lines";
  return /bound|grid|area|building|green|water/.test(id) ? "areas" : "points";
}

function layersOf(pack: Pack, reach: Record<string, number>): LayerConfig[] {
  const { tiles } = pack;
  if (!tiles) return [];
  const found = tiles.layers.map((one) => {
    const kind = KINDS.find((name) => name === one.kind) ?? kindOf(one.code);
    return {
      id: one.code, label: one.name ?? one.code, kind, tiles: KEPT + (one.template ?? tiles.template.replace("{layer}", one.code)), source_layer: one.code,
      minzoom: one.minzoom ?? tiles.minzoom, maxzoom: Math.max(one.minzoom ?? tiles.minzoom, Math.min(nearest(tiles, one), reach[one.code] ?? 24)),
      ...(one.colour ? { colour: one.colour } : kind === "lines" ? { colour: "map-road" } : kind === "points" ? { colour: one.code === PLATES ? "ink-2" : "series-2" } : {}),
    } satisfies LayerConfig;
  });
  const order = { areas: 0, lines: 1, points: 2, cases: 3, heat: 4 };
  return found.sort((a, b) => order[a.kind] - order[b.kind]);
}

function gridsOf(grids: Grid[], kind: Grid["kind"]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: grids.filter((one) => one.kind === kind).map((one) => ({ type: "Feature", properties: { uid: one.uid, name: one.name || one.code }, geometry: one.shape })),
  };
}

function tasksOf(tasks: FieldTask[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: tasks.filter((one) => one.place).map((one) => {
      const left = one.due_at ? (Date.parse(one.due_at) - now()) / 1000 : 1e9;
      return {
        type: "Feature", geometry: { type: "Point", coordinates: [one.place!.lon, one.place!.lat] },
        properties: { uid: one.uid, name: one.case?.title || one.case?.class_name || kindName(one.kind), tone: left < 0 ? "overdue" : left < 3600 ? "soon" : "in_time" },
      };
    }),
  };
}

function circle(fix: Fix): GeoJSON.FeatureCollection {
  const ring = Array.from({ length: 49 }, (_, i) => {
    const a = (i / 48) * 2 * Math.PI;
    return [fix.lon + (fix.accuracy_m * Math.cos(a)) / (111_320 * Math.cos((fix.lat * Math.PI) / 180)), fix.lat + (fix.accuracy_m * Math.sin(a)) / 110_540];
  });
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
}

function startBounds(pack: Pack): [number, number, number, number] | undefined {
  if (pack.bounds) return pack.bounds;
  const xs: number[] = [];
  const ys: number[] = [];
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === "number") {
      xs.push(value[0]);
      ys.push(value[1] as number);
    } else value.forEach(walk);
  };
  pack.grids.forEach((one) => "coordinates" in one.shape && walk(one.shape.coordinates));
  return xs.length ? [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] : undefined;
}

function isIn({ lon, lat }: { lon: number; lat: number }, [west, south, east, north]: [number, number, number, number]): boolean {
  return lon >= west && lon <= east && lat >= south && lat <= north;
}

export async function map(root: HTMLElement, params: URLSearchParams): Promise<Cleanup> {
  const [pack, tasks, tiles] = await Promise.all([get("pack"), get("tasks"), get("tiles")]);
  const picking = params.has("pick");
  const holder = box("p-map yw-map");
  const canvas = el("div", { class: "canvas" });
  const panel = box("p-map-panel");
  panel.setAttribute("role", "status");
  let fix: Fix | null = null;
  let followed = false;
  holder.append(canvas);
  root.append(holder, panel);
  if (!pack) {
    panel.append(t("phone.nothing_yet"));
    return () => undefined;
  }
  const layers = layersOf(pack, tiles?.done ? (tiles.reach ?? {}) : {});
  const facts: LayerConfig[] = [
    { id: "unit", label: "", kind: "areas", data: gridsOf(pack.grids, "unit"), fill_opacity: 0, minzoom: 15 },
    { id: "own", label: "", kind: "areas", data: gridsOf(pack.grids, "responsibility"), colour: "accent", fill_opacity: 0.06 },
    { id: "tasks", label: "", kind: "cases", data: tasksOf(tasks?.tasks ?? []) },
  ];
  const draft = picking ? await draftOf(REPORT) : null;
  const given = params.get("lon") ? { lon: Number(params.get("lon")), lat: Number(params.get("lat")) } : draft?.place && shown(draft.place);
  const bounds = startBounds(pack);
  const here = fresh();
  const start = given || (here && bounds && isIn(shown(here), bounds) ? shown(here) : null); // on the street: what is around
  const gl = new GlMap({
    container: canvas, style: buildStyle(layers, facts), attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    localIdeographFontFamily: fontFamily(), locale: Object.fromEntries(LOCALE_KEYS.map((key) => [key, t(`map.${key}`)])), fadeDuration: 0, maxZoom: 20,
    ...(start ? { center: [start.lon, start.lat] as [number, number], zoom: 17 } : bounds ? { bounds, fitBoundsOptions: { padding: 16 } } : {}),
  });
  gl.touchZoomRotate.disableRotation();
  gl.addControl(new ScaleControl({ maxWidth: 100 }), "bottom-left");
  gl.setMissingStyleImageResolver((id) => {
    if (id.startsWith("tone-") && !gl.hasImage(id)) gl.addImage(id, symbol(id.slice(5)), { pixelRatio: 2 });
  });

  const dot = new Marker({ element: el("div", { class: "p-me-dot", role: "img", "aria-label": t("locate_me") }) });
  function drawMe(): void {
    if (!fix) return;
    const at = shown(fix);
    dot.setLngLat([at.lon, at.lat]).addTo(gl);
    (gl.getSource("accuracy") as GeoJSONSource | undefined)?.setData(circle(at));
  }
  const zoom = box("p-map-tools", round(t("locate_me"), "current-location", () => fix && gl.easeTo({ center: [shown(fix).lon, shown(fix).lat], zoom: Math.max(gl.getZoom(), 17) })),
    round(t("map.NavigationControl.ZoomIn"), "plus", () => gl.zoomIn()), round(t("map.NavigationControl.ZoomOut"), "minus", () => gl.zoomOut()));
  holder.append(zoom);

  /** The component under a thumb, or the door plate: a plate is no component. */
  function near(point: { x: number; y: number }, plates = false): MapGeoJSONFeature | undefined {
    const ids = layers.filter((one) => one.kind === "points" && (one.id === PLATES) === plates).map((one) => `${one.id}-dot`).filter((id) => gl.getLayer(id));
    if (!ids.length) return undefined;
    const found = gl.queryRenderedFeatures([[point.x - NEAR_PX, point.y - NEAR_PX], [point.x + NEAR_PX, point.y + NEAR_PX]], { layers: ids });
    const far = (one: MapGeoJSONFeature): number => {
      const at = gl.project((one.geometry as GeoJSON.Point).coordinates as [number, number]);
      return Math.hypot(at.x - point.x, at.y - point.y);
    };
    return found.filter((one) => one.geometry.type === "Point").sort((a, b) => far(a) - far(b))[0];
  }

  const nameOf = (one: MapGeoJSONFeature): string => String(one.properties.name ?? one.properties.label ?? one.properties.class_name ?? one.properties.code ?? "");
  const codeOf = (one: MapGeoJSONFeature): string => String(one.properties.code ?? "");

  /** Take a place for the report that is being written; a component brings its own. */
  async function take(at: { lon: number; lat: number }, component?: MapGeoJSONFeature): Promise<void> {
    const now = await draftOf(REPORT);
    const place = { lon: roundDegrees(at.lon), lat: roundDegrees(at.lat), accuracy_m: null, source: component ? ("component" as const) : ("pin" as const) };
    await keepDraft({ ...now, place, asset_uid: component ? String(component.properties.uid ?? "") : "", asset_name: component ? nameOf(component) || codeOf(component) : "",
      class_code: now.class_code || (component ? classOf(component) : "") });
    location.hash = "#/report";
  }

  /** A component says which classes it may have; one is taken only when there is no choice. */
  function classOf(component: MapGeoJSONFeature): string {
    const code = String(component.properties.class_code ?? component.properties.class ?? "");
    const fit = code ? pack!.classes.filter((one) => one.component_classes?.includes(code) || one.code === `component:${code}`) : [];
    return fit.length === 1 ? fit[0].code : "";
  }

  function coordinates(one: MapGeoJSONFeature): { lon: number; lat: number } {
    const [lon, lat] = (one.geometry as GeoJSON.Point).coordinates;
    return { lon, lat };
  }

  function drawPick(): void {
    const centre = gl.getCenter();
    const at = { lon: centre.lng, lat: centre.lat };
    const component = near(gl.project(centre));
    const grid = gridAt(at, pack!.grids);
    panel.replaceChildren(...kids([
      el("p", {}, icon("map-pin"), ` ${grid ? grid.name || grid.code : t("phone.outside_grids")}`),
      component && button(t("phone.take_component", { name: nameOf(component) || codeOf(component) }), "target", () => take(coordinates(component), component), "primary big"),
      button(t("phone.take_place"), "check", () => take(at), component ? "big" : "primary big"),
    ]));
  }

  function drawNothing(): void {
    const kept = tiles?.total ? (tiles.done >= tiles.total ? t("phone.map_kept") : t("phone.tiles", { done: tiles.done, total: tiles.total })) : "";
    const far = gl.getZoom() < Math.min(...layers.filter((one) => one.kind === "points").map((one) => one.minzoom ?? 0));
    panel.replaceChildren(...kids([el("p", { class: "quiet" }, t(far ? "phone.map_nearer" : "phone.map_hint")), kept && el("p", { class: "quiet small" }, kept)]));
  }

  function onTap(point: { x: number; y: number }, at: { lon: number; lat: number }): void {
    const hit = gl.getLayer("tasks-symbol") ? gl.queryRenderedFeatures([[point.x - NEAR_PX, point.y - NEAR_PX], [point.x + NEAR_PX, point.y + NEAR_PX]], { layers: ["tasks-symbol"] })[0] : undefined;
    if (hit) {
      panel.replaceChildren(el("p", {}, el("b", {}, nameOf(hit))), link(t("open"), "chevron-right", `#/task?uid=${String(hit.properties.uid)}`, "primary big"));
      return;
    }
    const component = near(point);
    if (component) {
      panel.replaceChildren(el("p", {}, el("b", {}, nameOf(component)), " ", el("span", { class: "mono" }, codeOf(component))), button(t("phone.report_this"), "camera", () => take(coordinates(component), component), "primary big"));
      return;
    }
    const grid = gridAt(at, pack!.grids);
    const plate = near(point, true);
    const words = [grid ? grid.name || grid.code : t("phone.outside_grids"), plate ? nameOf(plate) : ""].filter(Boolean).join(" · ");
    panel.replaceChildren(el("p", {}, icon("map-pin"), ` ${words}`), button(t("phone.report_here"), "camera", () => take(at), "big"));
  }

  if (picking) {
    holder.append(el("div", { class: "p-cross", "aria-hidden": "true" }, icon("map-pin")));
    gl.on("moveend", drawPick);
    gl.on("idle", drawPick);
    drawPick();
  } else {
    let tapped = false;
    gl.on("click", (event) => {
      tapped = true;
      onTap(event.point, { lon: event.lngLat.lng, lat: event.lngLat.lat });
    });
    gl.on("zoomend", () => !tapped && drawNothing());
    drawNothing();
  }
  const paint = (): void => {
    gl.setPaintProperty("own-line", "line-color", token("accent"));
    gl.setPaintProperty("own-line", "line-width", 2.5);
    drawMe();
  };
  gl.on("load", paint);
  gl.on("idle", () => (holder.dataset.idle = ""));
  const leave = follow((found) => {
    fix = found;
    drawMe();
    if (found && !followed && picking && !given) {
      followed = true;
      gl.jumpTo({ center: [shown(found).lon, shown(found).lat], zoom: 17 });
    }
  });
  const off = onMoved((what) => {
    if (what === "tasks") void get("tasks").then((known) => (gl.getSource("tasks") as GeoJSONSource | undefined)?.setData(known ? tasksOf(known.tasks) : EMPTY));
  });
  const theme = onThemeChange(() => {
    gl.setStyle(buildStyle(layers, facts), { diff: false });
    gl.once("idle", paint);
  });
  const resize = new ResizeObserver(() => gl.resize());
  resize.observe(canvas);
  return () => {
    leave();
    off();
    theme();
    resize.disconnect();
    gl.remove();
  };
}
