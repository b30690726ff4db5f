/** Fetching what the phone needs to work alone: who I am, grids and classes, tasks, messages, figures, tiles, old pictures. */
import { API, ask, NoAnswer, Refused, TOKEN } from "./api";
import { noteAhead } from "./clock";
import { db, get, isFull, moved, set, unlessFull, unset, type Known } from "./db";
import { shed } from "./room";
import { drain } from "./sender";
import type { Figures, FieldTask, Me, Message, Pack } from "./types";
import { stamp } from "./uid";

const MOST_MESSAGES = 200;

export type Outcome = "ok" | "offline" | "signed_out" | "forbidden" | "full";

let running: Promise<Outcome> | null = null;

/** Fetch everything that is new; quiet when there is no network. */
export function refresh(): Promise<Outcome> {
  running ??= fetchWithRoom().finally(() => (running = null));
  return running;
}

let short = false;

/** Whether what was fetched last could not be kept: the phone has no room. What waits is sent all the same. */
export function isShort(): boolean {
  return short;
}

async function fetchWithRoom(): Promise<Outcome> {
  const before = short;
  try {
    const outcome = await fetchAll().catch(async (error) => {
      unlessFull(error);
      await shed(); // what can be fetched again makes room for what is new
      return fetchAll();
    });
    if (outcome === "ok") short = false;
    return outcome;
  } catch (error) {
    unlessFull(error);
    short = true;
    return "full";
  } finally {
    if (short !== before) moved("me");
  }
}

async function fetchAll(): Promise<Outcome> {
  try {
    const { body: me } = await ask<Me>(`${API}me`);
    await takeMe(me);
    await Promise.all([pack(), tasks(), messages(), figures()].map((one) => one.catch(keepQuiet)));
    await set("last_contact", stamp());
    moved("me");
    return "ok";
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) {
      await set("signed_out", true);
      moved("me");
      return "signed_out";
    }
    if (error instanceof Refused && error.problem.status === 403) {
      await set("forbidden", true);
      moved("me");
      return "forbidden";
    }
    keepQuiet(error);
    return "offline";
  }
}

function keepQuiet(error: unknown): void {
  if (!(error instanceof NoAnswer) && !(error instanceof Refused)) throw error;
}

/** Tasks, messages and map do not stay for the next person; what waits to be sent does, and waits for its own. */
export async function forgetTold(): Promise<void> {
  await unset("me", "pack", "pack_etag", "tasks", "messages", "messages_after", "messages_read", "figures", "recent", "shift", "shifted", "shifted_told", "tiles", "track_refused");
  await shed();
}

async function takeMe(me: Me): Promise<void> {
  const before = await get("me");
  if (before && before.person.uid !== me.person.uid) await forgetTold();
  await set("me", me);
  const ahead = Date.parse(me.server_time) - Date.now();
  await set("clock_ahead", ahead);
  noteAhead(ahead);
  await unset("signed_out", "forbidden");
  await takeShift(me);
}

/** The server knows of a shift that another phone began, or that was ended elsewhere; what waits here counts more. */
async function takeShift(me: Me): Promise<void> {
  const acts = await (await db()).getAllFromIndex("acts", "state", "waiting");
  if (acts.some((act) => act.kind === "shift_in" || act.kind === "shift_out")) return;
  const known = await get("shift");
  if (me.shift && known?.uid !== me.shift.uid) await set("shift", { uid: me.shift.uid, act: "", began_at: me.shift.began_at });
  if (!me.shift && known) await unset("shift");
}

async function pack(): Promise<void> {
  const known = await get("pack");
  const answer = await ask<Pack>(`${API}pack`, { etag: known ? await get("pack_etag") : "", timeout: 120_000 });
  if (answer.status === 304) return;
  await set("pack", answer.body);
  await set("pack_etag", answer.etag);
  moved("pack");
}

async function tasks(): Promise<void> {
  const { body } = await ask<Known["tasks"]>(`${API}tasks`);
  await set("tasks", body);
  moved("tasks");
  void keepPictures(body.tasks).catch(unlessFull);
}

async function messages(): Promise<void> {
  const kept = (await get("messages")) ?? [];
  let after = (await get("messages_after")) ?? "";
  for (let page = 0; page < 5; page++) {
    const { body } = await ask<{ messages: Message[]; next: string | null }>(`${API}messages${after ? `?after=${encodeURIComponent(after)}` : ""}`);
    const fresh = body.messages.filter((one) => !kept.some((old) => old.uid === one.uid));
    kept.push(...fresh);
    if (!body.next || body.next === after) break;
    after = body.next;
    if (!body.messages.length) break;
  }
  kept.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  await set("messages", kept.slice(0, MOST_MESSAGES));
  await set("messages_after", after);
  moved("messages");
}

async function figures(): Promise<void> {
  const { body } = await ask<Figures>(`${API}figures`);
  await set("figures", body);
}

/** Pictures of how it was before: what a check is compared with, also in a cellar. */
async function keepPictures(found: FieldTask[]): Promise<void> {
  if (!("caches" in self) || short) return;
  const wanted = new Set(found.flatMap((task) => task.photos_before).map((url) => new URL(url, location.origin).href));
  const cache = await caches.open("yw-photos");
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
  for (const url of wanted) {
    if (await cache.match(url, { ignoreVary: true })) continue;
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (answer.ok) await cache.put(url, answer);
    } catch {
      return; // the network is gone; the rest comes next time
    }
  }
}

/** The server's own words (outcomes, reasons) come in the language that the account has chosen: tell it, when it can be told. */
export async function tellLanguage(language: string): Promise<void> {
  try {
    const { body } = await ask<{ token: string }>(TOKEN);
    const form = new FormData();
    form.append("language", language);
    await fetch("/ui/language/", { method: "POST", body: form, headers: { "X-CSRFToken": body.token }, credentials: "same-origin", redirect: "manual" });
    await unset("pack_etag");
    await refresh();
  } catch (error) {
    keepQuiet(error instanceof TypeError ? new NoAnswer("no network") : error);
  }
}

// ---- the rhythm ----

let timer = 0;

/** Send now and whenever something can be sent; the next moment is worked out by the sender. */
export function keepSending(): void {
  const go = async (): Promise<void> => {
    clearTimeout(timer);
    let next = Date.now() + 15_000; // our own fault, or the store's: what waits is not given up
    try {
      next = await drain();
    } catch (error) {
      if (!isFull(error)) console.error("sending", error);
    }
    clearTimeout(timer);
    if (next) timer = setTimeout(() => void go(), Math.min(Math.max(next - Date.now(), 200), 60_000)) as unknown as number;
  };
  void go();
}
