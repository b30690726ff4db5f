/** The map's style, made of our tokens. No tile of anybody else's: land, a fine net of degrees, then our own layers. */
import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { colourOf, fontFamily, toneColour, token } from "../core/colours";
import type { LayerConfig } from "./types";

export const EMPTY = { type: "FeatureCollection" as const, features: [] };

function source(layer: LayerConfig): SourceSpecification {
  if (layer.tiles) {
    const address = layer.tiles.startsWith("/") ? location.origin + layer.tiles : layer.tiles;
    return { type: "vector", tiles: [address], minzoom: layer.minzoom ?? 0, maxzoom: Math.min(layer.maxzoom ?? 16, 16), promoteId: "uid" };
  }
  const common = { type: "geojson" as const, data: layer.data ?? EMPTY, promoteId: "uid" };
  if (!layer.cluster) return common;
  return {
    ...common,
    cluster: true,
    clusterRadius: 46,
    clusterMaxZoom: 15,
    clusterProperties: { overdue: ["+", ["case", ["==", ["get", "tone"], "overdue"], 1, 0]] },
  };
}

function toneOf(layer: LayerConfig): ExpressionSpecification | string {
  return layer.tone ? layer.tone : ["coalesce", ["get", "tone"], "neutral"];
}

const BANDS = ["good", "fair", "warn", "bad", "worst"];

/** Areas by what each says of itself: its grade, or how much is undone there. */
function areaFill(layer: LayerConfig): ExpressionSpecification | string {
  if (layer.by === "band") return ["match", ["coalesce", ["get", "band"], ""], ...BANDS.flatMap((one) => [one, token(`band-${one}`)]), token("map-area")] as unknown as ExpressionSpecification;
  if (layer.by === "share") return ["interpolate", ["linear"], ["coalesce", ["get", "share"], 0], 0, token("map-area"), 0.02, token("overdue-bg"), 0.5, token("overdue-line")];
  return layer.tone || layer.colour ? toneColours(layer) : token("map-area");
}

function toneColours(layer: LayerConfig): ExpressionSpecification | string {
  if (layer.colour) return colourOf(layer.colour);
  if (layer.tone) return toneColour(layer.tone);
  const pairs = ["in_time", "soon", "overdue", "paused", "done"].flatMap((tone) => [tone, toneColour(tone)]);
  return ["match", ["coalesce", ["get", "tone"], ""], ...pairs, token("map-line")] as unknown as ExpressionSpecification;
}

const selected: ExpressionSpecification = ["boolean", ["feature-state", "selected"], false];

function layersOf(layer: LayerConfig): LayerSpecification[] {
  const common = {
    source: layer.id,
    ...(layer.source_layer ? { "source-layer": layer.source_layer } : {}),
    ...(layer.minzoom !== undefined ? { minzoom: layer.minzoom } : {}),
  };
  const visibility = layer.visible === false ? ("none" as const) : ("visible" as const);
  const text = {
    "text-field": ["to-string", ["coalesce", ["get", layer.label_field ?? "label"], ["get", "name"], ""]] as ExpressionSpecification,
    "text-font": [fontFamily()],
    "text-size": 12,
  };
  const halo = { "text-color": token("ink"), "text-halo-color": token("map-halo"), "text-halo-width": 1.5 };
  if (layer.kind === "heat") {
    const at = (share: number): string => `rgba(${token("overdue-line").match(/[\d.]+/g)!.slice(0, 3).join(",")},${share})`;
    return [
      { id: `${layer.id}-heat`, type: "heatmap", ...common, layout: { visibility },
        paint: {
          "heatmap-weight": ["interpolate", ["linear"], ["coalesce", ["get", "count"], 1], 1, 0.25, 20, 1.5],
          "heatmap-radius": ["interpolate", ["exponential", 1.8], ["zoom"], 9, 8, 16, 60],
          "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 16, 1.6],
          "heatmap-color": ["interpolate", ["linear"], ["heatmap-density"], 0, at(0), 0.2, at(0.25), 0.6, at(0.6), 1, at(0.9)],
        } },
    ];
  }
  if (layer.kind === "areas") {
    return [
      { id: `${layer.id}-fill`, type: "fill", ...common, layout: { visibility },
        paint: { "fill-color": areaFill(layer), "fill-opacity": ["case", selected, layer.tiles ? 0.18 : layer.by ? 0.85 : 0.45, layer.fill_opacity ?? (layer.tone ? 0.2 : layer.by ? 0.7 : 0.55)] } },
      { id: `${layer.id}-line`, type: "line", ...common, layout: { visibility },
        paint: { "line-color": ["case", selected, token("accent"), layer.tiles && layer.colour ? toneColours(layer) : token("map-line")] as ExpressionSpecification, "line-width": ["case", selected, 3, 1] } },
      { id: `${layer.id}-label`, type: "symbol", ...common, layout: { visibility, ...text, "text-padding": 6 },
        paint: { ...halo, "text-color": token("ink-2") } },
    ];
  }
  if (layer.kind === "lines") {
    return [
      { id: `${layer.id}-edge`, type: "line", ...common, layout: { visibility, "line-cap": "round", "line-join": "round" },
        paint: { "line-color": layer.colour === "map-road" ? token("map-road-edge") : toneColours(layer), "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 10, 1.2, 16, 7] } },
      { id: `${layer.id}-line`, type: "line", ...common, layout: { visibility, "line-cap": "round", "line-join": "round" },
        paint: { "line-color": ["case", selected, token("accent"), toneColours(layer)] as ExpressionSpecification, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 10, 0.7, 16, 5] } },
      { id: `${layer.id}-label`, type: "symbol", ...common, minzoom: Math.max(13, layer.minzoom ?? 0),
        layout: { visibility, ...text, "symbol-placement": "line", "text-size": 11 }, paint: { ...halo, "text-color": token("ink-2") } },
    ];
  }
  const filter = { filter: ["!", ["any", ["has", "point_count"], ["has", "count"]]] as ExpressionSpecification };
  if (layer.kind === "points") {
    return [
      { id: `${layer.id}-dot`, type: "circle", ...common, ...filter, layout: { visibility },
        paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 2, 16, 5, 19, 8], "circle-color": toneColours(layer),
          "circle-stroke-color": ["case", selected, token("focus"), token("map-halo")], "circle-stroke-width": ["case", selected, 4, 1] } },
      { id: `${layer.id}-label`, type: "symbol", ...common, ...filter, minzoom: Math.max(17, layer.minzoom ?? 0),
        layout: { visibility, ...text, "text-offset": [0, 1.1], "text-anchor": "top", "text-optional": true, "text-size": 11 }, paint: halo },
      ...clusterLayers(layer, visibility),
    ];
  }
  return [
    ...clusterLayers(layer, visibility),
    { id: `${layer.id}-ring`, type: "circle", ...common, ...filter, layout: { visibility },
      paint: { "circle-radius": ["case", selected, 17, 0], "circle-color": token("accent"), "circle-opacity": 0.25, "circle-stroke-color": token("accent"), "circle-stroke-width": ["case", selected, 3, 0] } },
    { id: `${layer.id}-symbol`, type: "symbol", ...common, ...filter,
      layout: { visibility, "icon-image": ["concat", "tone-", toneOf(layer)], "icon-size": 1, "icon-allow-overlap": true,
        "symbol-sort-key": ["match", ["coalesce", ["get", "tone"], ""], "overdue", 3, "soon", 2, 1],
        ...text, "text-offset": [0, 1.2], "text-anchor": "top", "text-optional": true, "text-size": 12 },
      paint: halo },
  ];
}

