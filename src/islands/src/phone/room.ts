/** Room on the phone: asked for before a photo is taken, so that no photo is taken that cannot be kept. */
import { db, isFull, unlessFull, unset } from "./db";

const LEAST = 6 * 1024 * 1024; // a few photos
const PLENTY = 48 * 1024 * 1024;
const TRIAL = 2 * 1024 * 1024;

export interface Room {
  used: number;
  quota: number;
  persisted: boolean;
}

/** Whether there is room for more than the next photos: a map is taken along only then, lest it be given back at once. */
export async function hasPlenty(): Promise<boolean> {
  const { used, quota } = await room();
  return !quota || quota - used > PLENTY;
}

export async function room(): Promise<Room> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return { used: usage, quota, persisted: (await navigator.storage?.persisted?.()) ?? false };
}

/** Ask the browser not to clear what is kept here when the phone runs short. */
export async function askToStay(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Say whether the next photo can be kept, by trying: browsers say a round number for room, whatever there is. */
export async function hasRoom(): Promise<boolean> {
  const { used, quota } = await room();
  if (quota && quota - used < LEAST) return false;
  try {
    const store = await db();
    await store.put("known", new Blob([new Uint8Array(TRIAL)]), "trial");
    await store.delete("known", "trial");
    return true;
  } catch (error) {
    if (isFull(error)) return false;
    throw error;
  }
}

/** Give back what can be fetched again: tiles and pictures of others. */
export async function shed(): Promise<void> {
  if (!("caches" in globalThis)) return;
  await Promise.all(["yw-tiles", "yw-photos"].map((name) => caches.delete(name)));
  await unset("tiles").catch(unlessFull); // the map is not on the phone any more, and says so
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0);
}
