/** Taking photos in the page: camera first where there is one, the file chooser always; the form sends plain files. */
import { el, icon, t } from "../core/texts";
import { frame, smaller } from "./picture";

interface CameraConfig {
  /** Selector of `<input type="file" multiple>` that the form sends; it is the fallback and stays the truth. */
  input: string;
  most?: number;
  /** Burnt in beside time and place, for example the case's number. */
  note?: string;
  /** The point that the photo should show: the distance is said while taking it. */
  target?: { lon: number; lat: number };
}

interface Fix {
  lon: number;
  lat: number;
  accuracy: number;
}

function metres(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return Math.hypot(x, y) * 6_371_000;
}

function localStamp(): string {
  const at = new Date(Date.now() + Number(document.body.dataset.clockShift ?? 0) * 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

async function hasCamera(): Promise<boolean> {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return false;
  try {
    return (await navigator.mediaDevices.enumerateDevices()).some((device) => device.kind === "videoinput");
  } catch {
    return false;
  }
}

export async function mount(holder: HTMLElement, raw: unknown): Promise<() => void> {
  const config = raw as CameraConfig;
  const input = document.querySelector<HTMLInputElement>(config.input);
  if (!input) throw new Error(`no input ${config.input}`);
  const most = config.most ?? 9;
  holder.classList.add("yw-camera");
  const files: File[] = [...(input.files ?? [])];
  const urls: string[] = [];
  const shots = el("ul", { class: "shots", "aria-label": t("photos_taken") });
  const say = el("p", { class: "form-hint", role: "status" });
  const bar = el("div", { class: "bar" });
  const stage = el("div", { class: "stage", hidden: "" });
  holder.append(bar, stage, shots, say);

  let fix: Fix | null = null;
  let watch = 0;
  let stream: MediaStream | null = null;

  function sync(): void {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input!.files = transfer.files;
    urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
    shots.replaceChildren(
      ...files.map((file, i) => {
        const url = URL.createObjectURL(file);
        urls.push(url);
        const drop = el("button", { type: "button", "aria-label": t("remove_photo", { n: i + 1 }) }, icon("x"));
        drop.addEventListener("click", () => {
          files.splice(i, 1);
          sync();
        });
        return el("li", {}, el("img", { src: url, alt: t("photo_n", { n: i + 1 }) }), drop, `${(file.size / 1024).toFixed(0)} KB`);
      }),
    );
    holder.dispatchEvent(new CustomEvent("yw:photos", { bubbles: true, detail: { count: files.length } }));
  }

  async function add(given: File[]): Promise<void> {
    say.textContent = t("photo_working");
    for (const file of given) {
      if (files.length >= most) {
        say.textContent = t("photo_enough", { n: most });
        break;
      }
      files.push(await smaller(file));
    }
    if (files.length < most) say.textContent = "";
    sync();
  }

  function stop(): void {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    if (watch) navigator.geolocation.clearWatch(watch);
    watch = 0;
    stage.hidden = true;
    stage.replaceChildren();
  }

  async function open(): Promise<void> {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 } }, audio: false });
    } catch {
      say.textContent = t("camera_refused");
      input!.click();
      return;
    }
    const video = el("video", { playsinline: "", muted: "", autoplay: "" });
    video.muted = true;
    video.srcObject = stream;
    const shutter = el("button", { type: "button", class: "shutter", "aria-label": t("take_photo") }, icon("camera"));
    stage.replaceChildren(video, shutter);
    stage.hidden = false;
    if ("geolocation" in navigator) {
      watch = navigator.geolocation.watchPosition(
        ({ coords }) => {
          fix = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
          say.textContent = config.target
            ? t("photo_distance", { metres: Math.round(metres(fix, config.target)), accuracy: Math.round(fix.accuracy) })
            : t("photo_accuracy", { accuracy: Math.round(fix.accuracy) });
        },
        () => (say.textContent = t("photo_no_place")),
        { enableHighAccuracy: true, maximumAge: 5000 },
      );
    }
    await video.play();
    shutter.addEventListener("click", () => {
      const place = fix ? `${fix.lon.toFixed(6)}, ${fix.lat.toFixed(6)} ±${Math.round(fix.accuracy)} m` : t("photo_no_place");
      const stamp = { lines: [`${localStamp()}  ${place}`, ...(config.note ? [config.note] : [])] };
      void frame(video, stamp, `photo-${Date.now()}.jpg`).then((file) => {
        files.push(file);
        sync();
        if (files.length >= most) {
          say.textContent = t("photo_enough", { n: most });
          stop();
        }
      });
    });
  }

  if (await hasCamera()) {
    const button = el("button", { type: "button", class: "btn btn-primary" }, icon("camera"), t("open_camera"));
    button.addEventListener("click", () => {
      if (stream) {
        stop();
        button.lastChild!.textContent = t("open_camera");
      } else {
        void open().then(() => {
          if (stream) button.lastChild!.textContent = t("close_camera");
        });
      }
    });
    bar.append(button);
  }
  const choose = el("button", { type: "button", class: "btn" }, icon("photo-plus"), t("choose_photos"));
  choose.addEventListener("click", () => input.click());
  bar.append(choose);
  input.classList.add("visually-hidden");
  input.tabIndex = -1;
  const onChange = (): void => {
    // Files set by us are the same objects; only what the chooser brought is new.
    const fresh = [...(input.files ?? [])].filter((file) => !files.includes(file));
    if (fresh.length) void add(fresh);
  };
  input.addEventListener("change", onChange);
  if (files.length) sync();
  onChange(); // what was chosen while this was loading
  return () => {
    stop();
    urls.forEach((url) => URL.revokeObjectURL(url));
    input.removeEventListener("change", onChange);
  };
}
