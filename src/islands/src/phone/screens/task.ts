/** One task: what it is about, how it was before, a photo of how it is now, and what may be answered. */
import { photoButton, strip } from "../camera";
import { get } from "../db";
import * as fields from "../fields";
import { asPlace, fresh, follow, metres, noPlaceReason, shown } from "../place";
import { draftOf, filesOf, keepDraft, put, takeBack, dropFile, waiting } from "../queue";
import { keepSending } from "../sync";
import type { Draft, FieldTask, KeptFile, TaskAction } from "../types";
import { box, button, chip, clockTime, el, empty, icon, kids, link, notice, Pictures, say, section, t, type Cleanup } from "../ui";
import { census } from "./census";
import { dueChip, kindName } from "./today";

const STAGES: Record<string, string> = { verify: "verify", check: "check", census: "other" };

export async function task(root: HTMLElement, params: URLSearchParams): Promise<Cleanup> {
  const uid = params.get("uid") ?? "";
  const found = (await get("tasks"))?.tasks.find((one) => one.uid === uid);
  if (!found) {
    root.append(empty("circle-check", t("phone.task_gone")), link(t("phone.today"), "home", "#/today"));
    return () => undefined;
  }
  root.append(head(found));
  const done = (await waiting()).find((act) => act.kind === "task" && act.data.task_uid === uid);
  if (done) {
    root.append(notice("in_time", "cloud-upload", t("phone.task_answered"), t("phone.task_answered_text")), link(t("phone.sent"), "send", "#/sent"));
    return () => undefined;
  }
  return found.kind === "census" ? census(root, found) : answer(root, found);
}

function head(found: FieldTask): HTMLElement {
  const about = found.case;
  const away = box("p-away");
  const place = found.place;
  if (place) {
    const at = fresh();
    if (at) away.append(icon("map-pin"), t("phone.away", { metres: Math.round(metres(shown(at), place)) }));
  }
  return box("p-card",
    box("p-row", chip(kindName(found.kind), "accent"), dueChip(found.due_at)),
    el("h2", {}, about?.title || about?.class_name || kindName(found.kind)),
    about ? el("p", { class: "quiet" }, [about.number, about.class_name].filter(Boolean).join(" · ")) : null,
    box("p-where", icon("map-pin"), el("span", {}, found.address || t("phone.no_address"))), away,
    place ? link(t("phone.on_map"), "map", `#/map?lon=${place.lon}&lat=${place.lat}`) : null);
}

async function answer(root: HTMLElement, found: FieldTask): Promise<Cleanup> {
  const key = `task:${found.uid}`;
  const me = (await get("me"))!;
  const pictures = new Pictures();
  let draft: Draft = await draftOf(key);
  let files: KeptFile[] = await filesOf(draft);
  const now = box("p-shot-row");
  const foot = box("p-foot");
  const reason = el("textarea", { class: "p-input", rows: "2", maxlength: "1000", "aria-label": t("phone.reason"), placeholder: t("phone.reason") });
  reason.value = draft.reason;

  async function keep(change: Partial<Draft>): Promise<void> {
    draft = { ...draft, ...change };
    await keepDraft(draft);
  }

  function drawNow(): void {
    pictures.free();
    now.replaceChildren(
      strip(files, (blob) => pictures.of(blob), async (file) => {
        await keep({ files: draft.files.filter((uid) => uid !== file.uid) });
        await dropFile(file.uid);
        files = await filesOf(draft);
        drawNow();
        drawFoot();
      }),
      photoButton(files.length ? t("phone.another_photo") : t("phone.take_photo"), STAGES[found.kind], (file) => {
        void keep({ files: [...draft.files, file.uid], place: draft.place ?? file.place }).then(async () => {
          files = await filesOf(draft);
          drawNow();
          drawFoot();
        });
      }, files.length ? "" : "primary big"),
    );
  }

  function missing(action: TaskAction): string {
    if (action.needs_photo && !files.some((one) => one.blob.type.startsWith("image/"))) return t("phone.need_photo");
    if (action.needs_reason && !draft.reason.trim()) return t("phone.need_reason");
    return fields.needs(fields.lacking(found.form, draft.values));
  }

  function drawFoot(): void {
    const why = [...new Set(found.actions.map(missing).filter(Boolean))];
    foot.replaceChildren(...kids([
      why.length > 0 && el("p", { class: "quiet", role: "status" }, why.join(" ")),
      box("p-actions", ...found.actions.map((action, i) => {
        const node = button(action.label, i === 0 ? "check" : "", () => act(action), i === 0 ? "primary big" : "big");
        node.disabled = Boolean(missing(action));
        return node;
      })),
    ]));
  }

  async function act(action: TaskAction): Promise<void> {
    const kept = draft;
    const place = asPlace(fresh()) ?? kept.place;
    const made = await put({
      person: me.person.uid, kind: "task", place, no_place_reason: place ? "" : noPlaceReason(), files: kept.files,
      data: { task_uid: found.uid, action: action.code, values: kept.values, ...(kept.reason.trim() ? { reason: kept.reason.trim() } : {}) },
      title: `${kindName(found.kind)} · ${action.label}`, subtitle: found.case?.title || found.address,
    }, kept.key);
    location.hash = "#/today";
    say(t(navigator.onLine ? "phone.kept_online" : "phone.kept_offline"), {
      undo: async () => {
        if (await takeBack(made.uid, kept)) location.hash = `#/task?uid=${found.uid}`;
        else say(t("phone.too_late_undo"), { tone: "soon" });
      },
    });
    keepSending();
  }

  reason.addEventListener("input", () => void keep({ reason: reason.value }).then(drawFoot));
  const leave = follow(() => undefined); // a fix is ready when the answer is given
  drawNow();
  drawFoot();
  const form = fields.whole(found.form, draft.values, (name, value) => void keep({ values: { ...draft.values, [name]: value } }).then(drawFoot));
  root.append(...kids([
    found.photos_before.length > 0 && section(t("phone.before"), el("ul", { class: "p-shots large" }, ...found.photos_before.map((url, i) =>
      el("li", {}, el("img", { src: url, alt: t("phone.before_n", { n: i + 1 }), loading: "lazy" }))))),
    section(t("phone.now"), now), form && section(t("phone.answer"), form),
    found.actions.some((one) => one.needs_reason) && section(t("phone.reason"), reason), foot,
    el("p", { class: "quiet small" }, t("phone.as_of", { time: clockTime((await get("tasks"))!.as_of) })),
  ]));
  return () => {
    leave();
    pictures.free();
  };
}
