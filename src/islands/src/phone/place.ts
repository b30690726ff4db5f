/** Where the phone is: one watcher for whoever needs it, and the little geometry that goes with it. */
import { get } from "./db";
import type { Grid, Place } from "./types";

export interface Fix {
  lon: number;
  lat: number;
  accuracy_m: number;
  at: number;
}

const FRESH_MS = 60_000;
let last: Fix | null = null;
let refused = false;
let watching = 0;
let shifted = false;
const users = new Set<(fix: Fix | null, refused: boolean) => void>();

/** Follow the position while the callback is wanted; the last fix is told at once. */
export function follow(callback: (fix: Fix | null, refused: boolean) => void): () => void {
  users.add(callback);
  begin();
  callback(fresh(), refused);
  return () => {
    users.delete(callback);
    if (!users.size) stop();
  };
}

function stop(): void {
  if (watching) navigator.geolocation.clearWatch(watching);
  watching = 0;
}

/** Why an act has no place: the phone has none, or may not have one. */
export function noPlaceReason(): string {
  return refused ? "refused" : "no_fix";
}

const LOOK_AGAIN_MS = 3_000;
let looking = 0;

/** The person may allow in the browser's settings what was refused before. Not every browser tells of it: it is looked up while somebody wants a place. */
function lookAgain(): void {
  if (looking || !navigator.permissions) return;
  looking = setTimeout(() => {
    looking = 0;
    if (!users.size || watching) return;
    void navigator.permissions.query({ name: "geolocation" }).then((state) => (state.state === "granted" ? begin() : lookAgain())).catch(() => undefined);
  }, LOOK_AGAIN_MS) as unknown as number;
}

function begin(): void {
  if (watching || !("geolocation" in navigator)) {
    refused ||= !("geolocation" in navigator);
    return;
  }
  void get("shifted").then((known) => (shifted = Boolean(known)));
  watching = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      // Some phones give the time since they were switched on; a fix that has just come is of now.
      const at = Math.abs(Date.now() - timestamp) < 600_000 ? timestamp : Date.now();
      last = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy), at };
      refused = false;
      users.forEach((one) => one(last, false));
    },
    (error) => {
      refused = error.code === error.PERMISSION_DENIED;
      if (refused) {
        stop(); // asked again when somebody wants a place again, or when the person has allowed it
        lookAgain();
      }
      users.forEach((one) => one(fresh(), refused));
    },
    { enableHighAccuracy: true, maximumAge: 5_000, timeout: 30_000 },
  );
}

/** The last fix unless it is too old to be the place of an act. */
export function fresh(): Fix | null {
  return last && Date.now() - last.at < FRESH_MS ? last : null;
}

export function asPlace(fix: Fix | null): Place | null {
  return fix ? { lon: round(fix.lon), lat: round(fix.lat), accuracy_m: fix.accuracy_m, source: "gps" } : null;
}

export function round(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7; // a centimetre
}

/** How far a shifted place lies from where it is. */
export function offBy(at: { lon: number; lat: number }): number {
  const [lon, lat] = unshift(at.lon, at.lat);
  return Math.round(metres(at, { lon, lat }));
}

export function useShift(on: boolean): void {
  shifted = on;
}

/** Where a fix lies on our maps; sent is what the browser said, which the server sets right by itself. */
export function shown<P extends { lon: number; lat: number; source?: string }>(at: P): P {
  if (!shifted || (at.source !== undefined && at.source !== "gps")) return at;
  const [lon, lat] = unshift(at.lon, at.lat);
  return { ...at, lon, lat };
}

/** Metres between two points, good for distances inside a city. */
export function metres(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return Math.hypot(x, (b.lat - a.lat) * rad) * 6_371_000;
}

function inRing(lon: number, lat: number, ring: GeoJSON.Position[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function inPolygon(lon: number, lat: number, rings: GeoJSON.Position[][]): boolean {
  return inRing(lon, lat, rings[0]) && !rings.slice(1).some((hole) => inRing(lon, lat, hole));
}

/** The grid that holds the point; responsibility grids first, which is what people know by name. */
export function gridAt(at: { lon: number; lat: number }, grids: Grid[]): Grid | undefined {
  const holds = ({ shape }: Grid): boolean =>
    shape.type === "Polygon" ? inPolygon(at.lon, at.lat, shape.coordinates)
      : shape.type === "MultiPolygon" && shape.coordinates.some((one) => inPolygon(at.lon, at.lat, one));
  return grids.find((one) => one.kind === "responsibility" && holds(one)) ?? grids.find(holds);
}

// ---- shifted places (GCJ-02) ----

/**
 * Some browsers in China give places shifted by some hundred metres (GCJ-02). The formula is public knowledge; the way back
 * is found by going there (error below a metre).
 */
function shift(lon: number, lat: number): [number, number] {
  const a = 6_378_245.0;
  const ee = 0.006_693_421_622_965_943;
  const x = lon - 105;
  const y = lat - 35;
  const { PI, sin, sqrt, abs } = Math;
  const waves = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * (2 / 3);
  const dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    + (20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * (2 / 3) + (160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * (2 / 3);
  const dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    + (20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * (2 / 3) + (150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * (2 / 3);
  const rad = (lat / 180) * PI;
  const magic = 1 - ee * sin(rad) ** 2;
  return [
    lon + (dLon * 180) / ((a / sqrt(magic)) * Math.cos(rad) * PI),
    lat + (dLat * 180) / (((a * (1 - ee)) / (magic * sqrt(magic))) * PI),
  ];
}

export function unshift(lon: number, lat: number): [number, number] {
  let [x, y] = [lon, lat];
  for (let i = 0; i < 3; i++) {
    const [sx, sy] = shift(x, y);
    x -= sx - lon;
    y -= sy - lat;
  }
  return [x, y];
}

/** Say whether a fix taken at a known point is right, shifted, or elsewhere (which says nothing). */
export function compare(fix: Fix, known: { lon: number; lat: number; radius_m: number }): "right" | "shifted" | "elsewhere" {
  const near = known.radius_m + Math.min(fix.accuracy_m, 60);
  if (metres(fix, known) <= near) return "right";
  const [lon, lat] = unshift(fix.lon, fix.lat);
  return metres({ lon, lat }, known) <= near ? "shifted" : "elsewhere";
}
