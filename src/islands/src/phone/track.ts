/**
 * The way that was gone on shift, and only then, with the person's knowledge. A locked screen gives no place: such gaps say
 * so, and are never called an absence. Points are thinned here before anything is sent.
 */
import { db, get, moved, note, set, unlessFull, unset } from "./db";
import { follow, metres, round, type Fix } from "./place";
import type { Gap, Settings, ShiftRef, TrackPoint } from "./types";
import { stamp, uuid7 } from "./uid";

const BATCH_EVERY_MS = 60_000;
const MOST_POINTS = 200;
const WORST_ACCURACY_M = 200;
const FASTEST_M_S = 50; // beyond this a fix has jumped

let stop: (() => void) | null = null;
let last: (Fix & { kept: number }) | null = null;
let doubted: Fix | null = null;
let lastFix = 0;
let hiddenAt = 0;
let gapFrom = 0;

type Seen = { lon: number; lat: number; at: number };

function jumped(before: Seen, fix: Seen): boolean {
  const far = metres(before, fix);
  return far > 300 && far / ((fix.at - before.at) / 1000) > FASTEST_M_S;
}

/** Whether a fix is worth keeping after the last kept one. A jump is not; two that agree are none: then the one before was wrong. */
export function worth(before: Seen | null, fix: Fix, settings: Settings): boolean {
  if (fix.accuracy_m > WORST_ACCURACY_M) return false;
  if (!before) return true;
  const seconds = (fix.at - before.at) / 1000;
  const far = metres(before, fix);
  if (seconds <= 0) return false;
  if (jumped(before, fix)) {
    const agreed = doubted !== null && fix.at > doubted.at && !jumped(doubted, fix);
    doubted = fix;
    if (!agreed) return false;
  }
  doubted = null;
  if (seconds < settings.track_every_s) return false;
  return far >= settings.track_min_m || seconds >= settings.track_every_s * 10;
}

/** Begin or stop following, as the shift says. */
export async function keepTrack(): Promise<void> {
  const shift = await get("shift");
  const me = await get("me");
  if (!shift || !me) {
    if (stop) {
      stop();
      stop = null;
    }
    return;
  }
  if (stop) return;
  const { settings } = me;
  await gapSinceAlive(settings);
  lastFix = Date.now();
  const leave = follow((fix) => {
    if (!fix || fix.at <= lastFix - 60_000) return;
    if (gapFrom) void closeGap(fix.at);
    lastFix = Math.max(lastFix, fix.at);
    if (!worth(last, fix, settings)) return;
    last = { ...fix, kept: Date.now() };
    void keepPoint({ at: stamp(new Date(fix.at)), lon: round(fix.lon), lat: round(fix.lat), accuracy_m: fix.accuracy_m });
  });
  const beat = setInterval(() => {
    void note("alive", Date.now());
    if (!document.hidden && !gapFrom && Date.now() - lastFix > settings.no_fix_after_s * 1000) gapFrom = lastFix;
  }, 15_000);
  const pack = setInterval(() => void bundle().catch(unlessFull), BATCH_EVERY_MS);
  const seen = (): void => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt) {
      if (Date.now() - hiddenAt > settings.no_fix_after_s * 1000) void keepGap({ from: stamp(new Date(hiddenAt)), to: stamp(), kind: "screen_locked" });
      hiddenAt = 0;
      lastFix = Date.now();
    }
  };
  document.addEventListener("visibilitychange", seen);
  stop = () => {
    leave();
    clearInterval(beat);
    clearInterval(pack);
    document.removeEventListener("visibilitychange", seen);
  };
}

async function keepPoint(point: TrackPoint): Promise<void> {
  try {
    await (await db()).add("points", point);
    moved("track");
  } catch (error) {
    unlessFull(error); // no room: reports matter more than the track
  }
}

async function keepGap(gap: Gap): Promise<void> {
  await (await db()).add("gaps", gap).catch(unlessFull); // no room: reports matter more than the track
}

async function closeGap(to: number): Promise<void> {
  const from = gapFrom;
  gapFrom = 0;
  await keepGap({ from: stamp(new Date(from)), to: stamp(new Date(to)), kind: "no_fix" });
}

/** The app was closed while on shift. */
async function gapSinceAlive(settings: Settings): Promise<void> {
  const alive = await get("alive");
  if (alive && Date.now() - alive > settings.no_fix_after_s * 1000) await keepGap({ from: stamp(new Date(alive)), to: stamp(), kind: "off" });
  await note("alive", Date.now());
}

/** Put points and gaps into a parcel with a number of its own, in one transaction. */
export async function bundle(): Promise<void> {
  const [shift, me] = [await get("shift"), await get("me")];
  if (!shift || !me) return;
  const tx = (await db()).transaction(["points", "gaps", "batches"], "readwrite");
  const points = await tx.objectStore("points").getAll(undefined, MOST_POINTS);
  const gaps = await tx.objectStore("gaps").getAll();
  if (points.length || gaps.length) {
    await tx.objectStore("batches").put({
      uid: uuid7(), person: me.person.uid, shift, tries: 0, next_at: 0,
      points: points.map((p) => [p.at, p.lon, p.lat, p.accuracy_m]), gaps: gaps.map((g) => [g.from, g.to, g.kind]),
    });
    for (const one of points) await tx.objectStore("points").delete(one.id!);
    for (const one of gaps) await tx.objectStore("gaps").delete(one.id!);
  }
  await tx.done;
}

export async function beginShift(act: string): Promise<void> {
  const shift: ShiftRef = { uid: "", act, began_at: stamp() };
  const store = await db();
  await Promise.all([store.clear("points"), store.clear("gaps")]);
  await unset("alive");
  last = doubted = null;
  await set("shift", shift);
  await keepTrack();
  moved("me");
}

export async function endShift(): Promise<void> {
  if (gapFrom) await closeGap(Date.now());
  await bundle();
  await unset("shift", "alive");
  await keepTrack();
  moved("me");
}
