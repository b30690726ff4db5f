import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;

/** Put the icons named in icons.txt into one sprite: one request, no icon font, and only what the pages use. */
function iconSprite(): Plugin {
  return {
    name: "yiwang-icon-sprite",
    buildStart() {
      this.addWatchFile(resolve(here, "icons.txt"));
    },
    generateBundle() {
      const names = readFileSync(resolve(here, "icons.txt"), "utf8")
        .split("\n")
        .map((line) => line.split("#")[0].trim())
        .filter(Boolean);
      const symbols = names.map((name) => {
        const file = resolve(here, `node_modules/@tabler/icons/icons/outline/${name}.svg`);
        const body = readFileSync(file, "utf8")
          .replace(/<!--[\s\S]*?-->/g, "")
          .match(/<svg[^>]*>([\s\S]*)<\/svg>/)![1]
          .replace(/\s*\n\s*/g, "");
        return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
      });
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "icons.txt",
        source: `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${symbols.join("")}</svg>\n`,
      });
    },
  };
}

export default defineConfig(({ mode }) => ({
  root: here,
  base: "./", // chunks find each other relative to themselves, so STATIC_URL may be anything
  publicDir: false,
  plugins: [iconSprite()],
  worker: { format: "es" as const },
  css: { preprocessorOptions: { scss: { quietDeps: true, loadPaths: [resolve(here, "node_modules")] } } },
  build: {
    outDir: resolve(here, "../yiwang/static_built"),
    emptyOutDir: true,
    manifest: "islands.json",
    sourcemap: mode === "development",
    target: "es2022",
    cssTarget: "chrome111",
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      checks: { eval: false }, // htmx can evaluate; core/htmx.ts switches that off (allowEval)
      input: { core: resolve(here, "src/core/main.ts"), style: resolve(here, "src/styles/main.css.ts") },
      output: {
        entryFileNames: "islands/[name]-[hash].js",
        chunkFileNames: "islands/[name]-[hash].js",
        assetFileNames: "islands/[name]-[hash][extname]",
      },
    },
  },
}));
