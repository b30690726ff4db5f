import { resolve } from "node:path";
import { defineConfig } from "vite";
import { iconSprite } from "./build/sprite";

const here = import.meta.dirname;

export default defineConfig(({ mode }) => ({
  root: here,
  base: "./", // chunks find each other relative to themselves, so STATIC_URL may be anything
  publicDir: false,
  plugins: [iconSprite(here)],
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
        // The library apart from our own: a profile says whose script took its time, and two islands share it.
        codeSplitting: { groups: [{ name: "maplibre", test: /node_modules[\\/]maplibre-gl[\\/].*\.m?js$/ }] },
      },
    },
  },
}));
