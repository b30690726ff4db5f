import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const LEAST = 1024;

/** Write .br and .gz beside what a browser loads; the web server hands them out as they are (whitenoise). */
export function packed(folder: string): Plugin {
  return {
    name: "yiwang-packed",
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true }) as string[]) {
        const file = join(folder, name);
        if (!/\.(js|css|svg)$/.test(name) || statSync(file).size < LEAST) continue;
        const text = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

interface Entry {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
  assets?: string[];
}

/** Say what the phone's app weighs as it travels (brotli), without and with the map; fail above what was promised. */
export function weighed(folder: string, most: { shell: number; map: number }): Plugin {
  return {
    name: "yiwang-weighed",
    closeBundle() {
      const manifest = JSON.parse(readFileSync(join(folder, "phone.json"), "utf8")) as Record<string, Entry>;
      const gather = (key: string, dynamic: boolean, found = new Set<string>()): Set<string> => {
        const entry = manifest[key];
        if (!entry || found.has(entry.file)) return found;
        found.add(entry.file);
        [...(entry.css ?? []), ...(entry.assets ?? [])].forEach((one) => found.add(one));
        [...(entry.imports ?? []), ...(dynamic ? (entry.dynamicImports ?? []) : [])].forEach((one) => gather(one, dynamic, found));
        return found;
      };
      const weight = (names: Iterable<string>): number =>
        [...names].reduce((sum, name) => {
          const file = join(folder, name);
          return sum + (statSync(`${file}.br`, { throwIfNoEntry: false }) ?? statSync(file)).size;
        }, 0);
      const own = [manifest["src/phone/icons.txt"].file];
      const shell = weight([...gather("src/phone/main.ts", false), ...own]);
      const all = weight([...gather("src/phone/main.ts", true), ...own]);
      console.log(`phone: ${(shell / 1024).toFixed(1)} KB without the map (most ${most.shell}), ${(all / 1024).toFixed(1)} KB with it (most ${most.map}), brotli`);
      if (shell > most.shell * 1024 || all > most.map * 1024) throw new Error("the phone's app is heavier than promised");
    },
  };
}
