/** The detail of what was chosen, beside the map: a case, somebody on shift, a place that comes back, the map as a table. */
import { adoptClocks } from "../core/clock";
import { el, icon, t } from "../core/texts";
import type { Beside, Config, Point, Words } from "./types";

const NONE = "00000000-0000-0000-0000-000000000000";
const MOST_ROWS = 300;

export interface Drawer {
  open(kind: "case" | "person" | "spot", id: string): void;
  table(): void;
  /** The points of the map have changed. */
  refresh(): void;
  say(sentence: string): void;
  close(): void;
}

interface Facts {
  points(): Point[];
  beside(): Beside;
  list(): string;
}

export function startDrawer(holder: HTMLElement, config: Config, words: Words, facts: Facts): Drawer {
  const node = holder.querySelector<HTMLElement>("[data-drawer]")!;
  let opener: HTMLElement | null = null;
  let asked = 0;

  function close(): void {
    if (node.hidden) return;
    asked += 1;
    node.hidden = true;
    holder.querySelector("[data-table]")?.setAttribute("aria-expanded", "false");
    if (opener?.isConnected && node.contains(document.activeElement)) opener.focus();
    opener = null;
  }

  function show(...children: (Node | string)[]): void {
    const button = el("button", { type: "button", class: "wall-close", "aria-label": words("close") }, icon("x"));
    button.addEventListener("click", close);
    if (node.hidden) opener = document.activeElement as HTMLElement | null;
    node.replaceChildren(button, ...children);
    node.hidden = false;
    button.focus({ preventScroll: true });
  }

  async function openCase(uid: string): Promise<void> {
    const mine = ++asked;
    show(el("p", {}, words("loading")));
    try {
      const answer = await fetch(config.urls.case.replace(NONE, uid), { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const body = el("div");
      body.innerHTML = await answer.text(); // from our own server, escaped there
      if (mine !== asked) return;
      show(body);
      adoptClocks(node);
    } catch (error) {
      console.error("case", error);
      if (mine === asked) show(el("p", { role: "alert" }, words("failed")));
    }
  }

  function openPerson(uid: string): void {
    const person = facts.beside().people.find((one) => one.uid === uid);
    if (!person) return;
    const list = el("dl");
    for (const [label, value] of [[words("grid"), person.grid], [words("since"), person.since], [words("last"), person.at]]) if (value) list.append(el("dt", {}, label), el("dd", {}, value));
    show(el("h2", {}, person.name), el("p", {}, words("person")), list);
  }

  function openSpot(key: string): void {
    const kept = holder.querySelector<HTMLElement>(`[data-spot-cases="${CSS.escape(key)}"]`);
    if (!kept) return;
    const copy = kept.cloneNode(true) as HTMLElement;
    copy.hidden = false;
    copy.removeAttribute("data-spot-cases");
    show(copy);
  }

  /** The cases of the map in rows; they follow the map while they stand there. */
  function rows(): Node[] {
    const all = facts.points();
    const now = Date.now() / 1000;
    const body = el("tbody");
    for (const [uid, , , tone, due, title] of all.slice(0, MOST_ROWS)) {
      const until = due ? new Date(due * 1000).toLocaleString(document.documentElement.lang, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: config.zone }) : "";
      body.append(el("tr", {}, el("th", { scope: "row" }, el("a", { href: config.urls.full.replace(NONE, uid), "data-case": uid }, title)), el("td", {}, t(`tone_${tone}`)), el("td", { class: due && due < now ? "is-late" : "" }, until)));
    }
    const head = el("tr", {}, ...["case", "state", "due"].map((key) => el("th", { scope: "col" }, words(key))));
    const more = all.length > MOST_ROWS ? [el("p", {}, el("a", { href: facts.list() }, words("first_rows", { n: MOST_ROWS })))] : [];
    return [...more, all.length ? el("table", {}, el("thead", {}, head), body) : el("p", {}, words("none"))];
  }

  function table(): void {
    asked += 1;
    show(el("h2", {}, words("table")), el("div", { "data-points": "" }, ...rows()));
    holder.querySelector("[data-table]")?.setAttribute("aria-expanded", "true");
  }

  function refresh(): void {
    const kept = node.hidden ? null : node.querySelector("[data-points]");
    if (kept && !kept.contains(document.activeElement)) kept.replaceChildren(...rows());
  }

  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
  };
  document.addEventListener("keydown", onKey);
  return {
    open: (kind, id) => (kind === "case" ? void openCase(id) : kind === "person" ? openPerson(id) : openSpot(id)),
    table,
    refresh,
    say: (sentence) => show(el("p", { role: "alert" }, sentence)),
    close,
  };
}
