/** What is here: a panel beside the map with the facts of the things under the pointer, each with its own page where it has one. */
import type { Map as GlMap, MapGeoJSONFeature, MapMouseEvent } from "maplibre-gl";
import { el, icon, t } from "../core/texts";
import type { LayerConfig } from "./types";

interface Facts {
  layer: string;
  title: string;
  rows: { label: string; value: string }[];
  href?: string;
}

const MOST = 6;

async function ask<T>(address: string): Promise<T | null> {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}

function shown(facts: Facts): HTMLElement {
  const list = el("dl", { class: "yw-facts" });
  for (const { label, value } of facts.rows) list.append(el("dt", {}, label), el("dd", {}, value));
  const node = el("section", {}, el("h3", {}, facts.title, el("small", {}, facts.layer)), list);
  if (facts.href) node.append(el("a", { class: "btn", href: facts.href }, t("open")));
  return node;
}

interface Place {
  address?: string;
  chain?: { name: string | Record<string, string> }[];
  responsibility_grid?: string | null;
}

function placeFacts(place: Place, lon: number, lat: number): Facts {
  const english = document.documentElement.lang.startsWith("en");
  const names = (place.chain ?? []).map(({ name }) => (typeof name === "string" ? name : (english && name.en) || name["zh-Hans"] || ""));
  const rows = [
    { label: t("fact_area"), value: names.join(" ") }, { label: t("fact_address"), value: place.address ?? "" },
    { label: t("fact_grid"), value: place.responsibility_grid ?? "" }, { label: t("fact_point"), value: `${lon.toFixed(6)}, ${lat.toFixed(6)}` },
  ];
  return { layer: t("place"), title: place.address || names.at(-1) || t("place"), rows: rows.filter((row) => row.value) };
}

/** Return the panel and what fills it: the features hit, in the map's order, else the place itself. */
export function identifyPanel(holder: HTMLElement): { show(map: GlMap, event: MapMouseEvent, hits: MapGeoJSONFeature[], layers: LayerConfig[]): Promise<void> } {
  const body = el("div", { class: "found", "aria-live": "polite" });
  const close = el("button", { type: "button", class: "btn btn-icon", "aria-label": t("close") }, icon("x"));
  const panel = el("aside", { class: "yw-map-facts", "aria-label": t("identified"), hidden: "" }, el("header", {}, el("h2", {}, t("identified")), close), body);
  holder.append(panel);
  close.addEventListener("click", () => (panel.hidden = true));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") panel.hidden = true;
  });
  let asked = 0;
  return {
    async show(_map, event, hits, layers) {
      const mine = ++asked;
      const { lng, lat } = event.lngLat;
      const seen = new Map<string, string>();
      for (const hit of hits) {
        const layer = layers.find((one) => one.id === hit.source);
        const uid = String(hit.properties.uid ?? "");
        if (layer?.facts && uid && seen.size < MOST) seen.set(`${layer.id} ${uid}`, layer.facts.replace("{uid}", uid));
      }
      const found = (await Promise.all([...seen.values()].map((address) => ask<Facts>(address)))).filter((one) => one !== null);
      const place = await ask<Place>(`/map/place.json?lon=${lng.toFixed(7)}&lat=${lat.toFixed(7)}`);
      if (mine !== asked) return;
      if (place) found.push(placeFacts(place, lng, lat));
      body.replaceChildren(...found.map(shown));
      if (!found.length) body.append(el("p", {}, t("nothing_here")));
      panel.hidden = false;
    },
  };
}
