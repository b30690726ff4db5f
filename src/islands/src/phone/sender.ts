/**
 * Sending what waits: in the order in which it was done, one sender on the phone at a time (Web Locks), each act once
 * (its number is the key). Nothing is marked "being sent": what is not known to be taken waits, so a phone that dies in the
 * middle begins again where it was. Runs in the page, and in the service worker when the page is closed.
 */
import { API, ask, FILES, NoAnswer, Refused, TOKEN } from "./api";
import { noteAhead } from "./clock";
import { db, isFull, moved, note, unlessFull, unset } from "./db";
import { offBy } from "./place";
import { byUid, dueAt, next, remove, waiting } from "./queue";
import type { Act, ActAnswer, KeptFile, Shift, TrackBatch } from "./types";
import { stamp } from "./uid";

const LOCK = "yw-phone-sender";
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const UPLOAD_MS = 10 * 60_000; // a photo on a bad line
const ACT_MS = 45_000;
const STALE_UPLOAD_MS = 20 * 3_600_000; // the server sweeps files that nobody names after a day
const FAILURES_BEFORE_HELD = 6;

interface Session {
  token: string;
  person: string;
}

/** How long to wait after the n-th failure: doubling, half of it by chance, so that a street full of phones does not knock at once. */
export function pause(tries: number, retryAfter = 0): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 10));
  return Math.max(retryAfter * 1000, whole / 2 + Math.random() * (whole / 2));
}

let queued: Promise<number> | null = null;

/** Send what waits; returns the moment (ms) at which something may be tried again, 0 for nothing left to try. */
export function drain(): Promise<number> {
  // One call waits for the lock, whatever else asks; it sees whatever was put down until it gets it.
  queued ??= locked(() => {
    queued = null;
    return run();
  });
  return queued;
}

function locked(work: () => Promise<number>): Promise<number> {
  return navigator.locks ? navigator.locks.request(LOCK, work) : work();
}

async function run(): Promise<number> {
  const acts = await waiting();
  const batches = await (await db()).getAll("batches");
  const now = Date.now();
  const due = [...acts, ...batches].some((one) => dueAt(one) <= now);
  if (!due) return nextMoment(acts, batches);
  let session: Session;
  try {
    session = await open();
  } catch (error) {
    if (error instanceof Refused && !error.passing) return 0; // signed out, or no inspector any more: the page says so
    return postpone(acts.find((act) => act.state === "waiting") ?? acts[0], error);
  }
  const sent = await sendActs(session);
  if (sent >= 0) return sent;
  await sendTracks(session);
  const left = await waiting();
  return nextMoment(left.filter((act) => act.person === session.person), await (await db()).getAll("batches"));
}

function nextMoment(acts: Act[], batches: TrackBatch[]): number {
  const moments = [...acts, ...batches].map(dueAt);
  return moments.length ? Math.max(Math.min(...moments), Date.now() + 250) : 0;
}

/** Ask who is signed in, and for the secret that goes with each write. */
async function open(): Promise<Session> {
  try {
    const { body } = await ask<{ token: string; person: string; at: string }>(TOKEN, { timeout: 20_000 });
    await unset("signed_out", "forbidden");
    const ahead = Date.parse(body.at) - Date.now();
    noteAhead(ahead);
    await note("clock_ahead", ahead);
    await note("last_contact", stamp());
    return { token: body.token, person: body.person };
  } catch (error) {
    await tellClosed(error);
    throw error;
  }
}

async function tellClosed(error: unknown): Promise<void> {
  if (!(error instanceof Refused)) return;
  if (error.problem.status === 401) await note("signed_out", true);
  else if (error.problem.status === 403) await note("forbidden", true);
  else return;
  moved("me");
}

