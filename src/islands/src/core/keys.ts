/** The keyboard: j and k walk the rows, Enter opens, / searches, ? shows what there is; a page adds its own by data-hotkey. Rows and map agree by yw:select. */

const TYPING = "input:not([type=radio]), textarea, select, [contenteditable]";

function rows(): HTMLElement[] {
  const scope = document.querySelector("dialog[open]") ?? document;
  return [...scope.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.offsetParent !== null);
}

/** Mark one row as the chosen one and tell the map. `source` keeps the two from answering each other. */
export function selectRow(row: HTMLElement, source: "list" | "map", focus = true): void {
  for (const other of document.querySelectorAll<HTMLElement>("[data-row].is-selected")) {
    other.classList.remove("is-selected");
    other.tabIndex = -1;
  }
  row.classList.add("is-selected");
  row.tabIndex = 0;
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  if (source === "list" && row.dataset.mapId) {
    document.dispatchEvent(new CustomEvent("yw:select", { detail: { id: row.dataset.mapId, source } }));
  }
}

function move(by: number): void {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("is-selected"));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  selectRow(all[next], "list");
}

function open(row: HTMLElement, newTab: boolean): void {
  const href = row.dataset.href ?? row.querySelector<HTMLAnchorElement>("a[href]")?.href;
  if (!href) {
    row.click();
    return;
  }
  if (newTab) window.open(href, "_blank", "noopener");
  else location.assign(href);
}

/** A page's own key: it chooses an answer, and Enter sends the form (data-hotkey="s" on a radio button). */
function choose(key: string): void {
  const found = document.querySelector<HTMLElement>(`[data-hotkey="${key}"]`);
  if (found instanceof HTMLInputElement) found.checked = true;
  else found?.click();
  found?.focus();
}

/** The first row can be reached by Tab; the others by j, k and the arrows. */
export function adoptRows(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-row]:not([tabindex])").forEach((row) => {
    row.tabIndex = row.matches("[data-row]:first-child") ? 0 : -1;
  });
}

export function startKeys(): void {
  adoptRows(document);
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || target.matches(TYPING)) return;
    const row = target.closest<HTMLElement>("[data-row]");
    if (event.key === "j" || (event.key === "ArrowDown" && row === target)) move(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && row === target)) move(-1);
    else if ((event.key === "Enter" || event.key === "o") && row === target) open(row, false);
    else if (event.key === "/") document.querySelector<HTMLInputElement>("[data-key-search]")?.focus();
    else if (/^[a-z]$/.test(event.key) && document.querySelector(`[data-hotkey="${event.key}"]`)) choose(event.key);
    else if (event.key === "?") (document.getElementById("yw-help") as HTMLDialogElement | null)?.showModal();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-row]");
    if (!row || target.closest("a, button, input, label, summary, select, details")) return;
    if (String(getSelection())) return; // somebody is marking text to copy it
    const { ctrlKey, metaKey } = event;
    if (row.dataset.mapId && !row.classList.contains("is-selected") && matchMedia("(min-width: 62rem)").matches) selectRow(row, "list");
    else open(row, ctrlKey || metaKey);
  });
  document.addEventListener("yw:select", (event) => {
    const { id, source } = (event as CustomEvent<{ id: string; source: string }>).detail;
    if (source !== "map") return;
    const row = document.querySelector<HTMLElement>(`[data-row][data-map-id="${CSS.escape(id)}"]`);
    if (row) selectRow(row, "map", false);
  });
}
