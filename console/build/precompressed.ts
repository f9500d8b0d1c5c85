import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** What is smaller when it is compressed; fonts and pictures are already. */
const COMPRESSED = new Set([".html", ".js", ".css", ".svg"]);

/** Writes each file that gains by it a second and third time, as brotli (`.br`) and gzip (`.gz`), so that the server compresses nothing. */
export function precompressed(): Plugin {
  let folder = "";
  return {
    name: "precompressed",
    apply: "build",
    configResolved: ({ build }) => void (folder = build.outDir),
    async closeBundle() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && COMPRESSED.has(extname(entry.name)));
      await Promise.all(files.map(({ parentPath, name }) => compress(join(parentPath, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  // Level 9 takes a fifth of the time of 11, for some percent more bytes.
  const brotli = promisify(brotliCompress)(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  await Promise.all([
    brotli.then((smaller) => writeFile(`${file}.br`, smaller)),
    promisify(gzip)(content).then((smaller) => writeFile(`${file}.gz`, smaller)),
  ]);
}
