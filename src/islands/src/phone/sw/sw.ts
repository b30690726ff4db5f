/**
 * The service worker of the phone (scope /city/phone/). The server puts YW_SHELL before it: the page and the files of one
 * build, whose names carry hashes. A build is kept whole or not at all; the page is served from the build it belongs to.
 */
import { drain } from "../sender";

declare const YW_SHELL: { version: string; page: string; files: string[] };

interface Extendable extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  addEventListener(name: "fetch", callback: (event: Fetching) => void): void;
  addEventListener(name: "install" | "activate" | "sync", callback: (event: Extendable) => void): void;
  addEventListener(name: "message", callback: (event: MessageEvent) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(): Promise<unknown[]> };
}
const scope = self as unknown as Scope;
const SHELL = `yw-shell-${YW_SHELL.version}`;
const PHOTOS = "yw-photos";
/** The name says all (hashes): who asks in which language or packing makes no other file. */
const BY_ADDRESS = { ignoreVary: true };

async function install(): Promise<void> {
  const cache = await caches.open(SHELL);
  const page = await fetch(YW_SHELL.page, { credentials: "same-origin", cache: "no-store" });
  if (!page.ok || page.redirected) throw new Error(`the page answers ${page.status}`); // signed out: the build before stays
  // Files keep their name as long as they keep their content: what an earlier build has is not fetched again.
  for (const file of YW_SHELL.files) {
    const had = /-[\w-]{8}\.\w+$/.test(file) ? await caches.match(file, BY_ADDRESS) : undefined;
    const answer = had ?? (await fetch(file, { credentials: "same-origin" }));
    if (!answer.ok) throw new Error(`${file} answers ${answer.status}`);
    await cache.put(file, answer);
  }
  await cache.put(YW_SHELL.page, page);
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("yw-shell-") && name !== SHELL) await caches.delete(name);
  await scope.clients.claim();
}

async function page(request: Request): Promise<Response> {
  return (await (await caches.open(SHELL)).match(YW_SHELL.page, BY_ADDRESS)) ?? fetch(request);
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request.url, BY_ADDRESS)) ?? fetch(request);
}

async function photo(request: Request): Promise<Response> {
  return (await (await caches.open(PHOTOS)).match(request.url, BY_ADDRESS)) ?? fetch(request);
}

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (address.pathname === YW_SHELL.page) event.respondWith(page(request));
    return;
  }
  if (YW_SHELL.files.includes(address.pathname)) event.respondWith(kept(request));
  else if (address.pathname.startsWith("/files/") && request.destination === "image") event.respondWith(photo(request));
});
// The network is back while the app is closed (Chromium): the same sender, the same lock, the same keys.
scope.addEventListener("sync", (event) => event.waitUntil(drain()));
