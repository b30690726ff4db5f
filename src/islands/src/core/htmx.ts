/** HTMX, and what it does when the answer is a refusal. Version 2 would throw away the body of a 4xx answer. */
import htmx from "htmx.org";
import { el, icon, t } from "./texts";

interface SwapDetail {
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
  isError: boolean;
  elt: HTMLElement;
  requestConfig: { elt: HTMLElement };
}

export function configure(): void {
  htmx.config.allowEval = false; // content security policy: no script from strings
  htmx.config.includeIndicatorStyles = false;
  htmx.config.historyCacheSize = 0; // pages hold personal data: never kept in the browser's storage
  htmx.config.refreshOnHistoryMiss = true;
  htmx.config.scrollBehavior = "smooth";
  htmx.config.timeout = 30_000;
}

/** Where a refusal is shown: named by data-problem-box, else at the top of the form, the dialog or the page. */
function boxFor(element: HTMLElement): HTMLElement {
  const named = element.closest<HTMLElement>("[data-problem-box]")?.dataset.problemBox;
  const given = named ? document.querySelector<HTMLElement>(named) : null;
  if (given) return given;
  const home =
    element.closest<HTMLElement>("form") ??
    element.closest<HTMLElement>("dialog[open]")?.querySelector<HTMLElement>(".body") ??
    document.getElementById("problem") ??
    document.body;
  let box = home.querySelector<HTMLElement>(":scope > .yw-problem-box");
  if (!box) {
    box = el("div", { class: "yw-problem-box" });
    home.prepend(box);
  }
  return box;
}

export function showProblem(element: HTMLElement, content: Node[]): void {
  const box = boxFor(element);
  box.replaceChildren(...content);
  htmx.process(box);
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  box.scrollIntoView({ block: "nearest" });
  box.focus({ preventScroll: true });
}

function ownProblem(title: string, hint: string, number = ""): Node[] {
  const box = el("div", { class: "yw-problem tone-overdue", "data-problem": "" }, icon("alert-octagon"), el("h2", {}, title), el("p", {}, hint));
  if (number) box.append(el("p", { class: "quote" }, t("quote_number"), " ", el("code", {}, number)));
  return [box];
}

function problemOf(html: string): Node[] | null {
  if (!html.includes("data-problem")) return null;
  const found = new DOMParser().parseFromString(html, "text/html").querySelector("[data-problem]");
  return found ? [document.importNode(found, true)] : null;
}

function beforeSwap(event: Event): void {
  const detail = (event as CustomEvent<SwapDetail>).detail;
  const { xhr } = detail;
  const from = detail.requestConfig?.elt ?? (event.target as HTMLElement);
  if (xhr.status < 400) {
    from.closest?.("form, dialog")?.querySelector(".yw-problem-box")?.replaceChildren();
    if (/\/accounts\/login\//.test(xhr.responseURL) && !location.pathname.startsWith("/accounts/")) {
      // The session ended: a sign-in page belongs into the window, not into a table.
      detail.shouldSwap = false;
      location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    }
    return;
  }
  const problem = problemOf(xhr.responseText);
  if (!problem && xhr.status === 422) {
    detail.shouldSwap = true; // the form itself came back, with its errors at the fields
    detail.isError = false;
    return;
  }
  detail.shouldSwap = false;
  if (xhr.status === 401 && !problem) {
    location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const number = xhr.getResponseHeader("X-Request-Id") ?? "";
  showProblem(from, problem ?? ownProblem(t("server_failed"), t("server_failed_hint"), number));
}

export function startHtmx(): void {
  configure();
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      showProblem(event.target as HTMLElement, ownProblem(t("no_connection"), t("no_connection_hint")));
    });
  }
  const bar = document.querySelector(".yw-busy");
  let open = 0;
  let timer = 0;
  document.addEventListener("htmx:beforeRequest", () => {
    if (open++ === 0) timer = window.setTimeout(() => bar?.classList.add("is-on"), 250);
  });
  document.addEventListener("htmx:afterRequest", () => {
    if (--open <= 0) {
      open = 0;
      clearTimeout(timer);
      bar?.classList.remove("is-on");
    }
  });
  document.addEventListener("yw:process", (event) => htmx.process((event as CustomEvent<HTMLElement>).detail));
}

export { htmx };
