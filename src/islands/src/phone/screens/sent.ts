/** What waits, what was not taken and why, what has arrived. */
import { strip } from "../camera";
import { offWords } from "../clock";
import { db, get, moved, onMovedQuietly } from "../db";
import { filesOf, hurry, keepDraft, keepFile, latestDone, newDraft, refused as refusedActs, remove, waiting as waitingActs } from "../queue";
import { room, megabytes } from "../room";
import { keepSending } from "../sync";
import type { Act, KeptFile } from "../types";
import { box, button, chip, clockTime, el, empty, icon, kids, notice, Pictures, say, section, t, type Cleanup } from "../ui";
import { uuid7 } from "../uid";
import { KEY as REPORT } from "./report";

const SHOWN_DONE = 15;
const MORE_DONE = 40;
const SHOWN_WAITING = 30;

function why(act: Act): string {
  const { error } = act;
  if (!error) return "";
  if (error.code === "phone.file-lost") return t("phone.file_lost");
  return [error.told || error.title, error.detail].filter(Boolean).join(" ") || t("phone.refused_status", { status: error.status });
}

export async function sent(root: HTMLElement): Promise<Cleanup> {
  const body = box("p-stack");
  root.append(body);
  let pictures = new Pictures();
  let drawing = 0;
  let shownDone = SHOWN_DONE;

  async function refusedItem(act: Act): Promise<HTMLElement> {
    const files = await filesOf(act);
    return box("p-card tone-overdue",
      box("p-row", el("b", { class: "grow" }, act.title), el("small", {}, clockTime(act.occurred_at))), el("p", { class: "quiet" }, act.subtitle),
      notice("overdue", "alert-octagon", t("phone.not_taken"), why(act)),
      act.data.text ? el("p", {}, String(act.data.text)) : null, files.length ? strip(files, (blob) => pictures.of(blob), null) : null,
      box("p-row wrap", act.kind !== "shift_in" && act.kind !== "shift_out" && button(t("phone.as_report"), "edit", () => asReport(act, files)), button(t("phone.remove"), "trash", () => drop(act), "quiet")));
  }

  /** What was refused may be handed in as a new report, with its photos. */
  async function asReport(act: Act, files: KeptFile[]): Promise<void> {
    const draft = await newDraft(REPORT);
    const copies = files.map(({ blob, name, taken_at, place }) => ({ uid: uuid7(), blob, name, stage: blob.type.startsWith("image/") ? "before" : "other", taken_at, place }));
    for (const one of copies) await keepFile(one); // new numbers: the old ones may be known to the server as something else
    await keepDraft({ ...draft, files: copies.map((one) => one.uid), place: act.place, class_code: String(act.data.class_code ?? ""), text: [act.data.text, act.data.reason].filter(Boolean).join(" ") });
    await remove(act);
    location.hash = "#/report";
  }

  async function drop(act: Act): Promise<void> {
    const parts = await filesOf(act);
    await remove(act);
    say(t("phone.removed"), {
      undo: async () => {
        const tx = (await db()).transaction(["acts", "files"], "readwrite");
        await tx.objectStore("acts").put(act);
        for (const one of parts) await tx.objectStore("files").put(one);
        await tx.done;
        moved("queue");
      },
    });
  }

  async function draw(): Promise<void> {
    const mine = ++drawing;
    const [waiting, refused, done, me, contact, kept] = await Promise.all([waitingActs(), refusedActs(), latestDone(shownDone), get("me"), get("last_contact"), room()]);
    const older = (await (await db()).countFromIndex("acts", "state", "done")) - done.length;
    const before = pictures;
    pictures = new Pictures();
    const cards = await Promise.all(refused.map(refusedItem));
    if (mine !== drawing) return before.free();
    body.replaceChildren(...kids([
      refused.length ? section(t("phone.not_taken_n", { n: refused.length }), ...cards) : null,
      section(t("phone.waiting_n", { n: waiting.length }),
        waiting.length > 0 && button(t("phone.send_now"), "send", async () => {
          await hurry();
          keepSending();
          say(t(navigator.onLine ? "phone.sending" : "phone.still_offline"), { tone: navigator.onLine ? "in_time" : "soon" });
        }, "primary big"),
        waiting.length ? box("p-list", ...waiting.slice(0, SHOWN_WAITING).map((act) => box("p-item", icon(act.state === "held" ? "player-pause" : "cloud-upload"),
          box("grow", el("b", {}, act.title), el("small", {}, [clockTime(act.occurred_at), act.subtitle, act.files.length ? t("phone.n_files", { n: act.files.length }) : ""].filter(Boolean).join(" · ")),
            act.tries > 0 ? el("small", { class: "tone-soon" }, t("phone.tried_n", { n: act.tries })) : null,
            act.error ? el("small", {}, why(act)) : null,
            me && act.person !== me.person.uid ? el("small", { class: "tone-soon" }, t("phone.others_act")) : null)))) : empty("circle-check", t("phone.all_sent")),
        waiting.length > SHOWN_WAITING && el("p", { class: "quiet center" }, t("phone.more_n", { n: waiting.length - SHOWN_WAITING }))),
      done.length ? section(t("phone.arrived"), box("p-list", ...done.map((act) => box("p-item", icon("circle-check"),
        box("grow", el("b", {}, act.title), el("small", {}, [clockTime(act.occurred_at), act.subtitle].filter(Boolean).join(" · ")),
          act.answer?.case?.number ? el("small", { class: "mono" }, act.answer.case.number) : null,
          act.left_out?.length ? chip(t("phone.left_out", { n: act.left_out.length }), "soon", "photo") : null,
          Math.abs(act.answer?.clock_off_s ?? 0) > 120 ? chip(t("phone.clock_off", { duration: offWords(act.answer!.clock_off_s! * 1000) }), "soon", "clock-exclamation") : null),
        el("small", {}, act.ended_at ? clockTime(act.ended_at) : "")))),
        older > 0 && button(t("phone.more_n", { n: older }), "", () => {
          shownDone += MORE_DONE;
          return draw();
        }, "quiet")) : null,
      el("p", { class: "quiet small center" }, [contact ? t("phone.as_of", { time: clockTime(contact) }) : "", t("phone.room", { used: megabytes(kept.used), quota: megabytes(kept.quota) })].filter(Boolean).join(" · ")),
    ]));
    before.free();
  }
  const off = onMovedQuietly(() => void draw(), "queue");
  await draw();
  return () => {
    off();
    pictures.free();
  };
}
