import { el, icon, t } from "./texts";

export interface Toast {
  text: string;
  tone?: string;
  /** A URL that undoes it by POST; better than asking "are you sure" before. */
  undo_url?: string;
}

const ICONS: Record<string, string> = { in_time: "circle-check", soon: "alert-triangle", overdue: "alert-octagon" };

/** Say something that needs no answer; it stays eight seconds, or as long as the pointer or focus is on it. */
export function toast({ text, tone = "neutral", undo_url }: Toast): void {
  const region = document.getElementById("yw-toasts");
  if (!region) return;
  const close = el("button", { type: "button", "aria-label": t("close") }, icon("x"));
  const node = el("div", { class: `yw-toast tone-${tone}`, role: tone === "overdue" ? "alert" : "status" });
  node.append(icon(ICONS[tone] ?? "info-circle"), el("p", {}, text));
  if (undo_url) {
    node.append(el("button", { type: "button", class: "undo", "hx-post": undo_url, "hx-swap": "none" }, t("undo")));
  }
  node.append(close);
  region.append(node);
  close.addEventListener("click", () => node.remove());
  if (undo_url) document.dispatchEvent(new CustomEvent("yw:process", { detail: node }));
  keepThenRemove(node);
}

/** Toasts that the server rendered (messages framework) behave like ours. */
export function adoptToasts(): void {
  document.querySelectorAll<HTMLElement>("#yw-toasts > .yw-toast:not([data-adopted])").forEach((node) => {
    node.dataset.adopted = "";
    node.querySelector("button")?.addEventListener("click", () => node.remove());
    keepThenRemove(node);
  });
}

function keepThenRemove(node: HTMLElement): void {
  let left = 8;
  const timer = setInterval(() => {
    if (!node.isConnected) clearInterval(timer);
    else if (node.matches(":hover, :focus-within")) left = Math.max(left, 3);
    else if (--left <= 0) node.remove();
  }, 1000);
}
