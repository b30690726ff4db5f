/** Parts of the phone's screens: large, few, the same everywhere. */
import { el, icon, t } from "../core/texts";

export type Cleanup = () => void;
export { el, icon, t };

type Child = Node | string | null | undefined | false;

export function box(className: string, ...children: Child[]): HTMLDivElement {
  return el("div", { class: className }, ...kids(children));
}

export function kids(children: Child[]): (Node | string)[] {
  return children.filter((one): one is Node | string => one !== null && one !== undefined && one !== false && one !== "");
}

export function button(label: string, name: string, action: () => unknown, className = ""): HTMLButtonElement {
  const node = el("button", { type: "button", class: `p-btn ${className}`.trim() }, ...(name ? [icon(name)] : []), el("span", {}, label));
  node.addEventListener("click", () => void action());
  return node;
}

/** A button that is only its icon; the label is for who cannot see it. */
export function round(label: string, name: string, action: () => unknown, className = ""): HTMLButtonElement {
  const node = el("button", { type: "button", class: `p-round ${className}`.trim(), "aria-label": label, title: label }, icon(name));
  node.addEventListener("click", () => void action());
  return node;
}

export function link(label: string, name: string, href: string, className = ""): HTMLAnchorElement {
  return el("a", { href, class: `p-btn ${className}`.trim() }, ...(name ? [icon(name)] : []), el("span", {}, label));
}

export function chip(label: string, tone = "neutral", name = ""): HTMLSpanElement {
  return el("span", { class: `p-chip tone-${tone}` }, ...(name ? [icon(name)] : []), label);
}

export function notice(tone: string, name: string, title: string, text = "", ...more: Child[]): HTMLDivElement {
  return el("div", { class: `p-notice tone-${tone}`, role: tone === "overdue" ? "alert" : "status" }, icon(name),
    box("grow", el("b", {}, title), text && el("p", {}, text), ...more));
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return el("section", { class: "p-section" }, el("h2", {}, title), ...kids(children));
}

export function empty(name: string, text: string): HTMLDivElement {
  return el("div", { class: "p-empty" }, icon(name), el("p", {}, text));
}

/** Say something that needs no answer; `undo` is offered as long as it stands. */
export function say(text: string, { tone = "in_time", undo, ms = 4_000 }: { tone?: string; undo?: () => unknown; ms?: number } = {}): void {
  const region = document.getElementById("p-toasts")!;
  const node = el("div", { class: `p-toast tone-${tone}`, role: tone === "overdue" ? "alert" : "status" });
  node.append(icon(tone === "in_time" ? "circle-check" : tone === "overdue" ? "alert-octagon" : "info-circle"), el("p", {}, text));
  if (undo) node.append(button(t("undo"), "arrow-back-up", async () => { node.remove(); await undo(); }, "small"));
  region.replaceChildren(node);
  setTimeout(() => node.remove(), ms);
}

/** Ask in a sheet from below; resolves with the chosen value, or null. */
export function choose<T>(title: string, text: string, choices: { label: string; icon: string; value: T; className?: string }[]): Promise<T | null> {
  return new Promise((resolve) => {
    const sheet = el("dialog", { class: "p-sheet", "aria-label": title });
    const done = (value: T | null): void => {
      sheet.close();
      sheet.remove();
      resolve(value);
    };
    sheet.append(el("h2", {}, title), ...(text ? [el("p", {}, text)] : []),
      ...choices.map((one) => button(one.label, one.icon, () => done(one.value), one.className ?? "")),
      button(t("cancel"), "x", () => done(null), "quiet"));
    sheet.addEventListener("cancel", () => done(null));
    sheet.addEventListener("click", (event) => event.target === sheet && done(null));
    document.body.append(sheet);
    sheet.showModal();
  });
}

/** Pictures of blobs, freed when the screen goes. */
export class Pictures {
  private urls: string[] = [];

  of(blob: Blob): string {
    const url = URL.createObjectURL(blob);
    this.urls.push(url);
    return url;
  }

  free(): void {
    this.urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  }
}

export function clockTime(iso: string): string {
  const at = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = at.toDateString() === new Date().toDateString() ? "" : `${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  return `${day}${two(at.getHours())}:${two(at.getMinutes())}`;
}
