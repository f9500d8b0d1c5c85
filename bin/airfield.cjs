#!/usr/bin/env node
// Hands over to the compiled program. `npm start`, `npm run demo` and `npm run build` compile it.
// A CommonJS file, since loading a module already starts the threads that are counted here.
"use strict";

const { existsSync } = require("node:fs");
const module_ = require("node:module");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

// Each sync of a blob holds one of the threads that files share for as long as the disk takes; with Node's four, ten pushes at a time would keep the
// journal waiting.
process.env.UV_THREADPOOL_SIZE ??= "16";

const program = join(__dirname, "..", "dist", "cli", "main.js");
if (existsSync(program)) {
  // Newer Node keeps compiled code between starts.
  module_.enableCompileCache?.();
  void import(pathToFileURL(program).href);
} else {
  process.stderr.write("airfield: not compiled yet. Run `npm start` (serves), `npm run demo` (shows it) or `npm run build`.\n");
  process.exitCode = 1;
}
