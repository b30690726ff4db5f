/** The camera of the phone: the whole screen, a shutter under the thumb; time and place are burnt in, the photo is kept at once. */
import { frame, smaller } from "../camera/picture";
import { now } from "./clock";
import { get, isFull } from "./db";
import { asPlace, follow, fresh, gridAt, shown, type Fix } from "./place";
import { paint, warm } from "./painter";
import { keepFile } from "./queue";
import { hasRoom, shed } from "./room";
import type { KeptFile } from "./types";
import { box, button, choose, el, icon, round, say, t } from "./ui";
import { stamp, uuid7 } from "./uid";

const DEFAULT_PX = 1600;

/** Time as the server would say it: a phone whose clock is wrong by a day must not write that on the photo. */
async function stampLines(fix: Fix | null): Promise<string[]> {
  const time = stamp(new Date(now())).slice(0, 19).replace("T", " ");
  const where = fix ? `${shown(fix).lon.toFixed(6)}, ${shown(fix).lat.toFixed(6)} ±${fix.accuracy_m} m` : t("photo_no_place");
  const [me, pack] = [await get("me"), await get("pack")];
  const grid = fix && pack ? gridAt(shown(fix), pack.grids) : undefined;
  return [`${time}  ${where}`, [grid?.name ?? grid?.code, me?.person.name].filter(Boolean).join(" · ")].filter(Boolean);
}

async function keep(file: File, stage: string, fix: Fix | null): Promise<KeptFile> {
  const kept: KeptFile = { uid: uuid7(), blob: file, name: file.name, stage, taken_at: stamp(), place: asPlace(fix) };
  for (;;) {
    try {
      await keepFile(kept);
      return kept;
    } catch (error) {
      if (!isFull(error)) throw error;
      // The photo exists and is not let go: give back what can be fetched again, and try until it fits or the person gives up.
      await shed();
      try {
        await keepFile(kept);
        return kept;
      } catch (again) {
        if (!isFull(again)) throw again;
      }
      const answer = await choose(t("phone.full"), t("phone.full_photo"), [
        { label: t("phone.try_again"), icon: "refresh", value: "again" }, { label: t("phone.discard_photo"), icon: "trash", value: "drop", className: "danger" },
      ]);
      if (answer === "drop") throw error;
    }
  }
}

/** Take one photo. Null when nothing was taken; the reason has been said. */
export async function takePhoto(stage: string): Promise<KeptFile | null> {
  if (!(await hasRoom())) {
    await shed();
    if (!(await hasRoom())) {
      await choose(t("phone.full"), t("phone.full_before"), []);
      return null;
    }
  }
  let stream: MediaStream;
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("no camera");
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 } }, audio: false });
  } catch {
    say(t("camera_refused"), { tone: "soon" });
    return pick(stage);
  }
  return shoot(stream, stage);
}

function shoot(stream: MediaStream, stage: string): Promise<KeptFile | null> {
  warm();
  return new Promise((resolve, reject) => {
    const video = el("video", { playsinline: "", autoplay: "" });
    video.muted = true;
    video.srcObject = stream;
    const where = el("p", { class: "p-cam-where", role: "status" });
    const shutter = el("button", { type: "button", class: "p-shutter", "aria-label": t("take_photo") }, icon("camera"));
    const stage_ = el("div", { class: "p-camera", role: "dialog", "aria-modal": "true", "aria-label": t("open_camera") });
    stage_.append(video, where, box("p-cam-bar", round(t("close_camera"), "x", () => end(null)), shutter, round(t("choose_photos"), "photo", () => void pick(stage).then(end))));
    const leave = follow((fix, refused) => {
      where.textContent = fix ? t("photo_accuracy", { accuracy: fix.accuracy_m }) : refused ? t("phone.place_refused") : t("phone.place_waiting");
    });
    const back = (): void => end(null);
    function end(kept: KeptFile | null): void {
      leave();
      window.removeEventListener("popstate", back);
      stream.getTracks().forEach((track) => track.stop());
      stage_.remove();
      resolve(kept);
    }
    shutter.addEventListener("click", () => {
      if (!video.videoWidth) return;
      shutter.disabled = true;
      const fix = fresh();
      void (async () => {
        const px = (await get("me"))?.settings.photo_px || DEFAULT_PX;
        const file = await frame(video, { lines: await stampLines(fix) }, `photo-${Date.now()}.jpg`, px, paint);
        end(await keep(file, stage, fix));
      })().catch((error) => {
        end(null);
        if (!isFull(error)) reject(error);
      });
    });
    window.addEventListener("popstate", back);
    document.body.append(stage_);
    void video.play().catch(() => undefined);
    shutter.focus();
  });
}

