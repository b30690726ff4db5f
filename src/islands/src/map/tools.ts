/** The tools of a map for browsing: find, measure, say what is here, print; and the layers that the reader may switch on. */
import { Marker, type IControl, type Map as GlMap } from "maplibre-gl";
import { el, icon, t } from "../core/texts";
import { measureTool } from "./measure";
import { searchBox } from "./pick";
import { pinElement } from "./symbols";
import type { LayerConfig, MapConfig } from "./types";

/** Areas lie below lines, lines below points. */
const ORDER = ["areas", "lines", "points", "cases"];

/** Return the layers of the catalogue that the page does not show already; `config.on` switches on others than usual. */
export async function catalogueOf(config: MapConfig): Promise<LayerConfig[]> {
  const address = typeof config.tools === "string" ? config.tools : "/map/layers.json";
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const { layers } = (await answer.json()) as { layers: LayerConfig[] };
    const known = new Set((config.layers ?? []).map((layer) => layer.id));
    layers.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    return layers.filter((layer) => !known.has(layer.id)).map((layer) => ({ ...layer, ...(layer.id === "roads" ? { colour: "map-road" } : {}), visible: config.on ? config.on.includes(layer.id) : layer.visible === true }));
  } catch (error) {
    console.error("map layers", error);
    return [];
  }
}

/** The buttons at the right, and the box that finds places; returns whether a tool takes the clicks. */
export function startTools(map: GlMap, holder: HTMLElement, config: MapConfig, layers: LayerConfig[]): { busy(): boolean } {
  const pin = new Marker({ element: pinElement(), anchor: "bottom" });
  holder.append(searchBox("/map/search.json?q={q}", (found) => {
    pin.setLngLat([found.lon, found.lat]).addTo(map);
    map.easeTo({ center: [found.lon, found.lat], zoom: Math.max(map.getZoom(), 16) });
  }));
  const measure = measureTool(map, holder);
  const nodes: HTMLElement[] = [...measure.nodes];
  if (config.print) {
    const link = el("a", { href: config.print, target: "_blank", class: "print", "aria-label": t("print_map"), title: t("print_map") }, icon("printer"));
    link.addEventListener("click", () => {
      const { lng, lat } = map.getCenter();
      const on = layers.filter((layer) => layer.visible !== false).map((layer) => layer.id);
      link.href = `${config.print}?${new URLSearchParams({ lon: lng.toFixed(6), lat: lat.toFixed(6), zoom: map.getZoom().toFixed(2), on: on.join(",") })}`;
    });
    nodes.push(link);
  }
  const control: IControl = { onAdd: () => el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group yw-map-tools" }, ...nodes), onRemove() {} };
  map.addControl(control, "top-right");
  return { busy: measure.active };
}
