/** Two fixed layouts: cards keep their text and go to where the wall's shape wants them. */
import type { Config } from "./types";

const ULTRA = "(min-aspect-ratio: 2/1)"; // 21:9 and wider

function layoutOf(config: Config): string {
  if (config.layout !== "auto") return config.layout;
  return matchMedia(ULTRA).matches ? "ultra" : "standard";
}

/** Put every card that is there into its place. */
export function place(holder: HTMLElement, config: Config): void {
  const name = layoutOf(config);
  if (holder.dataset.layout === name && holder.dataset.placed !== undefined) return;
  holder.dataset.layout = name;
  holder.dataset.placed = "";
  for (const [side, codes] of Object.entries(config.layouts[name] ?? {})) {
    const target = holder.querySelector(`[data-side="${side}"]`);
    for (const code of codes) {
      const card = holder.querySelector(`[data-card="${code}"]`);
      if (card) target?.append(card);
    }
  }
}

export function startLayout(holder: HTMLElement, config: Config): () => void {
  place(holder, config);
  const media = matchMedia(ULTRA);
  const change = (): void => place(holder, config);
  media.addEventListener("change", change);
  return () => media.removeEventListener("change", change);
}
