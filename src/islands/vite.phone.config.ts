// The inspector's phone: a build of its own beside the pages', so that it carries nothing of theirs and is kept whole.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { packed, weighed } from "./build/packed";
import { iconSprite } from "./build/sprite";

const here = import.meta.dirname;
const folder = resolve(here, "../yiwang/static_built/phone");

/** The app's pictures for home screens, with hashed names like everything else. */
function appPictures(): Plugin {
  const from = resolve(here, "src/phone/pictures");
  return {
    name: "yiwang-app-pictures",
    generateBundle() {
      for (const name of readdirSync(from)) {
        this.emitFile({ type: "asset", name, originalFileName: `src/phone/pictures/${name}`, source: readFileSync(resolve(from, name)) });
      }
    },
  };
}

export default defineConfig(({ mode }) => ({
  root: here,
  base: "./",
  publicDir: false,
  plugins: [iconSprite(here, "src/phone/icons.txt", "phone-icons.svg"), appPictures(), packed(folder), weighed(folder, { shell: 120, map: 480 })],
  worker: { format: "es" as const },
  build: {
    outDir: folder,
    emptyOutDir: true,
    manifest: "phone.json",
    sourcemap: mode === "development",
    target: "es2022",
    cssTarget: "chrome111",
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { phone: resolve(here, "src/phone/main.ts") },
      output: {
        entryFileNames: "[name]-[hash].js", chunkFileNames: "[name]-[hash].js", assetFileNames: "[name]-[hash][extname]",
        // The library apart from our own: it changes seldom, so phones keep it, and a profile says whose script took its time.
        codeSplitting: { groups: [{ name: "maplibre", test: /node_modules[\\/]maplibre-gl[\\/].*\.m?js$/ }] },
      },
    },
  },
}));
