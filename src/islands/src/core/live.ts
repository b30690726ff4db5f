/**
 * What moves while a page is open. A page that wants to know has an element `data-live-note` (with `data-live-case` only
 * that case counts). Nothing is swapped under somebody's hands: a line says that something moved, and offers to show it.
 */
import { el, icon, t } from "./texts";

const QUIET_MS = 800; // one line for a burst of events
const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 60_000;

interface Moved {
  case: string;
}

export function startLive(): void {
  const address = document.body.dataset.live;
  const note = document.querySelector<HTMLElement>("[data-live-note]");
  if (!address || !note || !("EventSource" in window)) return;
  const only = note.dataset.liveCase ?? "";
  let waiting = 0;
  let source: EventSource;
  let last = "";
  let pause = FIRST_PAUSE_MS;
  const tell = (): void => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => show(note), QUIET_MS);
  };
  // A browser comes back by itself when the line is cut, but gives up for good when the answer is "try again" (503).
  const listen = (): void => {
    source = new EventSource(last ? `${address}?last=${last}` : address, { withCredentials: true });
    source.addEventListener("open", () => { pause = FIRST_PAUSE_MS; });
    source.addEventListener("case", (event) => {
      last = (event as MessageEvent<string>).lastEventId || last;
      const moved = JSON.parse((event as MessageEvent<string>).data) as Moved;
      if (!only || moved.case === only) tell();
    });
    source.addEventListener("reload", tell);
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      window.setTimeout(listen, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  listen();
  window.addEventListener("pagehide", () => source.close());
}

function show(note: HTMLElement): void {
  if (note.firstChild) return;
  const again = el("button", { type: "button", class: "btn btn-sm" }, t("live_refresh"));
  again.addEventListener("click", () => window.location.reload());
  note.className = "yw-live-note";
  note.append(icon("refresh"), el("span", {}, t("live_moved")), again);
}
