/** Finding a class: the recent ones, the frequent ones, and by pinyin initials ("jgps"), Chinese words or code. */
import type { ProblemClass } from "./types";

const MOST = 24;

/** Return classes for the words, the best first; none for no words. */
export function search(words: string, classes: ProblemClass[], recent: string[] = []): ProblemClass[] {
  const asked = words.trim().toLowerCase().replace(/\s+/g, "");
  if (!asked) return [];
  const scored: [number, ProblemClass][] = [];
  for (const one of classes) {
    const score = scoreOf(asked, one);
    if (score > 0) scored.push([score + (recent.includes(one.code) ? 0.6 : 0) + (one.frequent ? 0.4 : 0), one]);
  }
  return scored.sort((a, b) => b[0] - a[0]).slice(0, MOST).map(([, one]) => one);
}

function scoreOf(asked: string, one: ProblemClass): number {
  if (/^[a-z]+$/.test(asked)) {
    const initials = (one.pinyin_initials ?? "").toLowerCase();
    if (initials === asked) return 5;
    if (initials.startsWith(asked)) return 4;
    if (initials.includes(asked)) return 3;
    if (one.name.toLowerCase().includes(asked)) return 2.5; // an English name
    return within(asked, initials) ? 1 : 0;
  }
  const name = one.name.toLowerCase();
  if (name === asked) return 5;
  if (name.startsWith(asked)) return 4;
  if (name.includes(asked)) return 3;
  if (one.code.toLowerCase().includes(asked)) return 2;
  if (one.major.toLowerCase().includes(asked)) return 1.5;
  return within(asked, name) ? 1 : 0;
}

/** Whether the letters stand in the text in this order. */
function within(letters: string, text: string): boolean {
  let at = -1;
  return [...letters].every((letter) => (at = text.indexOf(letter, at + 1)) >= 0);
}

/** What stands ready to be tapped: last used first, then the frequent ones. */
export function ready(classes: ProblemClass[], recent: string[], most = 8): ProblemClass[] {
  const byCode = new Map(classes.map((one) => [one.code, one]));
  const first = recent.map((code) => byCode.get(code)).filter((one): one is ProblemClass => one !== undefined);
  const rest = classes.filter((one) => one.frequent && !recent.includes(one.code));
  return [...first, ...rest].slice(0, most);
}
