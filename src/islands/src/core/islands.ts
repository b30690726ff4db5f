/** Load an island when it comes near the window; most pages never pay for the map. */
import { el, icon, t } from "./texts";

type Unmount = () => void;
export interface Island {
  mount(element: HTMLElement, config: unknown): Unmount | void | Promise<Unmount | void>;
}

const LOADERS: Record<string, () => Promise<Island>> = {
  map: () => import("../map"),
  chart: () => import("../chart"),
  camera: () => import("../camera"),
  recorder: () => import("../recorder"),
  compare: () => import("../compare"),
  diagram: () => import("../diagram"),
  key: () => import("../key"),
  screen: () => import("../screen"),
};

const mounted = new WeakMap<Element, Unmount>();
const seen = new WeakSet<Element>();

/** `data-config` is JSON itself, or the id of a JSON script element ("#id"), or an address that answers JSON. */
async function configOf(element: HTMLElement): Promise<unknown> {
  const given = (element.dataset.config ?? "").trim();
  if (!given) return {};
  if (given.startsWith("{") || given.startsWith("[")) return JSON.parse(given);
  if (given.startsWith("#")) return JSON.parse(document.querySelector(given)?.textContent ?? "{}");
  const answer = await fetch(given, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status} ${given}`);
  return answer.json();
}

async function start(element: HTMLElement): Promise<void> {
  const load = LOADERS[element.dataset.island!];
  if (!load) return;
  element.setAttribute("aria-busy", "true");
  try {
    const [island, config] = await Promise.all([load(), configOf(element)]);
    const unmount = await island.mount(element, config);
    if (unmount) mounted.set(element, unmount);
    element.dataset.ready = "";
  } catch (error) {
    console.error("island", element.dataset.island, error);
    element.dataset.failed = "";
    element.append(el("div", { class: "yw-notice tone-soon", role: "status" }, icon("alert-triangle"), el("p", {}, t("island_failed"))));
  } finally {
    element.removeAttribute("aria-busy");
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      void start(entry.target as HTMLElement);
    }
  },
  { rootMargin: "300px" },
);

export function adoptIslands(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-island]").forEach((element) => {
    if (seen.has(element)) return;
    seen.add(element);
    near.observe(element);
  });
}

export function dropIsland(element: Element): void {
  mounted.get(element)?.();
  mounted.delete(element);
}