/** Groups, counted by the browser (`cluster`) or by the server, which sends points with `count`. */
function clusterLayers(layer: LayerConfig, visibility: "visible" | "none"): LayerSpecification[] {
  const filter: ExpressionSpecification = ["any", ["has", "point_count"], ["has", "count"]];
  const common = { source: layer.id, filter, ...(layer.source_layer ? { "source-layer": layer.source_layer } : {}) };
  const size: ExpressionSpecification = ["coalesce", ["get", "point_count"], ["get", "count"], 1];
  return [
    { id: `${layer.id}-cluster`, type: "circle", ...common, layout: { visibility },
      paint: { "circle-color": token("card"), "circle-radius": ["step", size, 15, 10, 18, 100, 23, 1000, 28], "circle-opacity": layer.tiles ? 0.85 : 1,
        "circle-stroke-width": 3, "circle-stroke-color": ["case", [">", ["coalesce", ["get", "overdue"], 0], 0], toneColour("overdue"), layer.tiles && layer.colour ? colourOf(layer.colour) : token("accent")] } },
    { id: `${layer.id}-count`, type: "symbol", ...common,
      layout: { visibility, "text-field": ["to-string", ["coalesce", ["get", "point_count_abbreviated"], size]], "text-font": [fontFamily()], "text-size": 13, "text-allow-overlap": true },
      paint: { "text-color": token("ink") } },
  ];
}

/** Style ids on which a click means a feature of this layer. */
export function clickable(layer: LayerConfig): string[] {
  if (layer.kind === "heat") return [];
  if (layer.kind === "areas") return [`${layer.id}-fill`];
  if (layer.kind === "lines") return [`${layer.id}-line`];
  return layer.kind === "points" ? [`${layer.id}-dot`] : [`${layer.id}-symbol`];
}

/** `raster` are tiles of a service whose key the installation has, the lowest first. */
export function buildStyle(base: LayerConfig[], facts: LayerConfig[], raster: string[] = []): StyleSpecification {
  const all = [...base, ...facts];
  return {
    version: 8,
    sources: {
      "degree-net": { type: "geojson", data: EMPTY },
      accuracy: { type: "geojson", data: EMPTY },
      ...Object.fromEntries(raster.map((address, i) => [`raster-${i}`, { type: "raster" as const, tiles: [address], tileSize: 256, maxzoom: 18 }])),
      ...Object.fromEntries(all.map((layer) => [layer.id, source(layer)])),
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": token("map-land") } },
      ...raster.map((_address, i) => ({ id: `raster-${i}`, type: "raster" as const, source: `raster-${i}` })),
      ...base.flatMap(layersOf).filter((layer) => layer.type !== "symbol"),
      { id: "degree-net", type: "line", source: "degree-net", paint: { "line-color": token("map-grid"), "line-width": 0.5, "line-opacity": 0.7 } },
      ...base.flatMap(layersOf).filter((layer) => layer.type === "symbol"),
      { id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": token("accent"), "fill-opacity": 0.15 } },
      ...facts.flatMap(layersOf),
    ],
  };
}

/** A net of meridians and parallels for the view: even an empty county is not a blank map. */
export function degreeNet(bounds: { west: number; south: number; east: number; north: number }): GeoJSON.FeatureCollection {
  const span = Math.max(bounds.east - bounds.west, 1e-6);
  const step = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].find((s) => span / s >= 5) ?? 0.0005;
  const lines: GeoJSON.Position[][] = [];
  for (let x = Math.floor(bounds.west / step); x * step <= bounds.east; x++) lines.push([[x * step, bounds.south], [x * step, bounds.north]]);
  for (let y = Math.floor(bounds.south / step); y * step <= bounds.north; y++) lines.push([[bounds.west, y * step], [bounds.east, y * step]]);
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } }] };
}
