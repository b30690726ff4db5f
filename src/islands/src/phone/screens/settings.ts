/** Settings of this phone, what is kept on it, and who I am. */
import { deleteDB } from "idb";
import { db, get, onMoved, set, type Prefs } from "../db";
import { count } from "../queue";
import { askToStay, megabytes, room } from "../room";
import { forgetTold, tellLanguage } from "../sync";
import { loadTiles } from "../tiles";
import { box, button, choose, el, icon, kids, link, say, section, t, type Cleanup } from "../ui";
import { applyPrefs } from "../wear";

export async function settings(root: HTMLElement): Promise<Cleanup> {
  const body = box("p-stack");
  root.append(body);
  async function change(more: Partial<Prefs>): Promise<void> {
    const prefs = { ...((await get("prefs")) ?? {}), ...more };
    await set("prefs", prefs);
    applyPrefs(prefs);
    if (more.language) void tellLanguage(more.language);
    await draw();
  }
  function choice(label: string, name: string, on: boolean, more: Partial<Prefs>): HTMLElement {
    const node = button(label, name, () => change(more), on ? "primary" : "");
    node.setAttribute("aria-pressed", String(on));
    return node;
  }
  async function signOut(): Promise<void> {
    if ((await get("shift")) !== undefined) return void choose(t("phone.sign_out"), t("phone.sign_out_shift"), []);
    const queue = await count();
    const text = queue.waiting ? t("phone.sign_out_waiting", { n: queue.waiting }) : t("phone.sign_out_text");
    if (!(await choose(t("phone.sign_out"), text, [{ label: t("phone.sign_out"), icon: "logout", value: true, className: "primary" }]))) return;
    await forgetTold();
    location.assign("/accounts/logout/");
  }
  async function forget(): Promise<void> {
    const queue = await count();
    if (queue.waiting) return void choose(t("phone.forget"), t("phone.forget_waiting", { n: queue.waiting }), []);
    const yes = await choose(t("phone.forget"), t("phone.forget_text"), [{ label: t("phone.forget_yes"), icon: "trash", value: true, className: "danger" }]);
    if (!yes) return;
    (await db()).close();
    await deleteDB("yw-phone");
    for (const name of await caches.keys()) if (name.startsWith("yw-tiles") || name.startsWith("yw-photos")) await caches.delete(name);
    location.reload();
  }
  async function draw(): Promise<void> {
    const [me, prefs, tiles, kept] = await Promise.all([get("me"), get("prefs"), get("tiles"), room()]);
    const { language = document.documentElement.lang.startsWith("en") ? "en" : "zh-hans", large, theme = "" } = prefs ?? {};
    const posts = (me?.person.posts ?? []).map((one) => (typeof one === "string" ? one : (one.label ?? one.name ?? ""))).filter(Boolean);
    body.replaceChildren(...kids([
      box("p-card", box("p-row", icon("user-circle"), box("grow", el("b", {}, me?.person.name ?? t("phone.nobody")), el("small", {}, posts.join("、"))))),
      section(t("phone.reading"),
        box("p-row wrap", choice(t("phone.big"), "text-size", Boolean(large), { large: !large })),
        box("p-row wrap", choice("中文", "language", language === "zh-hans", { language: "zh-hans" }), choice("English", "language", language === "en", { language: "en" })),
        box("p-row wrap", choice(t("phone.theme_auto"), "device-mobile", theme === "", { theme: "" }), choice(t("phone.theme_light"), "sun", theme === "light", { theme: "light" }), choice(t("phone.theme_dark"), "moon", theme === "dark", { theme: "dark" }))),
      section(t("phone.offline_map"),
        el("p", {}, tiles?.total ? t("phone.tiles", { done: tiles.done, total: tiles.total }) : t("phone.tiles_none")),
        button(t("phone.tiles_load"), "download", () => {
          say(t("phone.tiles_loading"));
          void loadTiles(true);
        })),
      section(t("phone.kept_here"),
        el("p", {}, t("phone.room", { used: megabytes(kept.used), quota: megabytes(kept.quota) })),
        kept.persisted ? el("p", { class: "quiet" }, t("phone.stays")) : button(t("phone.stay"), "shield-check", async () => {
          say((await askToStay()) ? t("phone.stays") : t("phone.stay_refused"), { tone: "soon" });
          await draw();
        })),
      section(t("phone.track_head"), el("p", {}, me ? t("phone.track_text", { days: me.settings.keep_days }) : t("phone.nothing_yet"))),
      link(t("phone.figures"), "chart-bar", "#/figures"), link(t("phone.desk"), "device-desktop", "/city/desk/"),
      button(t("phone.sign_out"), "logout", signOut), button(t("phone.forget"), "trash", forget, "quiet"),
      el("p", { class: "quiet small center" }, t("phone.version", { version: document.body.dataset.version ?? "" })),
    ]));
  }
  const off = onMoved((what) => ["tiles", "me"].includes(what) && void draw());
  await draw();
  return off;
}
