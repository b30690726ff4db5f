/** What the phone keeps (IndexedDB): what it was told, what is being written, and the acts that wait to be sent. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Act, Draft, Figures, Gap, KeptFile, Me, Message, Pack, FieldTask, ShiftRef, TrackBatch, TrackPoint } from "./types";

/** Everything of which there is one. */
export interface Known {
  me: Me;
  pack: Pack;
  pack_etag: string;
  tasks: { tasks: FieldTask[]; as_of: string };
  messages: Message[];
  messages_after: string;
  messages_read: string;
  figures: Figures;
  shift: ShiftRef;
  token: string;
  signed_out: boolean;
  forbidden: boolean;
  last_contact: string;
  /** How many ms the server's clock is ahead of the phone's. */
  clock_ahead: number;
  recent: string[];
  /** The browser gives shifted places (GCJ-02), by about so many metres. They are sent as they come: the server sets them right. */
  shifted: { by: number };
  shifted_told: boolean;
  /** `version` names the set of tiles; `reach` says how near each layer comes; `at` is when it was begun, `renew` whether kept ones were asked for again. */
  tiles: { version: string; done: number; total: number; reach?: Record<string, number>; at?: number; renew?: boolean };
  alive: number;
  track_refused: string;
  prefs: Prefs;
}

export interface Prefs {
  language?: string;
  large?: boolean;
  theme?: string;
  track_told?: boolean;
}

interface Schema extends DBSchema {
  known: { key: string; value: unknown };
  acts: { key: number; value: Act; indexes: { uid: string; state: string } };
  files: { key: string; value: KeptFile };
  drafts: { key: string; value: Draft };
  points: { key: number; value: TrackPoint };
  gaps: { key: number; value: Gap };
  batches: { key: string; value: TrackBatch };
}

export type Store = IDBPDatabase<Schema>;
let opened: Promise<Store> | null = null;

export function db(): Promise<Store> {
  opened ??= openDB<Schema>("yw-phone", 1, {
    upgrade(store) {
      store.createObjectStore("known");
      const acts = store.createObjectStore("acts", { keyPath: "seq", autoIncrement: true });
      acts.createIndex("uid", "uid", { unique: true });
      acts.createIndex("state", "state");
      store.createObjectStore("files", { keyPath: "uid" });
      store.createObjectStore("drafts", { keyPath: "key" });
      store.createObjectStore("points", { keyPath: "id", autoIncrement: true });
      store.createObjectStore("gaps", { keyPath: "id", autoIncrement: true });
      store.createObjectStore("batches", { keyPath: "uid" });
    },
    blocking: (_old, _new, event) => {
      (event.target as IDBDatabase).close();
      opened = null; // a closed one serves nobody; the next call opens it anew
    },
    terminated: () => (opened = null),
  });
  return opened;
}

export async function get<K extends keyof Known>(key: K): Promise<Known[K] | undefined> {
  return (await (await db()).get("known", key)) as Known[K] | undefined;
}

/** Several at once, in one transaction: opening one costs a slow phone more than the reading. */
export async function read<K extends keyof Known>(...keys: K[]): Promise<{ [P in K]?: Known[P] }> {
  const { store } = (await db()).transaction("known");
  const values = await Promise.all(keys.map((key) => store.get(key)));
  return Object.fromEntries(keys.map((key, i) => [key, values[i]])) as { [P in K]?: Known[P] };
}

export async function set<K extends keyof Known>(key: K, value: Known[K]): Promise<void> {
  await (await db()).put("known", value, key);
}

/** As `set`, for what can be done without: on a phone without room it is let go. */
export async function note<K extends keyof Known>(key: K, value: Known[K]): Promise<void> {
  await set(key, value).catch(unlessFull);
}

export async function unset(...keys: (keyof Known)[]): Promise<void> {
  const tx = (await db()).transaction("known", "readwrite");
  for (const key of keys) void tx.store.delete(key);
  await tx.done;
}

/** Pages and the worker of one phone tell each other that something moved. */
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("yw-phone") : null;
const listeners = new Set<(what: string) => void>();
channel?.addEventListener("message", (event) => listeners.forEach((one) => one(String(event.data))));

export function moved(what: "queue" | "tasks" | "me" | "pack" | "messages" | "tiles" | "track"): void {
  channel?.postMessage(what);
  listeners.forEach((one) => one(what));
}

export function onMoved(callback: (what: string) => void): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** The same for what draws: a queue that empties is drawn now and then, not at each act. */
export function onMovedQuietly(callback: () => void, ...wanted: string[]): () => void {
  let timer = 0;
  const off = onMoved((what) => {
    if (wanted.length && !wanted.includes(what)) return;
    timer ||= setTimeout(() => {
      timer = 0;
      callback();
    }, QUIET_MS) as unknown as number;
  });
  return () => {
    off();
    clearTimeout(timer);
  };
}
const QUIET_MS = 250;

/** For `catch`: goes on when the phone has no room, fails for everything else. */
export function unlessFull(error: unknown): void {
  if (!isFull(error)) throw error;
}

export function isFull(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "QuotaExceededError" || error.name === "UnknownError");
}
