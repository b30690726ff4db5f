/** The first screen: what is to be done now, is everything sent, am I on shift, what was I told. */
import { duration } from "../../core/texts";
import { now, offWords, wrongBy } from "../clock";
import { get, moved, note, onMovedQuietly, read, set, unset } from "../db";
import { asPlace, compare, follow, fresh, noPlaceReason, offBy, useShift } from "../place";
import { answers, count, draftOf, put } from "../queue";
import { keepSending, refresh } from "../sync";
import { beginShift, endShift } from "../track";
import type { FieldTask, Message } from "../types";
import { box, button, chip, choose, clockTime, el, empty, icon, kids, link, notice, say, section, t, type Cleanup } from "../ui";
import { stamp } from "../uid";
import { KEY as REPORT } from "./report";

const SHOWN = 40; // the most urgent; who has more sees them move up

export function kindName(kind: string): string {
  return kind === "verify" ? t("phone.kind_verify") : kind === "check" ? t("phone.kind_check") : t("phone.kind_census");
}

export function dueChip(due: string | null): HTMLElement | null {
  if (!due) return null;
  const left = (Date.parse(due) - now()) / 1000;
  const tone = left < 0 ? "overdue" : left < 3600 ? "soon" : "in_time";
  return chip(t(left < 0 ? "overdue_by" : "left", { duration: duration(left) }), tone, left < 0 ? "alert-octagon" : "clock");
}

function taskItem(task: FieldTask): HTMLElement {
  const about = task.case;
  return el("a", { class: "p-item", href: `#/task?uid=${task.uid}` }, ...kids([
    icon(task.kind === "verify" ? "report-search" : task.kind === "check" ? "checks" : "list-check"),
    box("grow", el("b", {}, about?.title || about?.class_name || kindName(task.kind)), el("small", {}, [kindName(task.kind), task.address].filter(Boolean).join(" · ")), dueChip(task.due_at)),
    icon("chevron-right"),
  ]));
}

function messageItem(one: Message, isNew: boolean): HTMLElement {
  const tone = one.kind === "supervise" ? "overdue" : one.kind === "urge" ? "soon" : "neutral";
  const name = one.kind === "supervise" ? t("phone.supervise") : one.kind === "urge" ? t("phone.urge") : t("phone.notice");
  return el("details", { class: "p-message" }, el("summary", {}, chip(name, tone, one.kind === "notice" ? "message" : "bell-ringing"), el("b", { class: "grow" }, one.title), el("small", {}, clockTime(one.at)), ...(isNew ? [el("span", { class: "p-dot", "aria-label": t("phone.new") })] : [])),
    el("p", {}, one.text));
}

/** Sign in or out with the place, and at sign-in compare the place with a point that is known. */
async function toggleShift(): Promise<void> {
  const [shift, me, prefs] = [await get("shift"), await get("me"), (await get("prefs")) ?? {}];
  if (!me) return;
  if (!shift && !prefs.track_told) {
    const yes = await choose(t("phone.track_title"), t("phone.track_text", { days: me.settings.keep_days }), [{ label: t("phone.track_yes"), icon: "check", value: true, className: "primary" }]);
    if (!yes) return;
    await set("prefs", { ...prefs, track_told: true });
  }
  const place = asPlace(fresh());
  const common = { person: me.person.uid, place, no_place_reason: place ? "" : noPlaceReason(), data: {}, at_once: true };
  if (shift) {
    await endShift();
    await put({ ...common, kind: "shift_out", title: t("phone.shift_out") });
    say(t("phone.shift_out_done"));
  } else {
    const act = await put({ ...common, kind: "shift_in", title: t("phone.shift_in") });
    await beginShift(act.uid);
    say(place ? t("phone.shift_in_done") : t("phone.shift_in_no_place"));
    await lookForShift();
  }
  keepSending();
}

async function lookForShift(): Promise<void> {
  const [me, fix] = [await get("me"), fresh()];
  if (!me?.known_point || !fix) return;
  const found = compare(fix, me.known_point);
  if (found === "elsewhere") return;
  if (found === "shifted") await set("shifted", { by: offBy(fix) });
  else await unset("shifted", "shifted_told");
  useShift(found === "shifted");
  moved("me");
}

