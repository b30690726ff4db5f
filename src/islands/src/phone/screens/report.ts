/** Reporting: photo, place, class, send. The draft is written down with each touch; closing the app loses nothing. */
import { canRecord, photoButton, recorder, strip, takePhoto } from "../camera";
import { ready, search } from "../classes";
import { get } from "../db";
import { asPlace, follow, gridAt, noPlaceReason, shown, type Fix } from "../place";
import { draftOf, dropDraft, dropFile, filesOf, keepDraft, put, remember, takeBack } from "../queue";
import { keepSending } from "../sync";
import type { Draft, KeptFile, Pack, ProblemClass } from "../types";
import { box, button, el, empty, icon, kids, notice, Pictures, round, say, section, t, type Cleanup } from "../ui";

export const KEY = "report";
const MOST_FILES = 9;

export async function report(root: HTMLElement, params: URLSearchParams): Promise<Cleanup> {
  const [pack, me] = [await get("pack"), await get("me")];
  if (!pack || !me) {
    root.append(empty("cloud", t("phone.nothing_yet")));
    return () => undefined;
  }
  let draft = await draftOf(KEY);
  const recent = (await get("recent")) ?? [];
  const pictures = new Pictures();
  let files = await filesOf(draft);

  if (params.has("camera") && !files.length) {
    // Camera first: the first photo is taken before anything is asked.
    history.replaceState(null, "", "#/report");
    const file = await takePhoto("before");
    if (file) await addFile(file);
  }

  const shots = box("p-shot-row");
  const place = el("div", { class: "p-place" });
  const tiles = box("p-tiles");
  const found = box("p-tiles");
  const foot = box("p-foot");
  const handled = box("p-fields");
  const words = el("input", { type: "search", class: "p-input", placeholder: t("phone.class_search"), "aria-label": t("phone.class_search"), autocomplete: "off", enterkeyhint: "search" });
  const text = el("textarea", { class: "p-input", rows: "2", maxlength: "2000", placeholder: t("phone.text_hint"), "aria-label": t("phone.text") });
  text.value = draft.text;
  let fix: Fix | null = null;
  let placeRefused = false;

  async function keep(change: Partial<Draft>): Promise<void> {
    draft = { ...draft, ...change };
    await keepDraft(draft);
    drawFoot();
  }

  async function addFile(file: KeptFile): Promise<void> {
    draft = { ...draft, files: [...draft.files, file.uid] };
    // The place of the first photo is the place of the report, until the person says otherwise.
    if (!draft.place && file.place) draft.place = file.place;
    await keepDraft(draft);
    files = await filesOf(draft);
  }

  function drawShots(): void {
    pictures.free();
    const room = files.length < MOST_FILES;
    shots.replaceChildren(...kids([
      strip(files, (blob) => pictures.of(blob), async (file) => {
        await keep({ files: draft.files.filter((uid) => uid !== file.uid) });
        await dropFile(file.uid);
        files = await filesOf(draft);
        drawShots();
        drawFoot();
      }),
      box("p-row", room && photoButton(files.length ? t("phone.another_photo") : t("phone.take_photo"), "before", (file) => void addFile(file).then(() => { drawShots(); drawFoot(); }), files.length ? "" : "primary big"),
        room && files.length > 0 && canRecord() && recorder((file) => void addFile(file).then(drawShots))),
    ]));
  }

  function drawPlace(): void {
    const at = draft.place ?? asPlace(fix);
    const grid = at ? gridAt(shown(at), pack!.grids) : undefined;
    const how = !at ? (placeRefused ? t("phone.place_refused") : t("phone.place_waiting"))
      : at.source === "gps" ? t("photo_accuracy", { accuracy: at.accuracy_m ?? 0 })
        : at.source === "component" ? t("phone.place_component", { name: draft.asset_name }) : t("phone.place_pin");
    const name = grid ? grid.name || grid.code : at ? t("phone.outside_grids") : t("phone.no_place");
    place.replaceChildren(
      icon(at ? "map-pin" : "current-location"),
      box("grow", el("b", {}, name), el("p", {}, how)),
      ...(draft.place && draft.place.source !== "gps" ? [round(t("phone.place_again"), "gps", async () => {
        await keep({ place: null, asset_uid: "", asset_name: "" });
        drawPlace();
      })] : []),
      button(t("map.Map.Title"), "map", async () => {
        await keep({ place: draft.place ?? asPlace(fix) });
        location.hash = "#/map?pick";
      }),
    );
    place.classList.toggle("tone-soon", !at);
  }

  function tile(one: ProblemClass): HTMLButtonElement {
    const node = el("button", { type: "button", class: "p-tile", "aria-pressed": String(draft.class_code === one.code) }, el("b", {}, one.name), el("small", {}, one.major));
    node.addEventListener("click", () => {
      void keep({ class_code: draft.class_code === one.code ? "" : one.code }).then(drawClasses);
    });
    return node;
  }

  function drawClasses(): void {
    const results = search(words.value, pack!.classes, recent);
    const at = ready(pack!.classes, recent);
    const chosen = pack!.classes.find((one) => one.code === draft.class_code);
    if (chosen && !at.includes(chosen)) at.unshift(chosen);
    tiles.replaceChildren(...at.slice(0, 8).map(tile));
    found.replaceChildren(...(words.value.trim() && !results.length ? [el("p", { class: "quiet" }, t("nothing_found"))] : results.map(tile)));
    tiles.hidden = Boolean(words.value.trim());
  }

  function selfHandled(): boolean {
    return Boolean(draft.values.self_handled);
  }

  function drawHandled(): void {
    const input = el("input", { type: "checkbox", id: "p-handled" });
    input.checked = selfHandled();
    input.addEventListener("change", () => void keep({ values: { ...draft.values, self_handled: input.checked } }).then(drawHandled));
    handled.replaceChildren(...kids([
      el("label", { class: "p-check", for: "p-handled" }, input, el("span", {}, t("phone.self_handled"))),
      selfHandled() && photoButton(t("phone.after_photo"), "after", (file) => void addFile(file).then(() => { drawShots(); drawFoot(); })),
    ]));
  }

  function missing(): string {
    if (!files.some((one) => one.stage === "before" && one.blob.type.startsWith("image/"))) return t("phone.need_photo");
    if (!draft.class_code) return t("phone.need_class");
    if (!draft.place && !fix) return t("phone.need_place");
    return selfHandled() && !files.some((one) => one.stage === "after") ? t("phone.need_after") : "";
  }

  function drawFoot(): void {
    const why = missing();
    const send = button(t("phone.send"), "send", sendIt, "primary big");
    send.disabled = Boolean(why);
    foot.replaceChildren(...kids([why && el("p", { class: "quiet", id: "p-why", role: "status" }, why), send]));
  }

  async function sendIt(): Promise<void> {
    const now = draft;
    const chosen: Pack["classes"][number] | undefined = pack!.classes.find((one) => one.code === now.class_code);
    const at = now.place ?? asPlace(fix);
    const act = await put({
      person: me!.person.uid, kind: "report", place: at, no_place_reason: at ? "" : noPlaceReason(), files: now.files, occurred_at: files[0]?.taken_at,
      data: { class_code: now.class_code, text: now.text.trim(), ...(now.asset_uid ? { asset_uid: now.asset_uid } : {}), mode: selfHandled() ? "self_handled" : "inspector" },
      title: chosen?.name ?? now.class_code, subtitle: at ? (gridAt(shown(at), pack!.grids)?.name ?? "") : t("phone.no_place"),
    }, now.key);
    await remember(now.class_code, recent);
    location.hash = "#/today";
    say(t(navigator.onLine ? "phone.kept_online" : "phone.kept_offline"), {
      undo: async () => {
        if (await takeBack(act.uid, now)) location.hash = "#/report";
        else say(t("phone.too_late_undo"), { tone: "soon" });
      },
    });
    keepSending();
  }

  words.addEventListener("input", drawClasses);
  text.addEventListener("input", () => void keep({ text: text.value }));
  const leave = follow((found_, refused) => {
    const first = !fix !== !found_;
    fix = found_;
    placeRefused = refused;
    drawPlace();
    if (first) drawFoot();
  });
  drawShots();
  drawPlace();
  drawClasses();
  drawHandled();
  drawFoot();
  root.append(
    ...kids([draft.class_code || files.length ? null : notice("accent", "camera", t("phone.camera_first"))]), shots, place,
    section(t("phone.what"), words, found, tiles), section(t("phone.text"), text, handled), foot,
    box("p-row end", button(t("phone.discard"), "trash", async () => {
      await dropDraft(draft);
      location.hash = "#/today";
    }, "quiet")),
  );
  return () => {
    leave();
    pictures.free();
  };
}
