// The phone's service worker: one classic script without imports, which every browser that has service workers takes.
import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  publicDir: false,
  build: {
    outDir: resolve(here, "../yiwang/static_built/phone_worker"),
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: { worker: resolve(here, "src/phone/sw/sw.ts") },
      output: { format: "iife", entryFileNames: "[name].js" },
    },
  },
});