/** Note a failure that time can heal; returns when to try again. */
async function postpone(act: Act | undefined, error: unknown): Promise<number> {
  const retryAfter = error instanceof Refused ? error.retryAfter : 0;
  if (!act) return Date.now() + pause(3, retryAfter);
  act.tries += 1;
  act.next_at = Date.now() + pause(act.tries, retryAfter);
  if (error instanceof Refused) {
    act.error = error.problem;
    // The server stumbles over this one act: the others need not wait for ever.
    if (error.problem.status === 500 && act.tries >= FAILURES_BEFORE_HELD) act.state = "held";
  } else delete act.error;
  await (await db()).put("acts", act).catch(unlessFull);
  moved("queue");
  return act.next_at;
}

/** Send acts until none is left or one has to wait; returns when to come back, -1 when all were gone through. */
async function sendActs(session: Session): Promise<number> {
  let renewed = false;
  for (;;) {
    const act = await next(session.person);
    if (!act) return -1;
    const from = dueAt(act);
    if (from > Date.now()) return from;
    try {
      if (act.kind === "shift_out") await sendTracks(session); // the way is told before the shift is closed
      const numbers = await uploads(act, session);
      const { body } = await ask<ActAnswer>(`${API}acts`, {
        method: "POST", key: act.uid, token: session.token, timeout: ACT_MS,
        json: {
          uid: act.uid, person_uid: act.person, kind: act.kind, occurred_at: act.occurred_at, sent_at: stamp(), place: act.place,
          ...(act.no_place_reason ? { no_place_reason: act.no_place_reason } : {}), files: numbers, data: act.data,
        },
      });
      if (body.uid !== act.uid) throw new NoAnswer("an answer to something else");
      await taken(act, body);
    } catch (error) {
      if (!(error instanceof Refused) || error.passing) {
        const at = await postpone(act, error);
        if (act.state === "held") continue;
        return at;
      }
      const { problem } = error;
      const other = problem.status === 403 || problem.code === "field.other-person";
      if (problem.status === 401 && (renewed || !other)) {
        await tellClosed(error);
        return 0;
      }
      if (other && !renewed) {
        renewed = true; // signed in anew meanwhile: the secret is another one, perhaps the person, too
        try {
          session = { ...session, ...(await open()) };
        } catch (again) {
          return again instanceof Refused && !again.passing ? 0 : postpone(act, again);
        }
        continue;
      }
      const lost = problem.code === "files.not-yours" || (problem.status === 422 && problem.fields.some((name) => name.includes("files")));
      if (lost && act.files.length && !act.resent_files) {
        await forgetUploads(act);
        continue;
      }
      await refuse(act, problem);
    }
  }
}

/** Send the files of an act. One that the server will not have is left out and told, as long as another is left. */
async function uploads(act: Act, session: Session): Promise<string[]> {
  const numbers: string[] = [];
  let last: Refused | null = null;
  for (const uid of act.files) {
    try {
      numbers.push(await upload(uid, session));
    } catch (error) {
      if (!(error instanceof Refused) || ![410, 413, 415].includes(error.problem.status)) throw error;
      act.left_out = [...new Set([...(act.left_out ?? []), uid])];
      last = error;
    }
  }
  if (last && !numbers.length) throw last;
  return numbers;
}

/** Numbers that a phone without room could not write down: nothing is uploaded a second time while the app is open. */
const unwritten = new Map<string, string>();

/** Send a photo or sound unless the server has it; returns the server's number. */
async function upload(uid: string, session: Session): Promise<string> {
  const store = await db();
  const file = await store.get("files", uid);
  if (!file) throw new Refused({ status: 410, code: "phone.file-lost", title: "", detail: "", told: "", fields: ["files"] }, 0);
  if (file.server_uid && Date.now() - (file.uploaded_at ?? 0) < STALE_UPLOAD_MS) return file.server_uid;
  const known = unwritten.get(uid);
  if (known) return known;
  const form = new FormData();
  form.append("stage", file.stage);
  form.append("taken_at", file.taken_at);
  form.append("file", file.blob, file.name);
  const { body } = await ask<{ uid: string }>(FILES, { method: "POST", form, key: file.uid, token: session.token, timeout: UPLOAD_MS });
  if (!body.uid) throw new NoAnswer("no number");
  try {
    await store.put("files", { ...file, server_uid: body.uid, uploaded_at: Date.now() } satisfies KeptFile);
  } catch (error) {
    unlessFull(error);
    unwritten.set(uid, body.uid);
  }
  return body.uid;
}

