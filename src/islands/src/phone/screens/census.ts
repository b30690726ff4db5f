/** Census (普查): the components of an order one after another; each is confirmed, corrected, added or retired. */
import { photoButton, strip } from "../camera";
import { get } from "../db";
import * as fields from "../fields";
import { asPlace, follow, fresh, metres, shown } from "../place";
import { all, draftOf, filesOf, keepDraft, put } from "../queue";
import { keepSending } from "../sync";
import type { CensusComponent, Draft, FieldTask } from "../types";
import { box, button, chip, el, kids, Pictures, say, section, t, type Cleanup } from "../ui";

type Answer = "confirm" | "correct" | "add" | "retire";
const SHOWN = 60; // nearest first; a list of a thousand is no list

export async function census(root: HTMLElement, order: FieldTask): Promise<Cleanup> {
  const me = (await get("me"))!;
  const components = order.census?.components ?? [];
  const list = box("p-list");
  const progress = el("p", { class: "quiet", role: "status" });
  const pictures = new Pictures();
  const answered = new Map<string, string>();
  for (const act of await all()) {
    if (act.kind === "census" && act.data.order_uid === order.census?.order_uid && act.state !== "refused" && act.data.asset_uid) answered.set(String(act.data.asset_uid), String(act.data.answer));
  }
  const words: Record<string, string> = { confirm: t("phone.census_confirmed"), correct: t("phone.census_corrected"), retire: t("phone.census_retired"), add: t("phone.census_added") };

  function draw(): void {
    const fix = fresh();
    const at = fix && shown(fix);
    const far = (one: CensusComponent): number => (at && one.lon !== undefined && one.lat !== undefined ? metres(at, { lon: one.lon, lat: one.lat }) : 0);
    const open = components.filter((one) => !isDone(one)).sort((a, b) => far(a) - far(b));
    progress.textContent = t("phone.census_progress", { done: components.length - open.length, total: components.length });
    const done = components.filter(isDone);
    list.replaceChildren(...[...open, ...done].slice(0, SHOWN).map((one) => {
      const state = answered.get(one.uid);
      const node = el("button", { type: "button", class: "p-item" }, box("grow", el("b", {}, one.name || one.class_name || one.code), el("small", { class: "mono" }, one.code)),
        ...kids([at && one.lon !== undefined && el("small", {}, t("phone.away", { metres: Math.round(far(one)) })), isDone(one) && chip(words[state ?? "confirm"] ?? one.state ?? "", "in_time", "check")]));
      node.addEventListener("click", () => void open_(one));
      return node;
    }));
  }

  function isDone(one: CensusComponent): boolean {
    return answered.has(one.uid) || ["done", "confirmed", "corrected", "retired", "confirm", "correct", "retire"].includes(one.state ?? "");
  }

  async function open_(one: CensusComponent | null): Promise<void> {
    const key = `census:${order.uid}:${one?.uid ?? "new"}`;
    let draft: Draft = await draftOf(key);
    let chosen: Answer = one ? "confirm" : "add";
    const sheet = el("dialog", { class: "p-sheet tall", "aria-label": one?.code ?? t("phone.census_add") });
    const shots = box("p-shot-row");
    const body = box("p-fields");
    const foot = box("p-foot");
    const close = (): void => {
      sheet.close();
      sheet.remove();
      pictures.free();
      draw();
    };
    const keep = async (change: Partial<Draft>): Promise<void> => {
      draft = { ...draft, ...change };
      await keepDraft(draft);
    };
    const drawShots = async (): Promise<void> => {
      shots.replaceChildren(strip(await filesOf(draft), (blob) => pictures.of(blob), null), photoButton(t("phone.take_photo"), "other", (file) => {
        void keep({ files: [...draft.files, file.uid], place: draft.place ?? file.place }).then(drawShots);
      }));
    };
    const answers: [Answer, string, string][] = one
      ? [["confirm", t("phone.census_confirm"), "check"], ["correct", t("phone.census_correct"), "edit"], ["retire", t("phone.census_retire"), "trash"]]
      : [["add", t("phone.census_add"), "plus"]];
    const pick = box("p-row wrap");
    const drawAnswer = (): void => {
      pick.replaceChildren(...answers.map(([code, label, name]) => {
        const node = button(label, name, () => {
          chosen = code;
          drawAnswer();
        }, chosen === code ? "primary" : "");
        node.setAttribute("aria-pressed", String(chosen === code));
        return node;
      }));
      const form = chosen === "correct" || chosen === "add" ? fields.whole(order.form, draft.values, (name, value) => void keep({ values: { ...draft.values, [name]: value } }).then(drawFoot)) : null;
      body.replaceChildren(...kids([form]));
      drawFoot();
    };
    const drawFoot = (): void => {
      const why = chosen === "correct" || chosen === "add" ? fields.needs(fields.lacking(order.form, draft.values)) : "";
      const send = button(t("phone.send"), "send", sendIt, "primary big");
      send.disabled = Boolean(why);
      foot.replaceChildren(...kids([why && el("p", { class: "quiet" }, why), send, button(t("cancel"), "x", close, "quiet")]));
    };
    const sendIt = async (): Promise<void> => {
      const place = asPlace(fresh()) ?? draft.place;
      await put({
        person: me.person.uid, kind: "census", place, no_place_reason: place ? "" : "no_fix", files: draft.files,
        data: { order_uid: order.census!.order_uid, asset_uid: one?.uid ?? null, answer: chosen, values: chosen === "correct" || chosen === "add" ? draft.values : {} },
        title: `${t("phone.kind_census")} · ${words[chosen]}`, subtitle: one?.code ?? "",
      }, key);
      if (one) answered.set(one.uid, chosen);
      close();
      say(t(navigator.onLine ? "phone.kept_online" : "phone.kept_offline"));
      keepSending();
    };
    sheet.addEventListener("cancel", close);
    sheet.append(el("h2", {}, one ? one.name || one.class_name || one.code : t("phone.census_add")), el("p", { class: "quiet mono" }, one?.code ?? ""), pick, shots, body, foot);
    await drawShots();
    drawAnswer();
    document.body.append(sheet);
    sheet.showModal();
  }

  const leave = follow(() => draw());
  root.append(progress, button(t("phone.census_add"), "plus", () => open_(null)), section(t("phone.census_list"), list));
  draw();
  return () => {
    leave();
    pictures.free();
  };
}
