/** The core: on every page, under 60 KB gzipped. Whatever is larger is an island. */
import { adoptClocks, startClocks } from "./clock";
import { adoptFolds, startDialogs } from "./dialogs";
import { adoptForms, startForms } from "./forms";
import { startHtmx } from "./htmx";
import { adoptIslands, dropIsland } from "./islands";
import { adoptRows, startKeys } from "./keys";
import { startLive } from "./live";
import { adoptToasts, toast, type Toast } from "./toast";

/** A strip that is wider than the screen shows the present step first. */
function centreSteps(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>(".yw-steps [aria-current]").forEach((now) => {
    const strip = now.parentElement!;
    strip.scrollLeft = now.offsetLeft - strip.offsetLeft - (strip.clientWidth - now.offsetWidth) / 2;
  });
}

function adopt(root: ParentNode): void {
  adoptClocks(root);
  adoptForms(root);
  adoptRows(root);
  adoptIslands(root);
  adoptToasts();
  adoptFolds(root);
  centreSteps(root);
}

startForms(); // before HTMX, whose own submit listener must find a second click already stopped
startHtmx();
startDialogs();
startKeys();
startClocks();
startLive();
adoptIslands(document);
adoptToasts();
adoptFolds(document);
centreSteps(document);

document.addEventListener("htmx:load", (event) => {
  const element = (event as CustomEvent<{ elt: HTMLElement }>).detail.elt;
  adopt(element.parentElement ?? element);
});
document.addEventListener("yw:shown", (event) => adopt((event as CustomEvent<HTMLElement>).detail));
document.addEventListener("htmx:beforeCleanupElement", (event) => dropIsland((event as CustomEvent<{ elt: Element }>).detail.elt));
document.addEventListener("yw:toast", (event) => toast((event as CustomEvent<Toast>).detail));

const online = (): void => {
  document.documentElement.classList.toggle("is-offline", !navigator.onLine);
};
window.addEventListener("online", online);
window.addEventListener("offline", online);
online();
document.documentElement.dataset.js = "";
