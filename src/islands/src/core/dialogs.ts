/** Dialogs, drawers, asking before what cannot be undone, photos large, places on a map, copying a code. */
import { el, icon, t } from "./texts";
import { toast } from "./toast";

function openDialog(dialog: HTMLDialogElement): void {
  if (!dialog.open) dialog.showModal();
  document.dispatchEvent(new CustomEvent("yw:shown", { detail: dialog }));
}

function makeDialog(title: string, className = ""): { dialog: HTMLDialogElement; body: HTMLElement } {
  const close = el("button", { type: "button", class: "btn btn-icon btn-ghost", "data-close": "", "aria-label": t("close") }, icon("x"));
  const heading = el("h2", { id: `yw-d-${Math.random().toString(36).slice(2)}` }, title);
  const body = el("div", { class: "body" });
  const dialog = el("dialog", { class: `yw-dialog ${className}`, "aria-labelledby": heading.id }, el("header", {}, heading, close), body);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return { dialog, body };
}

/** Ask once; resolves to true when the person says yes. */
export function ask(question: string, yes = t("confirm")): Promise<boolean> {
  return new Promise((resolve) => {
    const { dialog, body } = makeDialog(t("please_confirm"));
    body.append(el("p", { class: "m0" }, question));
    const no = el("button", { type: "button", class: "btn", "data-close": "" }, t("cancel"));
    const go = el("button", { type: "button", class: "btn btn-primary" }, yes);
    dialog.append(el("div", { class: "foot" }, no, go));
    let answer = false;
    go.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    dialog.addEventListener("close", () => resolve(answer));
    openDialog(dialog);
    no.focus();
  });
}

function lightbox(link: HTMLAnchorElement): void {
  const strip = link.closest("[data-files]") ?? link.parentElement!;
  const links = [...strip.querySelectorAll<HTMLAnchorElement>("a[data-lightbox]")];
  let at = Math.max(0, links.indexOf(link));
  const { dialog, body } = makeDialog("", "yw-lightbox");
  const picture = el("img", { alt: "" });
  body.append(picture);
  const foot = el("div", { class: "foot" });
  const step = (by: number): void => {
    at = (at + by + links.length) % links.length;
    show();
  };
  const show = (): void => {
    const current = links[at];
    picture.src = current.href;
    picture.alt = current.querySelector("img")?.alt ?? "";
    dialog.querySelector("h2")!.textContent = `${current.dataset.lightbox ?? ""} (${at + 1}/${links.length})`;
  };
  if (links.length > 1) {
    const back = el("button", { type: "button", class: "btn" }, icon("chevron-left"), t("previous"));
    const next = el("button", { type: "button", class: "btn" }, t("next"), icon("chevron-right"));
    back.addEventListener("click", () => step(-1));
    next.addEventListener("click", () => step(1));
    foot.append(back, next);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
  }
  foot.append(el("a", { class: "btn", href: link.href, target: "_blank", rel: "noopener" }, t("open_original")));
  dialog.append(foot);
  show();
  openDialog(dialog);
}

function showPlace(button: HTMLElement): void {
  const place = JSON.parse(button.dataset.place!) as { label?: string; lon: number; lat: number };
  const { dialog, body } = makeDialog(place.label || t("place"), "is-wide");
  const base = document.querySelector<HTMLMetaElement>('meta[name="yw-map-base"]')?.content;
  const config = { mode: "one", base: base || undefined, one: place };
  body.append(el("div", { class: "yw-map", "data-island": "map", "data-config": JSON.stringify(config) }));
  openDialog(dialog);
}

async function copy(button: HTMLElement): Promise<void> {
  const text = button.dataset.copy!;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http on an intranet has no clipboard API.
    const area = el("textarea", { class: "visually-hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast({ text: t("copied", { text }), tone: "in_time" });
}

/** What may be folded away is open without script: `data-folded`. */
export function adoptFolds(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-folded]").forEach((node) => {
    delete node.dataset.folded;
    node.hidden = true;
  });
}

/** Which groups of the rail stand open: kept for this browser, read by the server, so that no page begins with a jump. */
function rememberFold(fold: HTMLDetailsElement): void {
  const code = fold.dataset.fold!;
  const open = !fold.open;
  const kept = new Map((/(?:^|; )yw_rail=([^;]*)/.exec(document.cookie)?.[1] ?? "").split("_").map((part) => part.split(".") as [string, string]));
  kept.set(code, open ? "1" : "0");
  const text = [...kept].filter(([name]) => /^[a-z-]+$/.test(name)).map((pair) => pair.join(".")).join("_");
  document.cookie = `yw_rail=${text}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  document.querySelectorAll<HTMLDetailsElement>(`details[data-fold="${code}"]`).forEach((other) => {
    if (other !== fold) other.open = open; // the drawer of a phone holds the same rail
  });
}

export function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const opener = target.closest<HTMLElement>("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog!);
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        openDialog(dialog);
      }
      return;
    }
    if (target.closest("[data-close]")) {
      target.closest("dialog")?.close();
      return;
    }
    if (target instanceof HTMLDialogElement && target.open && target.classList.contains("yw-dialog")) {
      // The backdrop belongs to the dialog element itself; its children cover the rest.
      const box = target.getBoundingClientRect();
      const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
      if (outside && !target.querySelector("form[data-autosave], form[method='post']")) target.close();
      return;
    }
    const picture = target.closest<HTMLAnchorElement>("a[data-lightbox]");
    if (picture && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      lightbox(picture);
      return;
    }
    const place = target.closest<HTMLElement>("[data-place]");
    if (place) {
      showPlace(place);
      return;
    }
    const copied = target.closest<HTMLElement>("[data-copy]");
    if (copied) {
      void copy(copied);
      return;
    }
    const toggle = target.closest<HTMLElement>("[data-toggle-for]");
    if (toggle) {
      const folded = document.getElementById(toggle.dataset.toggleFor!);
      if (!folded) return;
      folded.hidden = !folded.hidden;
      toggle.setAttribute("aria-expanded", String(!folded.hidden));
      if (!folded.hidden) folded.querySelector<HTMLElement>("input:not([type=hidden]), select")?.focus();
      return;
    }
    const fold = target.closest("summary")?.closest<HTMLDetailsElement>("details[data-fold]");
    if (fold) rememberFold(fold); // before the browser turns it
    const printer = target.closest("[data-print-page]");
    if (printer) window.print();
    document.querySelectorAll<HTMLDetailsElement>("details[data-pop][open]").forEach((details) => {
      if (!details.contains(target)) details.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll<HTMLDetailsElement>("details[data-pop][open]").forEach((details) => {
      details.open = false;
      if (details.contains(document.activeElement)) details.querySelector("summary")?.focus();
    });
  });

  // A selection that acts at once (post switcher, sorting) still has its button without script.
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("[data-submit-on-change]")) field.closest("form")?.requestSubmit();
  });
}
