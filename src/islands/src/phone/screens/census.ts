/** Census (普查): the components of a part one after another: as recorded, corrected, gone, not found, or one more. */
import { photoButton, strip } from "../camera";
import { get } from "../db";
import * as fields from "../fields";
import { asPlace, follow, fresh, metres, noPlaceReason, shown } from "../place";
import { answers, draftOf, filesOf, keepDraft, put } from "../queue";
import { keepSending } from "../sync";
import type { CensusItem, CensusPart, Draft, Field, FieldTask, TaskAction } from "../types";
import { box, button, chip, el, kids, Pictures, say, section, t, type Cleanup } from "../ui";

type Answer = "confirm" | "correct" | "add" | "retire" | "not_found";
const REDRAW_M = 8;
const SHOWN = 40; // nearest first; a list of a thousand is no list

function words(): Record<string, string> {
  return {
    confirm: t("phone.census_confirmed"), correct: t("phone.census_corrected"), retire: t("phone.census_retired"), not_found: t("phone.census_missed"), add: t("phone.census_added"),
    confirmed: t("phone.census_confirmed"), corrected: t("phone.census_corrected"), retired: t("phone.census_retired"), kept: t("phone.census_confirmed"), added: t("phone.census_added"),
  };
}

function fieldOf(name: string, required = false): Field {
  const status = [["intact", t("phone.status_intact")], ["damaged", t("phone.status_damaged")], ["lost", t("phone.status_lost")]] as [string, string][];
  const labels: Record<string, string> = { status: t("phone.status"), road: t("phone.road"), address: t("phone.address"), remark: t("phone.remark"), reason: t("phone.reason") };
  return { name, label: labels[name] ?? name, type: name === "remark" || name === "reason" ? "textarea" : "line", required, ...(name === "status" ? { choices: status } : {}) };
}

/** What has to be said with an answer; the server checks the same. */
function formOf(answer: Answer, part: CensusPart): Field[] {
  if (answer === "correct") return part.asks.map((name) => fieldOf(name));
  if (answer === "retire") return [fieldOf("reason", true)];
  if (answer === "not_found") return [fieldOf("reason")];
  if (answer === "add") return [{ name: "class_code", label: t("phone.what"), type: "choice", required: true, choices: part.classes.map((one) => [one.code, one.name]) }, fieldOf("status"), fieldOf("address")];
  return [];
}

