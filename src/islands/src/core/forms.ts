/** Forms: nothing is sent twice, nothing typed is lost, and what cannot be undone asks first. */
import { ask } from "./dialogs";
import { el, icon, t } from "./texts";
import { toast } from "./toast";

interface Draft {
  values: Record<string, string[]>;
  savedAt: number;
  /** Sent, answer not seen: offered again, never put back by itself. */
  sentAt?: number;
}

const DAY = 86_400_000;

function draftKey(form: HTMLFormElement): string {
  return `yw-draft:${document.body.dataset.account ?? ""}:${form.dataset.autosave}`;
}

function skipped(field: Element): boolean {
  return (
    field.matches("[type=password], [type=file], [type=hidden], [data-no-draft], [name=csrfmiddlewaretoken]") ||
    !field.getAttribute("name")
  );
}

function fieldsOf(form: HTMLFormElement): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
  return [...form.elements].filter(
    (field): field is HTMLInputElement =>
      (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) &&
      !skipped(field),
  );
}

function read(form: HTMLFormElement): Draft["values"] {
  const values: Draft["values"] = {};
  for (const field of fieldsOf(form)) {
    values[field.name] ??= [];
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      if (field.checked) values[field.name].push(field.value);
    } else values[field.name].push(field.value);
  }
  return values;
}

function write(form: HTMLFormElement, values: Draft["values"]): void {
  const taken: Record<string, number> = {};
  for (const field of fieldsOf(form)) {
    const given = values[field.name];
    if (!given) continue;
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = given.includes(field.value);
    } else {
      const at = (taken[field.name] = (taken[field.name] ?? -1) + 1);
      if (given[at] !== undefined) field.value = given[at];
    }
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function load(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
    if (draft && Date.now() - draft.savedAt < DAY) return draft;
    localStorage.removeItem(key);
  } catch {
    // Storage may be switched off; the form works without it.
  }
  return null;
}

function store(key: string, draft: Draft | null): void {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {
    // Full or switched off.
  }
}

function notice(form: HTMLFormElement, sentence: string, action: string, act: () => void): void {
  form.querySelector(".yw-draft")?.remove();
  const button = el("button", { type: "button", class: "btn btn-sm" }, action);
  const node = el(
    "div",
    { class: "yw-notice yw-draft tone-accent", role: "status" },
    icon("history"),
    el("div", { class: "row-line" }, el("span", {}, sentence), button),
  );
  button.addEventListener("click", () => {
    act();
    node.remove();
  });
  form.prepend(node);
}

function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** `<form data-autosave="name">`: kept in this browser while typing, put back after a crash, gone after a day. */
function adoptDraft(form: HTMLFormElement): void {
  if (form.dataset.drafting !== undefined) return;
  form.dataset.drafting = "";
  const key = draftKey(form);
  const draft = load(key);
  const fresh = read(form);
  if (draft && !form.hasAttribute("data-has-errors") && JSON.stringify(draft.values) !== JSON.stringify(fresh)) {
    if (draft.sentAt) {
      notice(form, t("draft_sent", { time: clockTime(draft.sentAt) }), t("draft_take"), () => write(form, draft.values));
    } else {
      write(form, draft.values);
      notice(form, t("draft_restored", { time: clockTime(draft.savedAt) }), t("draft_discard"), () => {
        store(key, null);
        write(form, fresh);
      });
    }
  }
  let timer = 0;
  const save = (): void => store(key, { values: read(form), savedAt: Date.now() });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(save, 400);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    const now = Date.now();
    store(key, { values: read(form), savedAt: now, sentAt: now });
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    const { successful } = (event as CustomEvent<{ successful: boolean }>).detail;
    if (successful) store(key, null);
    else save();
  });
  form.addEventListener("yw:saved", () => store(key, null));
}

export function adoptForms(root: ParentNode): void {
  root.querySelectorAll<HTMLFormElement>("form[data-autosave]").forEach(adoptDraft);
  // The page after a successful POST names the draft that may go.
  root.querySelectorAll<HTMLElement>("[data-draft-done]").forEach((node) => {
    store(`yw-draft:${document.body.dataset.account ?? ""}:${node.dataset.draftDone}`, null);
  });
}

function busy(form: HTMLFormElement, on: boolean): void {
  form.querySelectorAll<HTMLButtonElement>("button:not([type=button])").forEach((button) => {
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  });
  if (on) form.dataset.sending = "";
  else delete form.dataset.sending;
}

/** The button that was asked about, or one of the same name and value where a renewed part of the page took it away. */
function asked(form: HTMLFormElement, submitter: HTMLElement | null | undefined): HTMLElement | null {
  const button = submitter as HTMLButtonElement | null | undefined;
  if (!button || button.form === form) return button ?? null;
  const twin = el("button", { type: "submit", name: button.name, value: button.value, hidden: "" });
  form.append(twin);
  queueMicrotask(() => twin.remove());
  return twin;
}

export function startForms(): void {
  adoptForms(document);
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      if (form.method === "dialog") return;
      if (form.dataset.sending !== undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      const submitter = (event as SubmitEvent).submitter;
      const question = submitter?.dataset.confirm ?? form.dataset.confirm;
      if (question && form.dataset.confirmed === undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
        void ask(question, submitter?.textContent?.trim() || undefined).then((yes) => {
          if (!yes) return;
          if (!form.isConnected) {
            toast({ text: t("page_moved"), tone: "soon" }); // the part of the page was renewed meanwhile
            return;
          }
          form.dataset.confirmed = "";
          form.requestSubmit(asked(form, submitter));
          delete form.dataset.confirmed;
        });
        return;
      }
      if (form.method === "post") {
        queueMicrotask(() => {
          if (!event.defaultPrevented || form.hasAttribute("hx-post")) busy(form, true);
        });
      }
    },
    true,
  );
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = (event.target as HTMLElement).closest?.("form");
    if (form) busy(form, false);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => busy(form, false)));
  // On a shared machine nothing stays after signing out.
  document.addEventListener("submit", (event) => {
    if (!(event.target as HTMLElement).matches("form[data-sign-out]")) return;
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("yw-draft:")).forEach((key) => localStorage.removeItem(key));
    } catch {
      // No storage, nothing kept.
    }
  });
}
