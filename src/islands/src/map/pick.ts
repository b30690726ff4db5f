/** Choosing a point: click, drag the pin, ask the phone where it is, or find an address; the fields stay the truth. */
import { Marker, type Map as GlMap } from "maplibre-gl";
import { el, icon, t } from "../core/texts";
import { pinElement } from "./symbols";
import type { MapConfig } from "./types";

interface Found {
  name: string;
  kind?: string;
  lon: number;
  lat: number;
}

interface Where {
  address?: string;
  no_grid?: boolean;
  chain?: { name: string | Record<string, string> }[];
  title?: string;
  detail?: string;
}

function chainText(chain: Where["chain"]): string {
  const english = document.documentElement.lang.startsWith("en");
  return (chain ?? []).map(({ name }) => (typeof name === "string" ? name : (english && name.en) || name["zh-Hans"] || "")).join(" ");
}

function field(selector: string | undefined): HTMLInputElement | null {
  return selector ? document.querySelector<HTMLInputElement>(selector) : null;
}

function circle(lon: number, lat: number, metres: number): GeoJSON.FeatureCollection {
  const ring = Array.from({ length: 49 }, (_, i) => {
    const a = (i / 48) * 2 * Math.PI;
    return [lon + (metres * Math.cos(a)) / (111_320 * Math.cos((lat * Math.PI) / 180)), lat + (metres * Math.sin(a)) / 110_540];
  });
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
}