async function forgetUploads(act: Act): Promise<void> {
  const store = await db();
  const tx = store.transaction(["acts", "files"], "readwrite");
  for (const uid of act.files) {
    unwritten.delete(uid);
    const file = await tx.objectStore("files").get(uid);
    if (file) {
      delete file.server_uid;
      delete file.uploaded_at;
      await tx.objectStore("files").put(file);
    }
  }
  await tx.objectStore("acts").put({ ...act, resent_files: true });
  await tx.done;
}

/** The server has it: only now the photos may go. A phone without room forgets the act whole; the next ones need not wait for it. */
async function taken(act: Act, answer: ActAnswer): Promise<void> {
  try {
    await writeTaken(act, answer);
  } catch (error) {
    if (!isFull(error)) throw error;
    await remove(act);
  }
  act.files.forEach((uid) => unwritten.delete(uid));
  moved("queue");
}

async function writeTaken(act: Act, answer: ActAnswer): Promise<void> {
  const tx = (await db()).transaction(["acts", "files", "known"], "readwrite");
  const { error: _gone, ...rest } = act;
  await tx.objectStore("acts").put({ ...rest, state: "done", answer, ended_at: stamp() });
  for (const uid of act.files) await tx.objectStore("files").delete(uid);
  if (act.kind === "shift_in") {
    const known = (await tx.objectStore("known").get("shift")) as { act?: string } | undefined;
    if (answer.shift && known?.act === act.uid) await tx.objectStore("known").put({ ...known, uid: answer.shift.uid }, "shift");
    // The server sets shifted places right; the phone shows them right.
    if (answer.fix?.system === "gcj02" && answer.fix.sure) await tx.objectStore("known").put({ by: act.place ? offBy(act.place) : 0 }, "shifted");
    else if (answer.fix) await tx.objectStore("known").delete("shifted");
  }
  await tx.done;
}

/** The server said no for good: the act and its photos stay readable. */
async function refuse(act: Act, problem: Act["error"]): Promise<void> {
  await (await db()).put("acts", { ...act, state: "refused", error: problem, ended_at: stamp() });
  moved("queue");
}

// ---- tracks ----

async function sendTracks(session: Session): Promise<void> {
  const store = await db();
  for (const batch of await store.getAll("batches")) {
    if (batch.person !== session.person || dueAt(batch) > Date.now()) continue;
    const shift = await shiftOf(batch);
    if (shift === "wait") continue;
    if (shift === "") {
      await store.delete("batches", batch.uid); // the shift itself was not taken
      continue;
    }
    try {
      await ask(`${API}tracks`, {
        method: "POST", key: batch.uid, token: session.token, timeout: ACT_MS,
        json: { uid: batch.uid, shift_uid: shift, sent_at: stamp(), points: batch.points, gaps: batch.gaps },
      });
      await store.delete("batches", batch.uid);
    } catch (error) {
      if (error instanceof Refused && !error.passing) {
        if (error.problem.status === 401) return tellClosed(error);
        await note("track_refused", error.problem.told || error.problem.title);
        await store.delete("batches", batch.uid);
        continue;
      }
      const tries = batch.tries + 1;
      await store.put("batches", { ...batch, tries, next_at: Date.now() + pause(tries, error instanceof Refused ? error.retryAfter : 0) }).catch(unlessFull);
      return;
    }
  }
}

async function shiftOf(batch: TrackBatch): Promise<string> {
  if (batch.shift.uid) return batch.shift.uid;
  const act = await byUid(batch.shift.act);
  if (!act || act.state === "refused") return "";
  const answer: Shift | null | undefined = act.answer?.shift;
  return act.state === "done" ? (answer?.uid ?? "") : "wait";
}