function shiftedNotice(found: { by: number } | undefined, told: boolean | undefined): HTMLElement | null {
  useShift(Boolean(found));
  if (!found || told) return null;
  return notice("soon", "current-location", t("phone.shifted_title"), t("phone.shifted_text", { metres: found.by }),
    button(t("phone.shifted_yes"), "check", async () => {
      await set("shifted_told", true);
      moved("me");
    }));
}

/** What the phone itself has wrong: said here, since nothing of it can be mended later. */
function phoneNotices(refused: boolean): (HTMLElement | null)[] {
  const wrong = wrongBy();
  return [
    refused ? notice("soon", "current-location", t("phone.place_off"), t("phone.place_off_text")) : null,
    wrong ? notice("soon", "clock-exclamation", t(wrong > 0 ? "phone.clock_slow" : "phone.clock_fast", { duration: offWords(wrong) }), t("phone.clock_text")) : null,
  ];
}

export async function today(root: HTMLElement): Promise<Cleanup> {
  const body = box("p-stack");
  root.append(body);
  let drawing = 0;
  async function draw(): Promise<void> {
    const mine = ++drawing;
    const { me, tasks, messages, messages_read: seen, shift, last_contact: contact, shifted, shifted_told: told } = await read(
      "me", "tasks", "messages", "messages_read", "shift", "last_contact", "shifted", "shifted_told");
    const [queue, acts, draft] = await Promise.all([count(), answers(), draftOf(REPORT)]);
    if (mine !== drawing) return;
    const odd = shiftedNotice(shifted, told);
    const answered = new Set(acts.filter((act) => act.kind === "task").map((act) => String(act.data.task_uid)));
    const open = (tasks?.tasks ?? []).filter((one) => !answered.has(one.uid)).sort((a, b) => (a.due_at ?? "9").localeCompare(b.due_at ?? "9"));
    const fresh_ = (messages ?? []).filter((one) => Date.parse(one.at) > (seen ? Date.parse(seen) : 0));
    body.replaceChildren(...kids([
      odd, ...phoneNotices(placeRefused),
      me && box(`p-shift ${shift ? "on" : ""}`, icon(shift ? "walk" : "player-pause"),
        box("grow", el("b", {}, shift ? t("phone.on_shift") : t("phone.off_shift")), el("small", {}, shift ? t("phone.since", { time: clockTime(shift.began_at) }) : t("phone.off_shift_text"))),
        button(shift ? t("phone.shift_out") : t("phone.shift_in"), shift ? "logout" : "login", toggleShift, shift ? "" : "primary")),
      link(t("phone.report"), "camera", "#/report?camera", "primary huge"),
      (draft.files.length > 0 || draft.class_code || draft.text) && link(t("phone.draft_there"), "edit", "#/report"),
      queue.refused > 0 && el("a", { class: "p-notice tone-overdue", href: "#/sent" }, icon("alert-octagon"), box("grow", el("b", {}, t("phone.refused_n", { n: queue.refused })), el("p", {}, t("phone.refused_look")))),
      section(`${t("phone.tasks")} ${open.length || ""}`, open.length ? box("p-list", ...open.slice(0, SHOWN).map(taskItem), open.length > SHOWN && el("p", { class: "quiet center" }, t("phone.more_n", { n: open.length - SHOWN }))) : empty(me ? "circle-check" : "cloud", me ? t("phone.no_tasks") : t("phone.nothing_yet"))),
      messages?.length ? section(t("phone.messages"), box("p-list", ...messages.slice(0, 20).map((one) => messageItem(one, fresh_.includes(one))))) : null,
      contact ? el("p", { class: "quiet small center" }, t("phone.as_of", { time: clockTime(contact) })) : null,
      button(t("live_refresh"), "refresh", async () => {
        const outcome = await refresh();
        if (outcome === "full") say(t("phone.full"), { tone: "soon" });
        if (outcome === "offline") say(t("phone.no_answer"), { tone: "soon" });
        keepSending();
      }, "quiet"),
    ]));
    if (messages?.length && fresh_.length) setTimeout(() => void note("messages_read", stamp(new Date(now()))), 3_000);
  }
  let placeRefused = false;
  const leave = follow((_fix, refused) => {
    if (refused === placeRefused) return;
    placeRefused = refused;
    if (drawing) void draw();
  });
  const off = onMovedQuietly(() => void draw(), "me", "queue", "tasks", "messages");
  await draw();
  return () => {
    leave();
    off();
  };
}
