/** A process diagram to zoom and drag, with the present step lit; the server's own SVG stands there until it is asked for. */
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { el, icon, t } from "../core/texts";

interface DiagramConfig {
  url: string;
  now?: string[];
  done?: string[];
}

interface Canvas {
  zoom(value: "fit-viewport" | number): void;
  addMarker(id: string, marker: string): void;
}

export function mount(holder: HTMLElement, raw: unknown): () => void {
  const config = raw as DiagramConfig;
  let viewer: InstanceType<typeof NavigatedViewer> | null = null;
  const button = el("button", { type: "button", class: "btn btn-sm" }, icon("zoom-in"), t("diagram_open"));
  holder.append(button);

  async function open(): Promise<void> {
    button.setAttribute("aria-busy", "true");
    const answer = await fetch(config.url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const xml = await answer.text();
    const place = el("div", { class: "canvas" });
    holder.replaceChildren(el("div", { class: "yw-diagram" }, place));
    viewer = new NavigatedViewer({ container: place });
    await viewer.importXML(xml);
    const canvas = viewer.get("canvas") as Canvas;
    canvas.zoom("fit-viewport");
    for (const id of config.done ?? []) mark(canvas, id, "is-done");
    for (const id of config.now ?? []) mark(canvas, id, "is-now");
  }
  function mark(canvas: Canvas, id: string, marker: string): void {
    try {
      canvas.addMarker(id, marker);
    } catch {
      // A step of an older version that this drawing does not show.
    }
  }
  button.addEventListener("click", () => {
    open().catch((error: unknown) => {
      console.error("diagram", error);
      button.removeAttribute("aria-busy");
      button.after(el("p", { class: "form-hint", role: "status" }, t("island_failed")));
    });
  });
  return () => viewer?.destroy();
}
