/** The map island: browse what is there, pick a point, or show one place. Facts come from our own addresses only. */
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { LngLatBounds, Map as GlMap, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapGeoJSONFeature } from "maplibre-gl";
import { fontFamily, onThemeChange } from "../core/colours";
import { el, t } from "../core/texts";
import { factsTable, legend } from "./beside";
import { identifyPanel } from "./identify";
import { startPicking } from "./pick";
import { buildStyle, clickable, degreeNet } from "./style";
import { pinElement, symbol } from "./symbols";
import { catalogueOf, startTools } from "./tools";
import type { LayerConfig, MapConfig } from "./types";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);

/** A layer too large to send whole is asked for anew after each move. */
const MOVING = /\{bbox\}|\{zoom\}/;

type Collection = GeoJSON.FeatureCollection & { bounds?: [number, number, number, number] };

async function getJson<T>(address: string): Promise<T> {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return (await answer.json()) as T;
}

interface Base {
  layers: LayerConfig[];
  bounds?: MapConfig["bounds"];
  /** Tiles of a service, the lowest first; whose they are; the map's review number. */
  raster?: string[];
  credit?: string;
  review_number?: string;
}

async function baseOf(config: MapConfig): Promise<Base> {
  const given = config.base ?? document.querySelector<HTMLMetaElement>('meta[name="yw-map-base"]')?.content;
  if (!given) return { layers: [] };
  if (typeof given !== "string") return { layers: given };
  try {
    return await getJson(given);
  } catch (error) {
    console.error("map base", error);
    return { layers: [] };
  }
}

function extend(bounds: LngLatBounds, coordinates: unknown): void {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") bounds.extend([coordinates[0], coordinates[1] as number]);
  else coordinates.forEach((inner) => extend(bounds, inner));
}

function boundsOf(collections: Iterable<GeoJSON.FeatureCollection>): LngLatBounds {
  const bounds = new LngLatBounds();
  for (const { features } of collections) {
    for (const { geometry } of features) if (geometry && "coordinates" in geometry) extend(bounds, geometry.coordinates);
  }
  return bounds;
}

function popupContent(feature: MapGeoJSONFeature, layer: LayerConfig): HTMLElement {
  const p = feature.properties as Record<string, string | undefined>;
  const node = el("div", { class: "yw-map-popup" }, el("b", {}, p.title ?? p.label ?? p.name ?? p.code ?? layer.label));
  for (const line of [p.code, p.status, p.due, p.address]) if (line && line !== p.title) node.append(el("div", {}, line));
  if (p.href) node.append(el("a", { href: p.href }, t("open")));
  return node;
}

const LOCALE_KEYS = ["NavigationControl.ZoomIn", "NavigationControl.ZoomOut", "NavigationControl.ResetBearing", "Map.Title", "Popup.Close", "ScaleControl.Meters", "ScaleControl.Kilometers"];

