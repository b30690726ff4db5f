/** The service worker: put in place, renewed when nobody is in the middle of something, asked to send when we are gone. */
import { moved } from "./db";

const LOOK_EVERY_MS = 3_600_000; // an app that is never closed asks by itself whether there is a newer one

let reloading = false;
let waiting: ServiceWorker | null = null;
let alone = true;

/** Whether a newer app is here: taken by a tap, or by itself the next time the app is started. */
export function fresher(): boolean {
  return waiting !== null;
}

/** Whether the app starts without a network; false where the browser refused (no HTTPS, private browsing). */
export function startsAlone(): boolean {
  return alone;
}

/** Use the newer app now. What is being written is in the store already. */
export function takeOver(): void {
  reloading = true;
  waiting?.postMessage("take-over");
}

function tell(change: () => void): void {
  change();
  moved("me");
}

export async function startWorker(): Promise<void> {
  const address = document.body.dataset.worker;
  if (!address) return;
  if (!("serviceWorker" in navigator) || !("caches" in self)) return tell(() => (alone = false));
  const had = Boolean(navigator.serviceWorker.controller);
  try {
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (reloading) location.reload();
    });
    const registration = await navigator.serviceWorker.register(address, { scope: "/city/phone/" });
    const offer = (worker: ServiceWorker): void => tell(() => (waiting = worker));
    if (registration.waiting && had) offer(registration.waiting);
    // The very first one takes over by itself: nobody is served by another then.
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh?.addEventListener("statechange", () => fresh.state === "installed" && navigator.serviceWorker.controller && offer(fresh));
    });
    let looked = Date.now();
    const look = (): void => {
      if (document.hidden || !navigator.onLine || Date.now() - looked < LOOK_EVERY_MS) return;
      looked = Date.now();
      void registration.update().catch(() => undefined);
    };
    setInterval(look, LOOK_EVERY_MS / 4);
    document.addEventListener("visibilitychange", look);
    const sync = (registration as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync;
    const ask = (): void => void sync?.register("yw-send").catch(() => undefined);
    document.addEventListener("visibilitychange", () => document.hidden && ask());
    await navigator.serviceWorker.ready;
    document.documentElement.dataset.offlineReady = "";
  } catch (error) {
    console.error("service worker", error);
    if (!had && navigator.onLine) tell(() => (alone = false));
  }
}
