/** A voice message in a form: record, hear, take again; the form sends a plain file. Without a microphone the chooser stays. */
import { el, icon, t } from "../core/texts";

interface RecorderConfig {
  /** Selector of `<input type="file">` that the form sends. */
  input: string;
  /** Seconds. */
  longest?: number;
}

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export function mount(holder: HTMLElement, raw: unknown): () => void {
  const config = raw as RecorderConfig;
  const input = document.querySelector<HTMLInputElement>(config.input);
  if (!input) throw new Error(`no input ${config.input}`);
  if (!("MediaRecorder" in window) || !navigator.mediaDevices?.getUserMedia) return () => undefined;
  const longest = config.longest ?? 60;
  holder.classList.add("yw-recorder");
  const label = el("span", {}, t("record"));
  const button = el("button", { type: "button", class: "btn", "aria-pressed": "false" }, icon("microphone"), label);
  const heard = el("div", {});
  const say = el("p", { class: "form-hint m0", role: "status" });
  holder.append(button, heard, say);
  input.classList.add("visually-hidden");
  input.tabIndex = -1;

  let running: MediaRecorder | null = null;
  let timer = 0;
  let url = "";

  function put(file: File | null): void {
    const transfer = new DataTransfer();
    if (file) transfer.items.add(file);
    input!.files = transfer.files;
    if (url) URL.revokeObjectURL(url);
    url = file ? URL.createObjectURL(file) : "";
    if (!file) return heard.replaceChildren();
    const drop = el("button", { type: "button", class: "btn" }, icon("trash"), t("record_drop"));
    drop.addEventListener("click", () => {
      put(null);
      button.focus();
    });
    heard.replaceChildren(el("audio", { controls: "", src: url, "aria-label": t("record_heard") }), drop);
  }

  async function begin(): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      say.textContent = t("record_refused");
      input!.classList.remove("visually-hidden");
      input!.tabIndex = 0;
      return;
    }
    say.textContent = "";
    const type = KINDS.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
    const parts: Blob[] = [];
    const taking = new MediaRecorder(stream, { ...(type ? { mimeType: type } : {}), audioBitsPerSecond: 24_000 });
    running = taking;
    taking.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
    taking.addEventListener("stop", () => {
      clearInterval(timer);
      stream.getTracks().forEach((track) => track.stop());
      running = null;
      button.setAttribute("aria-pressed", "false");
      label.textContent = t("record");
      const media = (taking.mimeType || type || "audio/webm").split(";")[0];
      const file = new File(parts, `note-${Date.now()}.${media === "audio/mp4" ? "m4a" : media.split("/")[1]}`, { type: media });
      put(file.size ? file : null);
    });
    taking.start();
    const began = Date.now();
    button.setAttribute("aria-pressed", "true");
    const tick = (): void => {
      const seconds = Math.round((Date.now() - began) / 1000);
      label.textContent = t("recording", { n: longest - seconds });
      if (seconds >= longest && running === taking) taking.stop();
    };
    tick();
    timer = setInterval(tick, 500) as unknown as number;
  }

  button.addEventListener("click", () => (running ? running.stop() : void begin()));
  return () => {
    running?.stop();
    clearInterval(timer);
    if (url) URL.revokeObjectURL(url);
  };
}
