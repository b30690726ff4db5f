/** The service worker: put in place, renewed when nobody is in the middle of something, asked to send when we are gone. */
import { say, button, t } from "./ui";

let reloading = false;

export async function startWorker(): Promise<void> {
  const address = document.body.dataset.worker;
  if (!address || !("serviceWorker" in navigator)) return;
  try {
    const had = Boolean(navigator.serviceWorker.controller);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (had && reloading) location.reload();
    });
    const registration = await navigator.serviceWorker.register(address, { scope: "/city/phone/" });
    if (registration.waiting && had) offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh?.addEventListener("statechange", () => fresh.state === "installed" && had && offer(fresh));
    });
    await navigator.serviceWorker.ready;
    document.documentElement.dataset.offlineReady = "";
    const sync = (registration as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync;
    const ask = (): void => void sync?.register("yw-send").catch(() => undefined);
    document.addEventListener("visibilitychange", () => document.hidden && ask());
  } catch (error) {
    console.error("service worker", error);
  }
}

/** A newer app is here: taken by a tap, or by itself the next time the app is started. */
function offer(worker: ServiceWorker): void {
  const take = (): void => {
    reloading = true;
    worker.postMessage("take-over");
  };
  say(t("phone.new_version"), { tone: "neutral", ms: 20_000 });
  document.querySelector("#p-toasts .p-toast")?.append(button(t("phone.take_version"), "refresh", take, "small"));
}
