/** What stands on and beside the map: the legend, and a table of the same facts for who cannot see or point. */
import type { Map as GlMap } from "maplibre-gl";
import { toneColour, token } from "../core/colours";
import { el, t } from "../core/texts";
import { symbolElement } from "./symbols";
import type { LayerConfig } from "./types";

const TONES = ["overdue", "soon", "in_time", "paused", "done"];

function swatch(layer: LayerConfig): HTMLElement {
  const mark = el("span", { class: "mark" });
  const colour = layer.colour ? token(layer.colour) : layer.tone ? toneColour(layer.tone) : token("map-line");
  if (layer.kind === "lines") mark.style.borderTop = `3px solid ${colour}`;
  else if (layer.kind === "areas") {
    mark.style.background = layer.colour || layer.tone ? colour : token("map-area");
    mark.style.border = `1px solid ${token("map-line")}`;
  } else {
    mark.style.background = colour;
    mark.style.borderRadius = "50%";
    mark.style.scale = "0.6";
  }
  return mark;
}

/** A legend that switches layers, with exactly the symbols that the map draws. */
export function legend(map: GlMap, layers: LayerConfig[], tonesPresent: Set<string>): HTMLElement {
  const list = el("ul");
  const cases = layers.some((layer) => layer.kind === "cases" && !layer.tone);
  if (cases) {
    for (const tone of TONES.filter((one) => tonesPresent.size === 0 || tonesPresent.has(one))) {
      list.append(el("li", {}, symbolElement(tone), t(`tone_${tone}`)));
    }
  }
  if (cases && layers.some((layer) => layer.cluster)) list.append(el("li", {}, el("span", { class: "ring" }), t("legend_ring")));
  for (const layer of layers) {
    if (layer.kind === "cases" && !layer.tone && layers.length === 1) continue;
    const box = el("input", { type: "checkbox" });
    box.checked = layer.visible !== false;
    box.addEventListener("change", () => {
      layer.visible = box.checked;
      for (const one of map.getStyle().layers) {
        if ("source" in one && one.source === layer.id) map.setLayoutProperty(one.id, "visibility", box.checked ? "visible" : "none");
      }
    });
    list.append(el("li", {}, el("label", {}, box, ...(layer.kind === "cases" ? [] : [swatch(layer)]), layer.label)));
  }
  const details = el("details", { class: "yw-legend" }, el("summary", {}, t("legend")), list);
  details.open = matchMedia("(min-width: 62rem)").matches && map.getContainer().clientWidth > 480;
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