export async function census(root: HTMLElement, task: FieldTask): Promise<Cleanup> {
  const me = (await get("me"))!;
  const part = task.census;
  if (!part) return () => undefined;
  const list = box("p-list");
  const progress = el("p", { class: "quiet", role: "status" });
  const pictures = new Pictures();
  const answered = new Map<string, string>();
  for (const act of await answers()) {
    if (act.kind === "census" && act.data.task_uid === task.uid && act.data.asset_uid) answered.set(String(act.data.asset_uid), String(act.data.answer));
  }
  let drawnAt: { lon: number; lat: number } | null = null;
  const isDone = (one: CensusItem): boolean => answered.has(one.uid) || one.state !== "asked";

  function draw(): void {
    const fix = fresh();
    const at = fix && shown(fix);
    drawnAt = at;
    const far = new Map(part!.items.map((one) => [one, at && one.place ? metres(at, one.place) : 0])); // once each, not at each comparison
    const [open, done]: CensusItem[][] = [[], []];
    for (const one of part!.items) (isDone(one) ? done : open).push(one);
    open.sort((a, b) => far.get(a)! - far.get(b)!);
    progress.textContent = t("phone.census_progress", { done: done.length, total: part!.items.length });
    list.replaceChildren(...[...open, ...done].slice(0, SHOWN).map((one) => {
      const node = el("button", { type: "button", class: "p-item" }, box("grow", el("b", {}, one.name || one.code), el("small", { class: "mono" }, one.code), el("small", {}, [one.address ?? "", at && one.place && !isDone(one) ? t("phone.away", { metres: Math.round(far.get(one)!) }) : ""].filter(Boolean).join(" · "))),
        ...kids([isDone(one) && chip(words()[answered.get(one.uid) ?? one.state] ?? one.state, "in_time", "check")]));
      node.addEventListener("click", () => void open_(one));
      return node;
    }));
  }

  async function open_(one: CensusItem | null): Promise<void> {
    const key = `census:${task.uid}:${one?.uid ?? "new"}`;
    let draft: Draft = await draftOf(key);
    let chosen: Answer = one ? "confirm" : "add";
    const sheet = el("dialog", { class: "p-sheet", "aria-label": one?.code ?? t("phone.census_add") });
    const [pick, shots, body, foot] = [box("p-row wrap"), box("p-shot-row"), box("p-fields"), box("p-foot")];
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
        void keep({ files: [...draft.files, file.uid], place: draft.place ?? file.place }).then(drawShots).then(drawFoot);
      }));
    };
    const said = (): Record<string, unknown> => {
      const names = formOf(chosen, part!).map((field) => field.name);
      return Object.fromEntries(Object.entries(draft.values).filter(([name, value]) => names.includes(name) && value !== "" && value !== null));
    };
    const missing = (): string => {
      const why = fields.needs(fields.lacking(formOf(chosen, part!), draft.values));
      if (why) return why;
      if (chosen === "correct" && !Object.keys(said()).length) return t("phone.need_change");
      if ((part!.asks_photo || chosen === "add" || chosen === "retire") && !draft.files.length) return t("phone.need_photo");
      return chosen === "add" && !fresh() && !draft.place ? t("phone.place_waiting") : "";
    };
    const drawFoot = (): void => {
      const why = missing();
      const send = button(t("phone.send"), "send", sendIt, "primary big");
      send.disabled = Boolean(why);
      foot.replaceChildren(...kids([why && el("p", { class: "quiet", role: "status" }, why), send, button(t("cancel"), "x", close, "quiet")]));
    };
    const drawAnswer = (): void => {
      const answers: [Answer, string, string][] = one
        ? [["confirm", t("phone.census_confirm"), "check"], ["correct", t("phone.census_correct"), "edit"], ["retire", t("phone.census_retire"), "trash"], ["not_found", t("phone.census_not_found"), "report-search"]]
        : [["add", t("phone.census_add"), "plus"]];
      pick.replaceChildren(...answers.map(([code, label, name]) => {
        const node = button(label, name, () => {
          chosen = code;
          drawAnswer();
        }, chosen === code ? "primary" : "");
        node.setAttribute("aria-pressed", String(chosen === code));
        return node;
      }));
      body.replaceChildren(...kids([fields.whole(formOf(chosen, part!), draft.values, (name, value) => void keep({ values: { ...draft.values, [name]: value } }).then(drawFoot))]));
      drawFoot();
    };
    const sendIt = async (): Promise<void> => {
      const place = asPlace(fresh()) ?? draft.place;
      await put({
        person: me.person.uid, kind: "census", place, no_place_reason: place ? "" : noPlaceReason(), files: draft.files,
        data: { task_uid: task.uid, order_uid: part!.order_uid, asset_uid: one?.uid ?? null, answer: chosen, values: said() },
        title: `${t("phone.kind_census")} · ${words()[chosen]}`, subtitle: one?.code ?? "",
      }, draft.key);
      if (one) answered.set(one.uid, chosen);
      close();
      say(t(navigator.onLine ? "phone.kept_online" : "phone.kept_offline"));
      keepSending();
    };
    sheet.addEventListener("cancel", close);
    sheet.append(el("h2", {}, one ? one.name || one.code : t("phone.census_add")), ...kids([one && el("p", { class: "quiet mono" }, one.code)]), pick, shots, body, foot);
    await drawShots();
    drawAnswer();
    document.body.append(sheet);
    sheet.showModal();
  }

  /** The part is through, or goes back with a reason. */
  function ending(): HTMLElement | null {
    if (!task.actions.length) return null;
    const reason = el("textarea", { class: "p-input", rows: "2", maxlength: "1000", "aria-label": t("phone.reason"), placeholder: t("phone.reason") });
    const end = async (action: TaskAction): Promise<void> => {
      if (action.needs_reason && !reason.value.trim()) return say(t("phone.need_reason"), { tone: "soon" });
      const place = asPlace(fresh());
      await put({
        person: me.person.uid, kind: "task", place, no_place_reason: place ? "" : noPlaceReason(), files: [],
        data: { task_uid: task.uid, action: action.code, values: {}, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}) },
        title: `${t("phone.kind_census")} · ${action.label}`, subtitle: task.address,
      });
      location.hash = "#/today";
      keepSending();
    };
    return el("details", { class: "p-message" }, el("summary", {}, el("b", { class: "grow" }, t("phone.census_end"))),
      box("p-stack", reason, box("p-row wrap", ...task.actions.map((action) => button(action.label, "", () => end(action)))), el("p", {})));
  }

  // Who stands still taps on a list that does not move.
  const leave = follow((fix) => {
    if (fix && (!drawnAt || metres(drawnAt, shown(fix)) > REDRAW_M)) draw();
  });
  root.append(...kids([progress, part.asks_new && button(t("phone.census_add"), "plus", () => open_(null)), section(t("phone.census_list"), list), ending()]));
  draw();
  return () => {
    leave();
    pictures.free();
  };
}