export function startPicking(map: GlMap, holder: HTMLElement, config: NonNullable<MapConfig["pick"]>): () => void {
  const lonField = field(config.lon);
  const latField = field(config.lat);
  const addressField = field(config.address);
  const accuracyField = field(config.accuracy);
  const say = el("div", { class: "yw-map-say", role: "status" }, t("pick_hint"));
  holder.append(say);

  const marker = new Marker({ element: pinElement(), anchor: "bottom", draggable: true });
  let placed = false;
  let asked = 0;

  const accuracySource = (): { setData(data: GeoJSON.GeoJSON): void } | undefined => map.getSource("accuracy") as never;

  async function tellWhere(lon: number, lat: number): Promise<void> {
    say.textContent = `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
    const reverse = config.reverse ?? "/map/place.json?lon={lon}&lat={lat}";
    if (!reverse) return;
    const mine = ++asked;
    try {
      const address = reverse.replace("{lon}", String(lon)).replace("{lat}", String(lat));
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      const body = (await answer.json()) as Where;
      if (mine !== asked) return;
      if (!answer.ok) {
        say.textContent = [body.title, body.detail].filter(Boolean).join(" ");
        return;
      }
      const words = body.address || chainText(body.chain);
      if (words) say.textContent = body.no_grid ? `${words} (${t("no_grid")})` : words;
      if (body.address && addressField && (!addressField.value || addressField.dataset.fromMap !== undefined)) {
        addressField.value = body.address;
        addressField.dataset.fromMap = "";
      }
    } catch {
      // Without an answer the coordinates stand.
    }
  }

  function place(lon: number, lat: number, from: "hand" | "gps" | "fields" | "address", accuracy?: number): void {
    marker.setLngLat([lon, lat]);
    if (!placed) marker.addTo(map);
    placed = true;
    if (from !== "fields") {
      for (const [input, value] of [[lonField, lon], [latField, lat]] as const) {
        if (!input) continue;
        input.value = value.toFixed(6);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    if (accuracyField && from !== "fields") accuracyField.value = accuracy ? String(Math.round(accuracy)) : "";
    accuracySource()?.setData(accuracy ? circle(lon, lat, accuracy) : { type: "FeatureCollection", features: [] });
    void tellWhere(lon, lat);
    holder.dispatchEvent(new CustomEvent("yw:placed", { bubbles: true, detail: { lon, lat, from, accuracy } }));
  }

  map.on("click", (event) => place(event.lngLat.lng, event.lngLat.lat, "hand"));
  marker.on("dragend", () => {
    const at = marker.getLngLat();
    place(at.lng, at.lat, "hand");
  });

  function readFields(fly: boolean): void {
    const lon = Number.parseFloat(lonField?.value ?? "");
    const lat = Number.parseFloat(latField?.value ?? "");
    if (!Number.isFinite(lon) || !Number.isFinite(lat) || Math.abs(lon) > 180 || Math.abs(lat) > 85) return;
    const at = placed ? marker.getLngLat() : null;
    if (at && Math.abs(at.lng - lon) < 1e-6 && Math.abs(at.lat - lat) < 1e-6) return;
    place(lon, lat, "fields");
    if (fly) map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 16) });
  }
  for (const input of [lonField, latField]) input?.addEventListener("change", () => readFields(true));
  readFields(false);
  if (placed) map.jumpTo({ center: marker.getLngLat(), zoom: Math.max(map.getZoom(), 16) });

  function locate(button: HTMLButtonElement): void {
    if (!("geolocation" in navigator) || !window.isSecureContext) {
      say.textContent = t("gps_not_here");
      return;
    }
    button.setAttribute("aria-busy", "true");
    say.textContent = t("gps_waiting");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        place(coords.longitude, coords.latitude, "gps", coords.accuracy);
        map.easeTo({ center: [coords.longitude, coords.latitude], zoom: Math.max(map.getZoom(), 17) });
      },
      (error) => {
        button.removeAttribute("aria-busy");
        say.textContent = error.code === error.PERMISSION_DENIED ? t("gps_refused") : t("gps_failed");
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
    );
  }
  map.addControl(
    {
      onAdd() {
        const button = el("button", { type: "button", class: "locate", "aria-label": t("locate_me"), title: t("locate_me") }, icon("current-location"));
        button.addEventListener("click", () => locate(button));
        return el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
      },
      onRemove() {},
    },
    "top-right",
  );

  const search = config.search ?? "/map/search.json?q={q}";
  if (search) holder.append(searchBox(search, (found) => {
    place(found.lon, found.lat, "address");
    map.easeTo({ center: [found.lon, found.lat], zoom: Math.max(map.getZoom(), 17) });
    if (addressField) {
      addressField.value = found.name;
      addressField.dataset.fromMap = "";
    }
  }));
  return () => marker.remove();
}

let boxes = 0;

/** An address box with a list below it, usable by keyboard (ARIA combobox). */
export function searchBox(address: string, choose: (found: Found) => void): HTMLElement {
  const id = `yw-places-${++boxes}`;
  const input = el("input", {
    type: "search", role: "combobox", placeholder: t("find_address"), "aria-label": t("find_address"), "aria-expanded": "false",
    "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", "data-no-draft": "",
  });
  const list = el("ul", { id, role: "listbox", "aria-label": t("find_address"), hidden: "" });
  let results: Found[] = [];
  let at = -1;
  let timer = 0;
  let asked = 0;

  function mark(next: number): void {
    at = next;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${id}-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }
  function show(found: Found[]): void {
    results = found;
    list.replaceChildren(
      ...found.map((one, i) => {
        const item = el("li", { role: "option", id: `${id}-${i}`, "aria-selected": "false" }, one.name);
        if (one.kind) item.append(el("small", {}, t(`kind_${one.kind}`)));
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          pick(i);
        });
        return item;
      }),
    );
    if (!found.length) list.append(el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, t("nothing_found")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(-1);
  }
  function hide(): void {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }
  function pick(i: number): void {
    const found = results[i];
    if (!found) return;
    input.value = found.name;
    hide();
    choose(found);
  }
  async function ask(): Promise<void> {
    const q = input.value.trim();
    if (q.length < 2) return hide();
    const mine = ++asked;
    try {
      const answer = await fetch(address.replace("{q}", encodeURIComponent(q)), { headers: { Accept: "application/json" } });
      const body = (await answer.json()) as { matches?: Found[] };
      if (mine === asked && answer.ok) show((body.matches ?? []).slice(0, 8));
    } catch {
      hide();
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 250);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(Math.min(results.length - 1, at + 1));
    else if (event.key === "ArrowUp") mark(Math.max(0, at - 1));
    else if (event.key === "Enter") pick(Math.max(0, at));
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", hide);
  return el("div", { class: "yw-map-search" }, input, list);
}
