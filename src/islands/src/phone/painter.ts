/** Hands photos to the worker that draws them. Where a browser has none of it, or the worker fails, the answer is null and the page draws. */
import type { Painter } from "../camera/picture";
import type { Done, Order } from "./painting";
import paintingUrl from "./painting.ts?worker&url";

const LONGEST_MS = 8_000;

let worker: Worker | null = null;
let number = 0;
const open = new Map<number, (blob: Blob | null) => void>();

function end(which: number, blob: Blob | null): void {
  open.get(which)?.(blob);
  open.delete(which);
}

function giveUp(): void {
  worker?.terminate();
  worker = null;
  [...open.keys()].forEach((which) => end(which, null));
}

function start(): Worker | null {
  if (worker || !("Worker" in globalThis) || !("OffscreenCanvas" in globalThis)) return worker;
  try {
    // Its address lies in the service worker's scope, so that it starts without a network.
    worker = new Worker(document.body.dataset.painter || new URL(paintingUrl, import.meta.url).href, { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Done>) => end(data.number, data.blob));
    worker.addEventListener("error", giveUp);
  } catch {
    worker = null;
  }
  return worker;
}

/** Begin early: the camera is being opened anyway. */
export function warm(): void {
  start();
}

export const paint: Painter = (picture, wish) => {
  const to = start();
  if (!to) {
    if ("VideoFrame" in globalThis && picture instanceof VideoFrame) picture.close();
    return Promise.resolve(null);
  }
  return new Promise((resolve) => {
    const which = ++number;
    const late = setTimeout(giveUp, LONGEST_MS);
    open.set(which, (blob) => {
      clearTimeout(late);
      resolve(blob);
    });
    try {
      to.postMessage({ number: which, picture, wish } satisfies Order, [picture]);
    } catch {
      end(which, null); // not to be given away: the page still has it
    }
  });
};
