/** Clock chips count on by themselves; the server said how much counted time is left and whether it runs now. */
import { duration, t } from "./texts";

interface Running {
  node: HTMLElement;
  remaining: number;
  soon: number;
  at: number;
}

const running = new Map<HTMLElement, Running>();
const TONE_CLASSES = ["tone-in_time", "tone-soon", "tone-overdue"];
const ICONS: Record<string, string> = { in_time: "clock", soon: "clock-exclamation", overdue: "alert-octagon" };

/** Take up the chips of a part of the page: `data-clock`, `data-remaining` seconds, `data-ticking`. */
export function adoptClocks(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-clock][data-ticking='1']").forEach((node) => {
    if (running.has(node)) return;
    const remaining = Number(node.dataset.remaining);
    if (!Number.isFinite(remaining)) return;
    running.set(node, { node, remaining, soon: Number(node.dataset.soon ?? 0), at: performance.now() });
  });
}

function say({ node, remaining, soon, at }: Running): void {
  const left = remaining - (performance.now() - at) / 1000;
  const tone = left < 0 ? "overdue" : left <= soon ? "soon" : "in_time";
  const words = node.querySelector<HTMLElement>("[data-words]");
  const spoken = duration(left, node.dataset.working === "1");
  const sentence = left < 0 ? t("overdue_by", { duration: spoken }) : t("left", { duration: spoken });
  if (words && words.textContent !== sentence) words.textContent = sentence;
  if (!node.classList.contains(`tone-${tone}`)) {
    node.classList.remove(...TONE_CLASSES);
    node.classList.add(`tone-${tone}`);
    const use = node.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href")!.replace(/#.*/, `#${ICONS[tone]}`));
  }
}

/** "3 minutes ago" grows older while one looks at it. */
function sayAgo(node: HTMLTimeElement): void {
  // A demonstration may run on another day: the server says by how many seconds its clock is ahead of ours.
  const shift = Number(document.body.dataset.clockShift ?? 0);
  const seconds = (Date.now() - new Date(node.dateTime).getTime()) / 1000 + shift;
  if (Number.isFinite(seconds) && seconds >= 0 && seconds < 7 * 86400) {
    node.textContent = seconds < 60 ? t("just_now") : t("ago", { duration: duration(seconds) });
  }
}

function tick(): void {
  for (const [node, clock] of running) {
    if (node.isConnected) say(clock);
    else running.delete(node);
  }
  document.querySelectorAll<HTMLTimeElement>("time[data-ago]").forEach(sayAgo);
}

export function startClocks(): void {
  adoptClocks(document);
  setInterval(tick, 10_000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());
}
