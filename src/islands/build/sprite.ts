import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

/** Put the icons that a list names into one sprite: one request, no icon font, and only what the pages use. */
export function iconSprite(root: string, list = "icons.txt", name = "icons.svg"): Plugin {
  return {
    name: "yiwang-icon-sprite",
    buildStart() {
      this.addWatchFile(resolve(root, list));
    },
    generateBundle() {
      const names = readFileSync(resolve(root, list), "utf8")
        .split("\n")
        .map((line) => line.split("#")[0].trim())
        .filter(Boolean);
      const symbols = names.map((one) => {
        const file = resolve(root, `node_modules/@tabler/icons/icons/outline/${one}.svg`);
        const body = readFileSync(file, "utf8")
          .replace(/<!--[\s\S]*?-->/g, "")
          .match(/<svg[^>]*>([\s\S]*)<\/svg>/)![1]
          .replace(/\s*\n\s*/g, "");
        return `<symbol id="${one}" viewBox="0 0 24 24">${body}</symbol>`;
      });
      this.emitFile({
        type: "asset",
        name,
        originalFileName: list,
        source: `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${symbols.join("")}</svg>\n`,
      });
    },
  };
}
