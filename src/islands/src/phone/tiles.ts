/** The map of the own grids as vector tiles: which ones are kept, how they are taken along, and how they are renewed. */
import { NoAnswer } from "./api";
import { get, moved, set } from "./db";
import { hasPlenty } from "./room";
import type { Grid, Pack, TileSource } from "./types";

export const TILES = "yw-tiles";
const MOST_TILES = 4_000;
const MARGIN = 0.15; // what stands beside the own grids on the screen
const LEAST_MARGIN = 0.003; // degrees, some 300 m
const AT_ONCE = 4;
const RENEW_MS = 20 * 3_600_000; // components move: once a working day the phone asks what is new
/** Nearer than this the map enlarges what it has. A tile of points of scale 15 is a kilometre wide and drawn to 25 cm. */
const NEAREST = { points: 15, other: 14 };

type Layer = TileSource["layers"][number];
type Box = [west: number, south: number, east: number, north: number];

/** Return the nearest scale at which a layer's tiles are kept; MapLibre draws nearer ones from these. */
export function nearest(tiles: TileSource, layer: Layer): number {
  const wanted = layer.kind === "points" ? NEAREST.points : NEAREST.other;
  return Math.min(Math.max(wanted, layer.minzoom ?? tiles.minzoom), layer.maxzoom ?? tiles.maxzoom);
}

function column(lon: number, z: number): number {
  return Math.floor(((lon + 180) / 360) * 2 ** z);
}

function row(lat: number, z: number): number {
  const rad = (Math.max(-85, Math.min(85, lat)) * Math.PI) / 180;
  return Math.floor(((1 - Math.log(Math.tan(rad) + 1 / Math.cos(rad)) / Math.PI) / 2) * 2 ** z);
}

function boxOf({ shape }: Grid): Box | null {
  const found: Box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] !== "number") return value.forEach(walk);
    const [x, y] = value as [number, number];
    found[0] = Math.min(found[0], x);
    found[1] = Math.min(found[1], y);
    found[2] = Math.max(found[2], x);
    found[3] = Math.max(found[3], y);
  };
  if ("coordinates" in shape) walk(shape.coordinates);
  return found[0] < found[2] ? found : null;
}

/** Around each own grid: who has two far apart takes not along what lies between. */
function boxes({ grids, bounds }: Pack): Box[] {
  const own = grids.filter((one) => one.kind === "responsibility").map(boxOf).filter((one): one is Box => one !== null);
  const found = own.length ? own : bounds ? [bounds] : [];
  return found.map(([west, south, east, north]) => {
    const dx = Math.max((east - west) * MARGIN, LEAST_MARGIN);
    const dy = Math.max((north - south) * MARGIN, LEAST_MARGIN);
    return [west - dx, south - dy, east + dx, north + dy];
  });
}

/**
 * Addresses of the tiles that cover the own grids, from far to near, and how near each layer comes. Where there are too many
 * (somebody without a grid of his own), a layer stops earlier: those that the server names last come last.
 */
export function tileAddresses(pack: Pack): { urls: string[]; reach: Record<string, number> } {
  const { tiles } = pack;
  const around = boxes(pack);
  const urls = new Set<string>();
  const reach: Record<string, number> = {};
  if (!tiles) return { urls: [], reach };
  const full = new Set<string>();
  const last = Math.max(...tiles.layers.map((layer) => nearest(tiles, layer)));
  for (let z = tiles.minzoom; z <= last; z++) {
    for (const layer of tiles.layers) {
      if (full.has(layer.code) || z < (layer.minzoom ?? tiles.minzoom) || z > nearest(tiles, layer)) continue;
      const here = new Set<string>();
      const template = (layer.template ?? tiles.template.replace("{layer}", layer.code)).replace("{z}", `${z}`);
      for (const [w, s, e, n] of around) {
        for (let x = column(w, z); x <= column(e, z); x++) {
          for (let y = row(n, z); y <= row(s, z); y++) here.add(template.replace("{x}", `${x}`).replace("{y}", `${y}`));
        }
      }
      if (urls.size + here.size > MOST_TILES) full.add(layer.code);
      else {
        here.forEach((url) => urls.add(url));
        reach[layer.code] = z;
      }
    }
  }
  return { urls: [...urls], reach };
}

/** Name a set of tiles: other grids, layers or scales make another one; a class that is used often does not. */
function nameOf(urls: string[]): string {
  let sum = 0;
  for (const url of urls) for (let i = 0; i < url.length; i++) sum = (Math.imul(sum, 31) + url.charCodeAt(i)) | 0;
  return `${urls.length}.${(sum >>> 0).toString(36)}`;
}

let loading = false;

/** Load the map of the own grids for work without a network; goes on where it stopped, and renews it once a day or when told. */
export async function loadTiles(again = false): Promise<void> {
  if (loading || !("caches" in self)) return;
  loading = true;
  try {
    await takeAlong(again);
  } finally {
    loading = false;
  }
}

async function takeAlong(again: boolean): Promise<void> {
  const pack = await get("pack");
  if (!pack?.tiles) return;
  const known = await get("tiles");
  const { urls, reach } = tileAddresses(pack);
  const version = nameOf(urls);
  const same = known?.version === version;
  const stopped = same && known.done < known.total;
  if (!again && same && !stopped && Math.abs(Date.now() - (known.at ?? 0)) < RENEW_MS) return;
  if (!again && !(await hasPlenty())) return;
  const cache = await caches.open(TILES);
  const state = {
    version, total: urls.length, reach, at: stopped && known.at ? known.at : Date.now(),
    // Those under way when it stopped are asked for again.
    done: stopped && !again ? Math.max(0, known.done - AT_ONCE) : 0,
    renew: again || (stopped ? Boolean(known.renew) : known !== undefined),
  };
  const rest = urls.slice(state.done);
  let failed = false;
  const tell = async (): Promise<void> => {
    await set("tiles", { ...state });
    moved("tiles");
  };
  const one = async (): Promise<void> => {
    for (let url = rest.shift(); url && !failed; url = rest.shift()) {
      try {
        await keepOne(cache, url, state.renew);
      } catch {
        failed = true; // no network, no room, or told to come later: the rest next time
        return;
      }
      state.done += 1;
      if (state.done % 50 === 0) await tell();
    }
  };
  await tell();
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  await tell();
  if (!failed) await drop(cache, urls);
}

/** Fetch a tile unless it is here; to renew one, ask whether it is still the same. */
async function keepOne(cache: Cache, url: string, renew: boolean): Promise<void> {
  const had = await cache.match(url, { ignoreVary: true });
  if (had && !renew) return;
  const etag = had?.headers.get("ETag");
  const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
  if (answer.ok) await cache.put(url, answer);
  else if (answer.status === 401 || answer.status === 429 || answer.status >= 500) throw new NoAnswer("later");
}

/** What was looked at elsewhere, or belonged to a grid that is no longer one's own, is not renewed and goes. */
async function drop(cache: Cache, urls: string[]): Promise<void> {
  const wanted = new Set(urls.map((url) => new URL(url, location.origin).href));
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
}
