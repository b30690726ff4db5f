/** The command screen: what the server sent stands in the page; this keeps it moving. One stream, one asking at a time. */
import { el, icon, t } from "../core/texts";
import { symbolElement } from "../map/symbols";
import { startDrawer } from "./drawer";
import { place, startLayout } from "./layout";
import { startMap, type Chosen, type WallMap } from "./map";
import { listen, type Stream } from "./stream";
import type { Area, Config, Numbers, Words } from "./types";

const PATIENCE_MS = 1_000; // after a gap, until the page asks by itself
const POINTS_AGAIN_MS = 300_000; // "soon" comes without an event

async function ask<T>(address: string, query: Record<string, string | number>): Promise<T> {
  const said = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]));
  const answer = await fetch(`${address}?${said}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return (await answer.json()) as T;
}

/** Put a card's new text in place; what somebody has in hand stays, and a number that changed says so for a moment. */
function renew(body: HTMLElement, html: string): void {
  if (body.dataset.said === html) return;
  const before = new Map([...body.querySelectorAll<HTMLElement>("[data-figure][data-n], [data-figure] [data-n]")].map((n) => [keyOf(n), n.textContent]));
  const active = body.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  const open = body.querySelector("details")?.open ?? false;
  const known = body.dataset.said !== undefined;
  body.innerHTML = html; // from our own server, escaped there
  body.dataset.said = html;
  for (const node of body.querySelectorAll<HTMLElement>("[data-figure][data-n], [data-figure] [data-n]")) {
    const old = before.get(keyOf(node));
    if (old !== undefined && old !== node.textContent) node.classList.add("is-new");
  }
  if (known) {
    const seen = Number(body.dataset.seen ?? 0);
    for (const line of body.querySelectorAll<HTMLElement>("[data-position]")) if (Number(line.dataset.position) > seen) line.classList.add("is-new");
  }
  body.dataset.seen = body.querySelector<HTMLElement>("[data-position]")?.dataset.position ?? body.dataset.seen ?? "0";
  const details = body.querySelector("details");
  if (details) details.open = open;
  if (active) [...body.querySelectorAll<HTMLElement>("[href]")].find((node) => node.getAttribute("href") === active)?.focus();
}

function keyOf(node: HTMLElement): string {
  return node.closest<HTMLElement>("[data-figure]")?.dataset.figure ?? "";
}

export async function mount(holder: HTMLElement, raw: unknown): Promise<() => void> {
  const config = raw as Config;
  const words: Words = (key, places = {}) => Object.entries(places).reduce((said, [name, value]) => said.replaceAll(`{${name}}`, String(value)), config.words[key] ?? key);
  const find = (name: string): HTMLElement | null => holder.querySelector<HTMLElement>(`[data-${name}]`);
  let area = config.area;
  let beside = config.beside;
  let position = config.position;
  let heard = config.position;
  let map: WallMap | null = null;
  let stream: Stream | null = null;
  let asking = false;
  let wanted = false;
  let lastAsked = performance.now();
  let timer = 0;
  let patience = 0;
  let cutAt = "";
  const stops: (() => void)[] = [];

  stops.push(startLayout(holder, config));
  for (const body of holder.querySelectorAll<HTMLElement>("[data-card-body]")) {
    body.dataset.said = body.innerHTML;
    body.dataset.seen = body.querySelector<HTMLElement>("[data-position]")?.dataset.position ?? "0";
  }
  const drawer = startDrawer(holder, config, words, { points: () => map?.points() ?? [], beside: () => beside, list: () => find("list")?.getAttribute("href") ?? "" });

  const clock = (): void => {
    const node = find("wall-clock") as HTMLTimeElement | null;
    const now = new Date(Date.now() + 1000 * Number(document.body.dataset.clockShift ?? 0));
    if (node) node.textContent = now.toLocaleString(document.documentElement.lang, { month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: config.zone });
  };
  clock();
  const ticking = window.setInterval(clock, 5_000);
  stops.push(() => window.clearInterval(ticking));

  function say(live: boolean): void {
    const node = find("live-state");
    if (!node) return;
    if (live) cutAt = "";
    else cutAt ||= new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: config.zone });
    const said = live ? words("live") : words("cut", { time: cutAt, n: config.blind / 1000 });
    if (node.textContent === said) return;
    node.replaceChildren(icon(live ? "wifi" : "wifi-off"), said);
    node.classList.toggle("is-cut", !live);
    holder.dataset.live = live ? "1" : "0";
  }

  function counts(): void {
    const node = find("shown");
    if (node && map) node.textContent = words("shown", { n: map.points().length, all: map.total() });
    drawer.refresh();
  }

  async function read(fly: boolean): Promise<void> {
    const answer = await ask<Area>(config.urls.points, { area });
    if (answer.area !== area || !map) return;
    map.show(answer, fly);
    if (answer.position < position) {
      position = answer.position; // what moved between the two readings is asked for
      want();
    }
    const crumbs = find("crumbs");
    crumbs?.replaceChildren(...answer.crumbs.map(([code, name, url]) => el("li", {}, el("a", { href: url, "data-drill": code, ...(code === area ? { "aria-current": "page" } : {}) }, name))));
    find("list")?.setAttribute("href", answer.list_url);
    const input = document.querySelector<HTMLInputElement>("#yw-wall-setup input[name=area]");
    if (input) input.value = area;
    document.title = document.title.replace(/^[^·]*/, `${answer.name} `);
    map.beside(beside);
    counts();
  }

  async function renumber(): Promise<void> {
    const mine = area;
    const answer = await ask<Numbers>(config.urls.numbers, { area, heard, ...(position < 0 ? {} : { since: position }) });
    if (answer.area === mine && mine === area) await take(answer);
  }

  /** Put numbers in place, whoever sent them. */
  async function take(answer: Numbers): Promise<void> {
    const moved = answer.moved;
    position = answer.position;
    beside = answer.beside;
    for (const [code, html] of Object.entries(answer.cards)) {
      const body = holder.querySelector<HTMLElement>(`[data-card-body="${code}"]`);
      if (body) renew(body, html);
    }
    holder.dataset.position = String(position);
    if (moved?.reload) await read(false);
    else if (moved) map?.move(moved);
    map?.beside(beside);
    counts();
  }

  /** Ask when something moved, but never twice within the gap; what comes meanwhile is answered together. */
  function want(): void {
    wanted = true;
    if (asking || timer) return;
    const wait = Math.max(0, config.gap - (performance.now() - lastAsked));
    timer = window.setTimeout(() => {
      timer = 0;
      wanted = false;
      asking = true;
      lastAsked = performance.now();
      renumber()
        .catch((error: unknown) => console.warn("numbers", error))
        .finally(() => {
          asking = false;
          if (wanted || position < heard) want();
        });
    }, wait);
  }

  /** Numbers that the stream brings; when something is missing between them and what is here, they are asked for. */
  function brought(body: string): void {
    const answer = JSON.parse(body) as Numbers;
    if (answer.area !== area || answer.position <= position) return;
    if (position < 0 || answer.since === null || answer.since > position) want();
    else void take(answer).catch((error: unknown) => console.warn("numbers", error));
  }

  /** The stream brings the numbers; only when it does not, they are asked for. */
  function wait(): void {
    patience ||= window.setTimeout(() => {
      patience = 0;
      want();
    }, config.gap + PATIENCE_MS);
  }

  function hear(): void {
    stream?.close();
    const address = document.body.dataset.live;
    if (!address || !("EventSource" in window)) return;
    stream = listen(address, `${config.urls.live}&area=${encodeURIComponent(area)}`, Math.max(position, heard), {
      moved(at) {
        heard = Math.max(heard, at);
        if (at === 0) want();
        else wait();
      },
      numbers(body) {
        window.clearTimeout(patience);
        patience = 0;
        holder.dataset.told = "";
        brought(body);
        if (position < heard) wait();
      },
      state(live) {
        say(live);
        if (live) wait();
      },
    });
  }

  async function go(code: string, push: boolean): Promise<void> {
    area = code;
    position = heard;
    if (push) history.pushState({ area }, "", `${config.urls.page}?area=${encodeURIComponent(code)}`);
    drawer.close();
    hear();
    holder.setAttribute("aria-busy", "true");
    try {
      await read(true);
      position = -1; // every card is another one now
      lastAsked = 0;
      await renumber();
    } catch (error) {
      console.error("area", error);
      drawer.say(words("failed"));
    } finally {
      holder.removeAttribute("aria-busy");
    }
  }

  function chosen({ kind, id }: Chosen): void {
    if (kind === "area") void go(id, true);
    else drawer.open(kind, id);
  }

  const onClick = (event: Event): void => {
    const mouse = event as MouseEvent;
    if (mouse.ctrlKey || mouse.metaKey || mouse.shiftKey) return;
    const target = event.target as HTMLElement;
    const drill = target.closest<HTMLElement>("[data-drill]");
    const one = target.closest<HTMLElement>("[data-case]");
    const spot = target.closest<HTMLElement>("[data-spot]");
    const person = target.closest<HTMLElement>("[data-person]");
    if (drill) {
      event.preventDefault();
      void go(drill.dataset.drill!, true);
    } else if (one) {
      event.preventDefault();
      drawer.open("case", one.dataset.case!);
    } else if (spot) drawer.open("spot", spot.dataset.spot!);
    else if (person) drawer.open("person", person.dataset.person!);
    else if (target.closest("[data-table]")) drawer.table();
    else if (target.closest("[data-fullscreen]")) void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  };
  holder.addEventListener("click", onClick);
  const onPop = (): void => void go(new URLSearchParams(location.search).get("area") ?? config.area, false);
  window.addEventListener("popstate", onPop);
  stops.push(() => window.removeEventListener("popstate", onPop));

  const legend = find("legend");
  legend?.append(...["overdue", "soon", "in_time", "paused"].map((tone) => el("li", {}, symbolElement(tone), t(`tone_${tone}`))));
  legend?.append(el("li", {}, el("span", { class: "ring is-spot" }), words("spots")));

  // The numbers live from here on: the map may take its time, or fail, and they still move.
  say(false);
  hear();
  const idle = window.setInterval(want, stream ? config.idle : config.blind);
  const blind = window.setInterval(() => holder.dataset.live !== "1" && want(), config.blind);
  const again = window.setInterval(() => void read(false).catch((error: unknown) => console.warn("points", error)), POINTS_AGAIN_MS);
  stops.push(() => [idle, blind, again, timer, patience].forEach((one) => window.clearInterval(one)));

  const mapHolder = find("wall-map")!;
  try {
    map = await startMap(mapHolder, words, chosen);
    await read(true);
  } catch (error) {
    console.error("map", error);
    mapHolder.append(el("p", { class: "wall-notice", role: "status" }, words("failed")));
  }
  holder.dataset.shown = "";
  const leave = (): void => stream?.close();
  window.addEventListener("pagehide", leave);
  stops.push(() => window.removeEventListener("pagehide", leave));
  place(holder, config);
  return () => {
    stops.forEach((stop) => stop());
    stream?.close();
    map?.remove();
  };
}
