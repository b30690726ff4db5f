/** The acts that wait: written down at once, taken back within a breath, shown until the server took them. */
import { db, get, moved, set } from "./db";
import type { Act, ActKind, Draft, KeptFile, Place } from "./types";
import { stamp, uuid7 } from "./uid";

/** Time to take something back: better than asking "are you sure" before. */
export const UNDO_MS = 4_000;
const KEEP_DONE_MS = 30 * 86_400_000;
/** The server's own list of tasks says the rest: it is fetched every two minutes. */
const RECENT = 300;

/** No pause is longer. */
const FARTHEST_MS = 3_600_000;

/** When something may be tried (ms). What lies further off than any pause was written by a clock that has been set since. */
export function dueAt(one: { next_at: number; hold_until?: number }): number {
  const at = Date.now();
  const hold = one.hold_until ?? 0;
  return Math.max(hold - at > UNDO_MS ? 0 : hold, one.next_at - at > FARTHEST_MS ? 0 : one.next_at);
}

export interface NewAct {
  person: string;
  kind: ActKind;
  place: Place | null;
  no_place_reason?: string;
  files?: string[];
  data: Record<string, unknown>;
  title: string;
  subtitle?: string;
  /** Nothing to take back (shift). */
  at_once?: boolean;
  occurred_at?: string;
}

/** Put an act into the queue; `draft` is what it was written as, gone in the same transaction. */
export async function put(given: NewAct, draft = ""): Promise<Act> {
  const act: Act = {
    uid: uuid7(), person: given.person, kind: given.kind, occurred_at: given.occurred_at ?? stamp(), place: given.place,
    no_place_reason: given.no_place_reason ?? "", files: given.files ?? [], data: given.data, title: given.title,
    subtitle: given.subtitle ?? "", state: "waiting", tries: 0, hold_until: given.at_once ? 0 : Date.now() + UNDO_MS, next_at: 0,
  };
  const tx = (await db()).transaction(["acts", "drafts"], "readwrite");
  act.seq = await tx.objectStore("acts").add(act);
  if (draft) await tx.objectStore("drafts").delete(draft);
  await tx.done;
  moved("queue");
  return act;
}

export async function byUid(uid: string): Promise<Act | undefined> {
  return (await db()).getFromIndex("acts", "uid", uid);
}

/** Take an act back while nothing of it has been sent; gives the draft again. False when it is too late. */
export async function takeBack(uid: string, draft: Draft | null): Promise<boolean> {
  const tx = (await db()).transaction(["acts", "drafts"], "readwrite");
  const act = await tx.objectStore("acts").index("uid").get(uid);
  const free = act?.state === "waiting" && act.hold_until > 0 && act.tries === 0 && act.hold_until > Date.now();
  if (free) {
    await tx.objectStore("acts").delete(act.seq!);
    if (draft) await tx.objectStore("drafts").put(draft);
  }
  await tx.done;
  if (free) moved("queue");
  return free;
}

/** The latest delivered acts, newest first. A month of them lies here: they are never read as a whole. */
export async function latestDone(most: number): Promise<Act[]> {
  const store = await db();
  const keys = (await store.getAllKeysFromIndex("acts", "state", "done")).slice(-most);
  if (!keys.length) return [];
  const found = await store.getAll("acts", IDBKeyRange.bound(keys[0], keys[keys.length - 1]));
  return found.filter((act) => act.state === "done").reverse();
}

/** What the server would not take, newest first. */
export async function refused(): Promise<Act[]> {
  return (await (await db()).getAllFromIndex("acts", "state", "refused")).reverse();
}

/** Acts on a task that count as given: those that wait and those that have just been taken. */
export async function answers(): Promise<Act[]> {
  const [open, done] = await Promise.all([waiting(), latestDone(RECENT)]);
  return [...done.reverse(), ...open]; // the later one counts
}

export async function waiting(): Promise<Act[]> {
  const store = await db();
  const found = [...(await store.getAllFromIndex("acts", "state", "waiting")), ...(await store.getAllFromIndex("acts", "state", "held"))];
  return found.sort((a, b) => a.seq! - b.seq!);
}

