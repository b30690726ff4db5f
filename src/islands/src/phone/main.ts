/** 城管通, the inspector's phone: starts from what it keeps, with or without a network. */
import "./phone.css";
import { noteAhead } from "./clock";
import { get, isFull, onMoved, read, unlessFull } from "./db";
import { box, button, el, icon, kids, link, notice, round, say, t, type Cleanup } from "./ui";
import { count, tidy, wake } from "./queue";
import { askToStay } from "./room";
import { isShort, keepSending, refresh } from "./sync";
import { loadTiles } from "./tiles";
import { keepTrack } from "./track";
import { applyPrefs } from "./wear";
import { figures } from "./screens/figures";
import { report } from "./screens/report";
import { sent } from "./screens/sent";
import { settings } from "./screens/settings";
import { task } from "./screens/task";
import { today } from "./screens/today";
import { fresher, startWorker, startsAlone, takeOver } from "./worker";

type Screen = (root: HTMLElement, params: URLSearchParams) => Promise<Cleanup>;

const SCREENS: Record<string, { show: Screen; title: string }> = {
  today: { show: today, title: "phone.today" },
  report: { show: report, title: "phone.report" },
  task: { show: task, title: "phone.task" },
  map: { show: async (root, params) => (await import("./map")).map(root, params), title: "map.Map.Title" },
  sent: { show: sent, title: "phone.sent" },
  figures: { show: figures, title: "phone.figures" },
  settings: { show: settings, title: "phone.me" },
};
const FETCH_EVERY_MS = 120_000;

const app = document.getElementById("app")!;
const bar = el("header", { class: "p-bar" });
const told = box("p-told");
const main = el("main", { class: "p-main", id: "main", tabindex: "-1" });
const nav = el("nav", { class: "p-nav" });
let leave: Cleanup = () => undefined;
let showing = 0;

function where(): { name: string; params: URLSearchParams } {
  const [name, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: name in SCREENS ? name : "today", params: new URLSearchParams(query) };
}

async function show(): Promise<void> {
  const mine = ++showing;
  const { name, params } = where();
  leave();
  leave = () => undefined;
  const screen = el("div", { class: `p-screen is-${name}` });
  main.replaceChildren(screen);
  main.scrollTop = 0;
  drawBar(name);
  try {
    const left = await SCREENS[name].show(screen, params);
    if (mine === showing) leave = left;
    else left();
  } catch (error) {
    if (!isFull(error)) console.error(error);
    screen.replaceChildren(isFull(error) ? notice("overdue", "alert-octagon", t("phone.full"), t("phone.full_kept"))
      : notice("overdue", "alert-octagon", t("phone.screen_failed"), t("phone.screen_failed_text")));
  }
  screen.dataset.ready = "";
}

function drawBar(name: string): void {
  const title = t(SCREENS[name].title);
  document.title = `${title} · ${t("phone.app")}`;
  bar.replaceChildren(...kids([
    name === "today" ? icon("building-community") : round(t("previous"), "arrow-left", () => (history.length > 1 ? history.back() : (location.hash = "#/today"))),
    el("h1", {}, name === "today" ? t("phone.app") : title), state,
  ]));
  const entries: [string, string, string, string][] = [
    ["today", "home", t("phone.today"), "#/today"], ["map", "map", t("map.Map.Title"), "#/map"], ["report", "camera", t("phone.report_short"), "#/report?camera"],
    ["sent", "send", t("phone.sent"), "#/sent"], ["settings", "user", t("phone.me"), "#/settings"],
  ];
  nav.setAttribute("aria-label", t("phone.pages"));
  nav.replaceChildren(...entries.map(([code, name_, label, href]) => {
    const node = el("a", { href, class: code === "report" ? "now" : "" }, icon(name_), el("span", {}, label));
    if (code === name) node.setAttribute("aria-current", "page");
    return node;
  }));
}

// ---- always visible, but quiet: is there a network, how much waits ----

const state = el("a", { class: "p-state", href: "#/sent", "aria-live": "polite" });

