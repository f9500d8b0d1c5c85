#!/usr/bin/env node
// Hands over to the compiled program. `npm start`, `npm run demo` and `npm run build` compile it.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const program = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(fileURLToPath(program))) {
  // Newer Node keeps compiled code between starts.
  module.enableCompileCache?.();
  await import(program.href);
} else {
  process.stderr.write("airfield: not compiled yet. Run `npm start` (serves), `npm run demo` (shows it) or `npm run build`.\n");
  process.exitCode = 1;
}