/** The next act of a person to be sent: what waits before what was set aside. Reads one row, however long the queue is. */
export async function next(person: string): Promise<Act | undefined> {
  const store = await db();
  for (const state of ["waiting", "held"]) {
    for (let at = await store.transaction("acts").store.index("state").openCursor(state); at; at = await at.continue()) {
      if (at.value.person === person && (state === "waiting" || dueAt(at.value) <= Date.now())) return at.value;
    }
  }
  return undefined;
}

export async function count(): Promise<{ waiting: number; refused: number }> {
  const index = (await db()).transaction("acts").store.index("state");
  const [w, h, r] = await Promise.all(["waiting", "held", "refused"].map((state) => index.count(state)));
  return { waiting: w + h, refused: r };
}

export async function filesOf(act: { files: string[] }): Promise<KeptFile[]> {
  const store = await db();
  const found = await Promise.all(act.files.map((uid) => store.get("files", uid)));
  return found.filter((one): one is KeptFile => one !== undefined);
}

/** Remove what the person has read and does not need any more (refused or long done). */
export async function remove(act: Act): Promise<void> {
  const tx = (await db()).transaction(["acts", "files"], "readwrite");
  await tx.objectStore("acts").delete(act.seq!);
  for (const uid of act.files) await tx.objectStore("files").delete(uid);
  await tx.done;
  moved("queue");
}

/** Try what waits now, whatever pause it had, and without a breath for taking it back. */
export async function hurry(): Promise<void> {
  const tx = (await db()).transaction("acts", "readwrite");
  for (const state of ["waiting", "held"]) {
    for (const act of await tx.store.index("state").getAll(state)) {
      await tx.store.put({ ...act, next_at: 0, hold_until: 0, state: "waiting" });
    }
  }
  await tx.done;
}

/** The network is back: what waited for it need not wait any longer. What the server put off keeps its pause. */
export async function wake(): Promise<void> {
  const tx = (await db()).transaction("acts", "readwrite");
  for (const act of await tx.store.index("state").getAll("waiting")) if (act.next_at && !act.error) await tx.store.put({ ...act, next_at: 0 });
  await tx.done;
}

/** Forget what was delivered long ago, and photos of which nothing is left to say. */
export async function tidy(): Promise<void> {
  const store = await db();
  for (;;) {
    const key = await store.getKeyFromIndex("acts", "state", "done"); // the oldest
    const act = key === undefined ? undefined : await store.get("acts", key);
    if (!act?.ended_at || Date.now() - Date.parse(act.ended_at) <= KEEP_DONE_MS) break;
    await remove(act);
  }
  const used = new Set<string>(); // what was delivered has no files any more
  for (const act of [...(await waiting()), ...(await refused())]) act.files.forEach((uid) => used.add(uid));
  for (const draft of await store.getAll("drafts")) draft.files.forEach((uid) => used.add(uid));
  const dayAgo = stamp(new Date(Date.now() - 86_400_000));
  for (const uid of await store.getAllKeys("files")) {
    if (used.has(uid)) continue;
    const file = await store.get("files", uid);
    if (file && file.taken_at < dayAgo) await store.delete("files", uid);
  }
}

// ---- what is being written ----

/** A draft belongs to who writes it: another person's sign-in neither shows nor removes it. */
export async function newDraft(name: string): Promise<Draft> {
  const key = `${(await get("me"))?.person.uid ?? ""}|${name}`;
  return { key, files: [], place: null, no_place_reason: "", class_code: "", text: "", asset_uid: "", asset_name: "", values: {}, reason: "", began_at: stamp() };
}

export async function draftOf(name: string): Promise<Draft> {
  const fresh = await newDraft(name);
  return (await (await db()).get("drafts", fresh.key)) ?? fresh;
}

export async function keepDraft(draft: Draft): Promise<void> {
  await (await db()).put("drafts", draft);
}

export async function dropDraft(draft: Draft): Promise<void> {
  const tx = (await db()).transaction(["drafts", "files"], "readwrite");
  await tx.objectStore("drafts").delete(draft.key);
  for (const uid of draft.files) await tx.objectStore("files").delete(uid);
  await tx.done;
}

export async function keepFile(file: KeptFile): Promise<void> {
  await (await db()).put("files", file);
}

export async function dropFile(uid: string): Promise<void> {
  await (await db()).delete("files", uid);
}

export async function remember(code: string, recent: string[]): Promise<void> {
  await set("recent", [code, ...recent.filter((one) => one !== code)].slice(0, 12));
}