export async function mount(holder: HTMLElement, raw: unknown): Promise<() => void> {
  const config = raw as MapConfig;
  const base = await baseOf(config);
  const facts = [...(config.tools ? await catalogueOf(config) : []), ...(config.layers ?? [])];
  if (config.tools) base.layers = []; // its layers are in the tree
  const loaded = new Map<string, GeoJSON.FeatureCollection>();
  await Promise.all(
    [...base.layers, ...facts].map(async (layer) => {
      if (layer.url && !MOVING.test(layer.url)) layer.data = await getJson<Collection>(layer.url);
      if (layer.data && facts.includes(layer)) loaded.set(layer.id, layer.data);
    }),
  );

  holder.querySelector(".waiting")?.remove();
  const canvas = el("div", { class: "canvas" });
  holder.prepend(canvas);
  const bounds = boundsOf(loaded.values());
  const start = config.bounds || (bounds.isEmpty() ? base.bounds : undefined);
  const map = new GlMap({
    container: canvas,
    style: buildStyle(base.layers, facts, base.raster),
    ...(config.paper ? { canvasContextAttributes: { preserveDrawingBuffer: true } } : {}),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    localIdeographFontFamily: fontFamily(),
    locale: Object.fromEntries(LOCALE_KEYS.map((key) => [key, t(`map.${key}`)])),
    cooperativeGestures: false,
    fadeDuration: 0,
    ...(config.centre ? { center: config.centre, zoom: config.zoom ?? 14 } : {}),
    ...(config.one ? { center: [config.one.lon, config.one.lat] as [number, number], zoom: config.zoom ?? 16 } : {}),
    ...(!config.centre && !config.one && !bounds.isEmpty() ? { bounds, fitBoundsOptions: { padding: 50, maxZoom: 16 } } : {}),
    ...(!config.centre && !config.one && bounds.isEmpty() && start ? { bounds: start, fitBoundsOptions: { padding: 20 } } : {}),
  });
  map.touchZoomRotate.disableRotation();
  if (!config.paper) map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  if (config.mode !== "pick") map.addControl(new ScaleControl({ maxWidth: 100 }), "bottom-left");
  map.setMissingStyleImageResolver((id) => {
    if (id.startsWith("tone-") && !map.hasImage(id)) map.addImage(id, symbol(id.slice(5)), { pixelRatio: 2 });
  });

  const cleanups: (() => void)[] = [];
  const beside = config.table === false || config.mode === "pick" || !facts.length ? null : factsTable(map, facts, loaded);
  if (beside) holder.after(beside.node);

  function net(): void {
    const b = map.getBounds();
    (map.getSource("degree-net") as GeoJSONSource | undefined)?.setData(degreeNet({ west: b.getWest(), south: b.getSouth(), east: b.getEast(), north: b.getNorth() }));
  }
  let asked = 0;
  async function refetch(): Promise<void> {
    const mine = ++asked;
    const b = map.getBounds();
    const within = (n: number, most: number): string => Math.max(-most, Math.min(most, n)).toFixed(5);
    const bbox = [within(b.getWest(), 180), within(b.getSouth(), 85), within(b.getEast(), 180), within(b.getNorth(), 85)].join(",");
    const zoom = Math.min(24, map.getZoom() + 1).toFixed(1); // the server counts in tiles of 256 pixels, the map in 512
    for (const layer of [...base.layers, ...facts]) {
      if (!layer.url || !MOVING.test(layer.url) || map.getZoom() < (layer.minzoom ?? 0)) continue;
      try {
        const data = await getJson<Collection>(layer.url.replace("{bbox}", bbox).replace("{zoom}", zoom));
        if (mine !== asked) return;
        layer.data = data;
        if (facts.includes(layer)) loaded.set(layer.id, data);
        (map.getSource(layer.id) as GeoJSONSource | undefined)?.setData(data);
      } catch (error) {
        console.error("map layer", layer.id, error);
      }
    }
    beside?.refresh();
  }
  let timer = 0;
  map.on("moveend", () => {
    net();
    clearTimeout(timer);
    timer = window.setTimeout(() => void refetch(), 200);
  });

  // Selection: one thing at a time, the same in list and map.
  let chosen: { source: string; sourceLayer?: string; id: string } | null = null;
  const popup = new Popup({ closeOnClick: true, offset: 14, focusAfterOpen: false });
  let ready = false;
  let wanted = ""; // chosen in the list before the map had loaded
  function choose(id: string, fly: boolean, source = ""): void {
    if (!ready) {
      wanted = id;
      return;
    }
    if (chosen) map.removeFeatureState(chosen, "selected");
    chosen = null;
    for (const layer of facts) {
      const feature = loaded.get(layer.id)?.features.find((one) => String(one.properties?.uid) === id);
      if ((!feature && !layer.tiles) || (source && layer.id !== source)) continue;
      chosen = { source: layer.id, id, ...(layer.source_layer ? { sourceLayer: layer.source_layer } : {}) };
      map.setFeatureState(chosen, { selected: true });
      if (feature && fly) {
        const at = boundsOf([{ type: "FeatureCollection", features: [feature] }]);
        if (feature.geometry.type === "Point") map.easeTo({ center: at.getCenter(), zoom: Math.max(map.getZoom(), 16.1), duration: 400 });
        else map.fitBounds(at, { padding: 60, maxZoom: 17, duration: 400 });
      }
      return;
    }
  }
  const onSelect = (event: Event): void => {
    const { id, source } = (event as CustomEvent<{ id: string; source: string }>).detail;
    if (source === "list") choose(id, true);
  };
  document.addEventListener("yw:select", onSelect);
  cleanups.push(() => document.removeEventListener("yw:select", onSelect));

  const credit = [base.review_number, ...facts.map((layer) => layer.review_number), base.credit].filter(Boolean);
  if (credit.length) holder.append(el("div", { class: "yw-map-credit" }, [...new Set(credit)].join(" · ")));
  const tools = config.tools && !config.paper ? startTools(map, holder, config, facts) : null;
  const panel = tools ? identifyPanel(holder) : null;

  const groups = (): string[] => facts.map((layer) => `${layer.id}-cluster`).filter((id) => map.getLayer(id));
  if (config.mode !== "pick") {
    map.on("click", (event) => {
      if (tools?.busy()) return;
      const cluster = map.queryRenderedFeatures(event.point, { layers: groups() })[0];
      if (cluster) {
        if (cluster.properties.count) {
          const { lng, lat } = event.lngLat;
          map.easeTo({ center: [lng, lat], zoom: map.getZoom() + 2 });
          return;
        }
        const source = map.getSource(cluster.source) as GeoJSONSource;
        const at = (cluster.geometry as GeoJSON.Point).coordinates as [number, number];
        void source.getClusterExpansionZoom(cluster.properties.cluster_id as number).then((zoom) => map.easeTo({ center: at, zoom: zoom + 0.3 }));
        return;
      }
      const hits = map.queryRenderedFeatures(event.point, { layers: facts.flatMap(clickable).filter((id) => map.getLayer(id)) });
      if (panel) {
        void panel.show(map, event, hits, facts);
        if (hits[0]) choose(String(hits[0].properties.uid ?? ""), false, hits[0].source);
        return;
      }
      const hit = hits[0];
      if (!hit) return;
      const layer = facts.find((one) => one.id === hit.source)!;
      const id = String(hit.properties.uid ?? "");
      choose(id, false);
      document.dispatchEvent(new CustomEvent("yw:select", { detail: { id, source: "map" } }));
      popup.setLngLat(event.lngLat).setDOMContent(popupContent(hit, layer)).addTo(map);
    });
    map.on("mousemove", (event) => {
      if (tools?.busy()) return;
      const layers = [...facts.flatMap(clickable), ...groups()].filter((id) => map.getLayer(id));
      map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point, { layers }).length ? "pointer" : "";
    });
  }

  await new Promise<void>((resolve) => {
    map.once("load", () => resolve());
    map.once("error", () => setTimeout(resolve, 1500));
  });
  ready = true;
  wanted ||= document.querySelector<HTMLElement>("[data-row].is-selected[data-map-id]")?.dataset.mapId ?? "";
  if (wanted) choose(wanted, true);
  net();
  void refetch();
  const tones = new Set([...loaded.values()].flatMap(({ features }) => features.map((one) => String(one.properties?.tone ?? ""))).filter(Boolean));
  if (config.mode !== "one" && facts.length) holder.append(legend(map, facts, tones, config.paper ? "paper" : config.tools ? "tree" : "plain"));
  if (config.mode === "pick" && config.pick) cleanups.push(startPicking(map, holder, config.pick));
  if (config.draw?.kind === "reshape") cleanups.push((await import("./reshape")).startReshaping(map, holder, config.draw));
  else if (config.draw) cleanups.push((await import("./draw")).startDrawing(map, holder, config.draw));
  if (config.one) {
    const marker = new Marker({ element: pinElement(config.one.tone ?? "accent"), anchor: "bottom" }).setLngLat([config.one.lon, config.one.lat]).addTo(map);
    marker.getElement().setAttribute("aria-label", config.one.label ?? t("place"));
    marker.getElement().setAttribute("role", "img");
  }
  map.on("idle", () => {
    holder.dataset.idle = "";
    beside?.refresh();
  });
  cleanups.push(onThemeChange(() => {
    ready = false;
    map.setStyle(buildStyle(base.layers, facts, base.raster), { diff: false });
    map.once("idle", () => {
      ready = true;
      net();
      if (chosen) choose(chosen.id, false);
    });
  }));
  const resize = new ResizeObserver(() => map.resize());
  resize.observe(canvas);
  cleanups.push(() => resize.disconnect());
  return () => {
    cleanups.forEach((clean) => clean());
    map.remove();
  };
}
