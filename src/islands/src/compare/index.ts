/** Before and after in one frame, with a bar between that mouse, finger and arrow keys move. Without script: side by side. */
import { el, t } from "../core/texts";

export function mount(holder: HTMLElement): () => void {
  const pictures = [...holder.querySelectorAll<HTMLImageElement>(".pair img")];
  if (pictures.length !== 2) return () => {};
  const [before, after] = pictures;
  const pair = holder.querySelector<HTMLElement>(".pair")!;
  const range = el("input", { type: "range", min: "0", max: "100", value: "50", step: "1", "aria-label": t("compare_slide") });
  const over = el("img", { class: "over", src: before.currentSrc || before.src, alt: before.alt });
  const under = el("img", { src: after.currentSrc || after.src, alt: after.alt });
  const frame = el(
    "div", { class: "frame" }, under, over, el("div", { class: "bar" }),
    el("span", { class: "tag b" }, holder.dataset.before ?? t("before")), el("span", { class: "tag a" }, holder.dataset.after ?? t("after")), range,
  );
  const show = (): void => {
    frame.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", t("compare_share", { n: range.value }));
  };
  range.addEventListener("input", show);
  show();
  const toggle = el("button", { type: "button", class: "btn btn-sm btn-ghost", "aria-pressed": "false" }, t("side_by_side"));
  const apart = (on: boolean): void => {
    pair.hidden = !on;
    frame.hidden = on;
    toggle.setAttribute("aria-pressed", String(on));
  };
  toggle.addEventListener("click", () => apart(pair.hidden === true));
  pair.before(frame);
  holder.append(toggle);
  apart(false);
  return () => frame.remove();
}
