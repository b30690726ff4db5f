/** Read design tokens as plain colours, so that charts and maps wear the same ones as the page. */

let probe: HTMLElement | null = null;

/** Return token `--yw-<name>` as rgb(...); light-dark() and nested variables are resolved by the browser itself. */
export function token(name: string): string {
  if (probe === null || !probe.isConnected) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--yw-${name})`;
  return getComputedStyle(probe).color;
}

/** A colour of data: a token's name, or #rrggbb as a layer's symbol says. */
export function colourOf(name: string): string {
  return name.startsWith("#") ? name : token(name);
}

export const TONES = ["in_time", "soon", "overdue", "paused", "done", "neutral", "accent"] as const;
export type Tone = (typeof TONES)[number];

/** The mark colour of a meaning: the same on pin, chip and bar. */
export function toneColour(tone: string): string {
  if (tone === "accent") return token("accent");
  if (tone === "neutral" || !(TONES as readonly string[]).includes(tone)) return token("line-strong");
  return token(`${tone.replace("_", "-")}-line`);
}

export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}

/** Call back when the reader changes between light and dark. */
export function onThemeChange(callback: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", callback);
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-print"] });
  return () => {
    media.removeEventListener("change", callback);
    observer.disconnect();
  };
}
