/** Words for the few sentences that script says. The server puts them, translated, into #yw-texts (kernel/ui/texts.py). */

type Texts = Record<string, string>;
let cache: Texts | null = null;
let holder = "yw-texts";

/** Take the sentences from another element: the phone has both languages in its page, since it cannot ask for one. */
export function useTexts(id: string): void {
  holder = id;
  cache = null;
}

function texts(): Texts {
  if (cache === null) {
    const source = document.getElementById(holder);
    cache = source?.textContent ? (JSON.parse(source.textContent) as Texts) : {};
  }
  return cache;
}

/** Return the sentence for a key with `{name}` places filled; the key itself when the server sent none. */
export function t(key: string, places: Record<string, string | number> = {}): string {
  let sentence = texts()[key] ?? key;
  for (const [name, value] of Object.entries(places)) sentence = sentence.replaceAll(`{${name}}`, String(value));
  return sentence;
}

/** One counted thing, "1 hour" or "3 hours"; in Chinese both are the same. */
function counted(unit: "day" | "work_day" | "hour" | "minute", n: number): string {
  return t(n === 1 ? `${unit}_one` : `${unit}_many`, { n });
}

/** A duration in the two largest units that matter; the same rule as kernel/ui/words.py `duration`. */
export function duration(seconds: number, working = false): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const perDay = working ? 480 : 1440;
  const days = Math.floor(minutes / perDay);
  const hours = Math.floor((minutes % perDay) / 60);
  const rest = (minutes % perDay) % 60;
  const day = counted(working ? "work_day" : "day", days);
  if (days > 0) return hours > 0 ? `${day} ${counted("hour", hours)}` : day;
  if (hours > 0) return rest > 0 ? `${counted("hour", hours)} ${t("min", { n: rest })}` : counted("hour", hours);
  return rest > 0 ? counted("minute", rest) : t("under_minute");
}

/** Make an element with text and attributes; text is never parsed as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** An icon of the sprite that the server named in <meta name="yw-icons">. */
export function icon(name: string): SVGSVGElement {
  const sprite = document.querySelector<HTMLMetaElement>('meta[name="yw-icons"]')?.content ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
