/**
 * What moves while a page is open. A page that wants to know has an element `data-live-note` (with `data-live-case` only
 * that case counts). Nothing is swapped under somebody's hands: a line says that something moved, and offers to show it.
 */
import { el, icon, t } from "./texts";

const QUIET_MS = 800; // one line for a burst of events

interface Moved {
  case: string;
}

export function startLive(): void {
  const address = document.body.dataset.live;
  const note = document.querySelector<HTMLElement>("[data-live-note]");
  if (!address || !note || !("EventSource" in window)) return;
  const only = note.dataset.liveCase ?? "";
  let waiting = 0;
  const source = new EventSource(address, { withCredentials: true });
  const tell = (): void => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => show(note), QUIET_MS);
  };
  source.addEventListener("case", (event) => {
    const moved = JSON.parse((event as MessageEvent<string>).data) as Moved;
    if (!only || moved.case === only) tell();
  });
  source.addEventListener("reload", tell);
  window.addEventListener("pagehide", () => source.close());
}

function show(note: HTMLElement): void {
  if (note.firstChild) return;
  const again = el("button", { type: "button", class: "btn btn-sm" }, t("live_refresh"));
  again.addEventListener("click", () => window.location.reload());
  note.className = "yw-live-note";
  note.append(icon("refresh"), el("span", {}, t("live_moved")), again);
}
