/** How the screens look and in which language they speak: the person's choice, kept on the phone. */
import { useTexts } from "../core/texts";
import type { Prefs } from "./db";

/** Return the language in use. */
export function applyPrefs(prefs: Prefs, largeByDefault = false): string {
  const root = document.documentElement;
  const language = prefs.language ?? (root.dataset.language || "zh-hans");
  useTexts(language === "en" ? "yw-texts-en" : "yw-texts");
  root.lang = language === "en" ? "en" : "zh-Hans";
  if (prefs.large ?? largeByDefault) root.dataset.print = "large";
  else delete root.dataset.print;
  if (prefs.theme) root.dataset.theme = prefs.theme;
  else delete root.dataset.theme;
  document.dispatchEvent(new CustomEvent("yw:worn"));
  return language;
}