async function drawState(): Promise<void> {
  const queue = await count();
  const { signed_out: out, forbidden: barred, track_refused: acts } = await read("signed_out", "forbidden", "track_refused");
  const offline = !navigator.onLine;
  document.documentElement.classList.toggle("is-offline", offline);
  const words = offline ? t("phone.offline") : queue.waiting ? t("phone.waiting_short") : t("phone.online");
  state.replaceChildren(icon(offline ? "wifi-off" : queue.waiting ? "cloud-upload" : "circle-check"), el("span", {}, words), ...(queue.waiting ? [el("b", {}, String(queue.waiting))] : []));
  state.dataset.waiting = String(queue.waiting);
  state.dataset.refused = String(queue.refused);
  told.replaceChildren(...kids([
    out && notice("soon", "lock", t("phone.signed_out"), t("phone.signed_out_text"), link(t("phone.sign_in"), "login", `/accounts/login/?next=${encodeURIComponent("/city/phone/")}`, "primary")),
    isShort() && notice("overdue", "alert-octagon", t("phone.full"), t("phone.full_kept"), link(t("phone.me"), "user", "#/settings")),
    barred && notice("overdue", "ban", t("phone.forbidden"), t("phone.forbidden_text")),
    acts ? notice("soon", "route", t("phone.track_refused"), acts) : null,
    startsAlone() ? null : notice("soon", "cloud-off", t("phone.not_alone"), t("phone.not_alone_text")),
    fresher() && notice("accent", "refresh", t("phone.new_version"), t("phone.new_version_text"), button(t("phone.take_version"), "refresh", takeOver, "small")),
  ]));
}

async function fetchAndSend(): Promise<void> {
  if (!navigator.onLine) return;
  keepSending();
  if ((await refresh()) === "ok") {
    keepSending();
    if (!(navigator as { connection?: { saveData?: boolean } }).connection?.saveData) void loadTiles().catch(unlessFull);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function start(): Promise<void> {
  const { prefs, me, clock_ahead: ahead } = await read("prefs", "me", "clock_ahead");
  noteAhead(ahead);
  applyPrefs(prefs ?? {}, me?.settings.big_characters_default);
  app.replaceChildren(bar, told, main, nav);
  app.removeAttribute("aria-busy");
  window.addEventListener("hashchange", () => void show());
  window.addEventListener("online", () => void drawState().then(wake).catch(unlessFull).then(fetchAndSend));
  // What a person does and what cannot be kept is told, wherever it was done.
  window.addEventListener("unhandledrejection", (event) => {
    if (!isFull(event.reason)) return;
    event.preventDefault();
    say(t("phone.full"), { tone: "overdue" });
  });
  window.addEventListener("offline", () => void drawState());
  document.addEventListener("visibilitychange", () => !document.hidden && void fetchAndSend());
  document.addEventListener("yw:worn", () => {
    drawBar(where().name);
    void drawState();
  });
  onMoved((what) => {
    if (what === "queue" || what === "me") void drawState();
    if (what === "pack" || what === "me") {
      // The first answer of all: screens that had nothing to show are drawn anew.
      if (!hadPack) void get("pack").then((pack) => pack && ((hadPack = true), where().name !== "today" && void show()));
      void keepTrack().catch(unlessFull);
    }
  });
  let hadPack = Boolean(await get("pack"));
  const first = show();
  await pause(0); // one after the other: a slow phone answers in between
  await drawState();
  await Promise.race([first, pause(1_000)]); // a screen that begins with the camera waits for the person, the rest does not
  void startWorker();
  void askToStay();
  void tidy().catch(unlessFull);
  await keepTrack().catch(unlessFull);
  await fetchAndSend();
  setInterval(() => !document.hidden && void fetchAndSend(), FETCH_EVERY_MS);
}

void start().catch((error) => {
  console.error(error);
  applyPrefs({});
  app.removeAttribute("aria-busy");
  // Without a store the app cannot keep its word; the pages of the desk report as well, as long as there is a network.
  app.replaceChildren(box("p-stack p-alone", notice("overdue", "alert-octagon", t("phone.no_store"), t("phone.no_store_text")),
    button(t("phone.try_again"), "refresh", () => location.reload(), "primary"), link(t("phone.desk"), "device-desktop", "/city/desk/")));
});