/** Where there is no camera in the page: the phone's own, through the file chooser. */
function pick(stage: string): Promise<KeptFile | null> {
  return new Promise((resolve) => {
    const input = el("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", "aria-label": t("choose_photos") });
    input.addEventListener("cancel", () => {
      input.remove();
      resolve(null);
    });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.remove();
      if (!file) return resolve(null);
      void smaller(file, paint).then((small) => keep(small, stage, fresh())).then(resolve, () => resolve(null));
    });
    document.body.append(input);
    input.click();
  });
}

// ---- a spoken note ----

const LONGEST_S = 60;
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export function canRecord(): boolean {
  return "MediaRecorder" in window && Boolean(navigator.mediaDevices?.getUserMedia);
}

/** A button that records while it is on, at most a minute; the sound is kept like a photo. */
export function recorder(kept: (file: KeptFile) => void): HTMLButtonElement {
  let running: MediaRecorder | null = null;
  const label = el("span", {}, t("phone.speak"));
  const node = el("button", { type: "button", class: "p-btn", "aria-pressed": "false" }, icon("microphone"), label);
  let timer = 0;
  async function begin(): Promise<void> {
    if (!(await hasRoom())) return void say(t("phone.full"), { tone: "overdue" });
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return void say(t("phone.microphone_refused"), { tone: "soon" });
    }
    const type = KINDS.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
    const parts: Blob[] = [];
    running = new MediaRecorder(stream, { ...(type ? { mimeType: type } : {}), audioBitsPerSecond: 24_000 });
    running.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
    running.addEventListener("stop", () => {
      clearInterval(timer);
      stream.getTracks().forEach((track) => track.stop());
      const media = (running?.mimeType || type || "audio/webm").split(";")[0];
      running = null;
      node.setAttribute("aria-pressed", "false");
      label.textContent = t("phone.speak");
      const file = new File(parts, `note-${Date.now()}.${media === "audio/mp4" ? "m4a" : media.split("/")[1]}`, { type: media });
      if (file.size) void keep(file, "other", fresh()).then(kept, () => undefined);
    });
    running.start();
    const began = Date.now();
    node.setAttribute("aria-pressed", "true");
    const tick = (): void => {
      const seconds = Math.round((Date.now() - began) / 1000);
      label.textContent = t("phone.speaking", { n: LONGEST_S - seconds });
      if (seconds >= LONGEST_S) running?.stop();
    };
    tick();
    timer = setInterval(tick, 500) as unknown as number;
  }
  node.addEventListener("click", () => (running ? running.stop() : void begin()));
  return node;
}

/** The photos of a draft as a strip, each with a button to take it away. */
export function strip(files: KeptFile[], url: (blob: Blob) => string, remove: ((file: KeptFile) => void) | null): HTMLElement {
  return el("ul", { class: "p-shots", "aria-label": t("photos_taken") }, ...files.map((file, i) => {
    const sound = file.blob.type.startsWith("audio/");
    const body = sound ? el("audio", { controls: "", src: url(file.blob) }) : el("img", { src: url(file.blob), alt: t("photo_n", { n: i + 1 }) });
    const item = el("li", sound ? { class: "sound" } : {}, body);
    if (remove) item.append(round(sound ? t("phone.remove_sound") : t("remove_photo", { n: i + 1 }), "x", () => remove(file), "small"));
    return item;
  }));
}

export function photoButton(label: string, stage: string, done: (file: KeptFile) => void, className = ""): HTMLButtonElement {
  return button(label, "camera", async () => {
    const file = await takePhoto(stage);
    if (file) done(file);
  }, className);
}
