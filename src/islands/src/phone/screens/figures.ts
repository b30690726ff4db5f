/** Own figures: today, this month, and how much of the grid was seen. */
import { get } from "../db";
import { box, el, empty, kids, section, t, type Cleanup } from "../ui";

export async function figures(root: HTMLElement): Promise<Cleanup> {
  const found = await get("figures");
  if (!found) {
    root.append(empty("chart-bar", t("phone.nothing_yet")));
    return () => undefined;
  }
  const words: Record<string, string> = { reports: t("phone.fig_reports"), verified: t("phone.fig_verified"), checked: t("phone.fig_checked"), in_time: t("phone.fig_in_time") };
  const cards = (values: Record<string, number>): HTMLElement =>
    box("p-figures", ...Object.entries(words).filter(([name]) => values[name] !== undefined && values[name] !== null).map(([name, label]) =>
      box("p-figure", el("b", {}, name === "in_time" && values[name] <= 1 ? `${Math.round(values[name] * 100)}%` : String(values[name])), el("small", {}, label))));
  const { cover } = found;
  const meter = el("meter", { min: "0", max: "1", class: "p-meter" });
  if (cover) meter.value = cover.share;
  meter.setAttribute("aria-label", t("phone.cover"));
  root.append(...kids([
    section(t("phone.today"), cards(found.today)), section(t("phone.month"), cards(found.month)),
    cover && section(t("phone.cover"), meter, el("p", {}, t("phone.cover_text", { percent: Math.round(cover.share * 100), seen: cover.cells_seen, cells: cover.cells }))),
  ]));
  return () => undefined;
}
