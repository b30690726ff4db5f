/** What stands on and beside the map: the legend, and a table of the same facts for who cannot see or point. */
import type { Map as GlMap } from "maplibre-gl";
import { colourOf, toneColour, token } from "../core/colours";
import { el, t } from "../core/texts";
import { symbolElement } from "./symbols";
import type { LayerConfig } from "./types";

const TONES = ["overdue", "soon", "in_time", "paused", "done"];

function swatch(layer: LayerConfig): HTMLElement {
  const mark = el("span", { class: "mark" });
  const colour = layer.colour ? colourOf(layer.colour) : layer.tone ? toneColour(layer.tone) : token("map-line");
  if (layer.kind === "lines") mark.style.borderTop = `3px solid ${layer.colour === "map-road" ? token("map-road-edge") : colour}`;
  else if (layer.kind === "heat") mark.style.background = `radial-gradient(${toneColour("overdue")}, transparent 70%)`;
  else if (layer.kind === "areas") {
    mark.style.background = layer.colour || layer.tone ? colour : token("map-area");
    if (layer.by === "share") mark.style.background = `linear-gradient(90deg, ${token("overdue-bg")}, ${token("overdue-line")})`;
    if (layer.by === "band") mark.style.background = `linear-gradient(90deg, ${["good", "fair", "warn", "bad", "worst"].map((one) => token(`band-${one}`)).join(", ")})`;
    if (layer.tiles && layer.colour) mark.style.background = `color-mix(in srgb, ${colour} ${Math.max(8, 100 * (layer.fill_opacity ?? 0.55))}%, ${token("card")})`;
    mark.style.border = layer.tiles && layer.colour ? `2px solid ${colour}` : `1px solid ${token("map-line")}`;
  } else {
    mark.style.background = colour;
    mark.style.borderRadius = "50%";
    mark.style.scale = "0.6";
  }
  return mark;
}

/** How a legend stands: beside a map's own layers, as the tree of all layers, or on paper (only what is on, no boxes). */
export type LegendForm = "plain" | "tree" | "paper";

function toneItems(layers: LayerConfig[], tonesPresent: Set<string>): HTMLElement[] {
  if (!layers.some((layer) => layer.kind === "cases" && !layer.tone)) return [];
  const items = TONES.filter((one) => tonesPresent.size === 0 || tonesPresent.has(one)).map((tone) => el("li", {}, symbolElement(tone), t(`tone_${tone}`)));
  if (layers.some((layer) => layer.kind === "cases" && !layer.tone && layer.cluster)) items.push(el("li", {}, el("span", { class: "ring" }), t("legend_ring")));
  return items;
}

/** A legend that switches layers, with exactly the symbols that the map draws. */
export function legend(map: GlMap, layers: LayerConfig[], tonesPresent: Set<string>, form: LegendForm = "plain"): HTMLElement {
  const list = el("ul");
  const shown = form === "paper" ? layers.filter((layer) => layer.visible !== false) : layers;
  if (form === "plain") list.append(...toneItems(shown, tonesPresent));
  for (const layer of shown) {
    if (layer.kind === "cases" && !layer.tone && shown.length === 1) continue;
    const mark = layer.kind === "cases" ? [] : [swatch(layer)];
    if (form === "paper") {
      list.append(el("li", {}, ...mark, layer.label));
      continue;
    }
    const box = el("input", { type: "checkbox" });
    box.checked = layer.visible !== false;
    box.addEventListener("change", () => {
      layer.visible = box.checked;
      for (const one of map.getStyle().layers) {
        if ("source" in one && one.source === layer.id) map.setLayoutProperty(one.id, "visibility", box.checked ? "visible" : "none");
      }
    });
    list.append(el("li", {}, el("label", {}, box, ...mark, layer.label)));
  }
  if (form !== "plain") list.append(...toneItems(shown, tonesPresent));
  const details = el("details", { class: form === "plain" ? "yw-legend" : "yw-legend is-tree" }, el("summary", {}, t(form === "tree" ? "layers" : "legend")), list);
  details.open = form === "paper" || (matchMedia("(min-width: 62rem)").matches && map.getContainer().clientWidth > 480);
  return details;
}

interface Row {
  id: string;
  cells: string[];
  href: string;
}

function rowsIn(map: GlMap, layers: LayerConfig[], loaded: Map<string, GeoJSON.FeatureCollection>): Row[] {
  const rows = new Map<string, Row>();
  for (const layer of layers) {
    const features = loaded.get(layer.id)?.features ?? map.querySourceFeatures(layer.id, { sourceLayer: layer.source_layer ?? "" });
    for (const { properties } of features) {
      const p = (properties ?? {}) as Record<string, unknown>;
      const id = String(p.uid ?? p.code ?? p.label ?? "");
      if (!id || p.point_count || p.count || rows.size >= 300) continue;
      const state = p.status ?? (p.tone ? t(`tone_${String(p.tone)}`) : "");
      rows.set(`${layer.id}:${id}`, {
        id,
        href: String(p.href ?? ""),
        cells: [layer.label, String(p.code ?? ""), String(p.title ?? p.label ?? p.name ?? ""), String(state), String(p.address ?? p.due ?? "")],
      });
    }
  }
  return [...rows.values()];
}

/** A folded table under the map; filled when it is opened and after each load. */
export function factsTable(map: GlMap, layers: LayerConfig[], loaded: Map<string, GeoJSON.FeatureCollection>): { node: HTMLElement; refresh(): void } {
  const body = el("tbody");
  const heads = ["column_layer", "column_code", "column_what", "column_state", "column_where"].map((key) => el("th", { scope: "col" }, t(key)));
  const table = el("table", { class: "yw-table" }, el("thead", {}, el("tr", {}, ...heads)), body);
  const summary = el("summary", {}, t("as_table"));
  const details = el("details", { class: "yw-map-table" }, summary, el("div", { class: "yw-table-wrap", tabindex: "0", role: "region", "aria-label": t("as_table") }, table));
  const refresh = (): void => {
    if (!details.open) return;
    const rows = rowsIn(map, layers, loaded);
    body.replaceChildren(
      ...rows.map((row) => {
        const cells = row.cells.map((text) => el("td", {}, text));
        if (row.href) cells[1].replaceChildren(el("a", { href: row.href }, row.cells[1] || row.cells[2]));
        return el("tr", {}, ...cells);
      }),
    );
    if (!rows.length) body.append(el("tr", {}, el("td", { colspan: "5" }, t("nothing_in_view"))));
  };
  details.addEventListener("toggle", refresh);
  return { node: details, refresh };
}
