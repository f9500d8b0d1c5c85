#!/usr/bin/env node
// Brings about what a command of package.json needs, on a fresh machine too, and is quick where nothing is missing:
// npm packages, the compiled program, HAProxy, a Docker engine that answers; with --test also what the tests use.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuild } from "./setup/build.js";
import { ensureEngine } from "./setup/engine.js";
import { ensureNodeModules } from "./setup/node-modules.js";
import { SetupError } from "./setup/process.js";
import { installTools, installWanted, KERNEL_TOOLS, missingTools, PLATFORM_TOOLS, TEST_TOOLS } from "./setup/tools.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Progress is for people; what a command prints to be read by programs goes to the standard output.
const say = (line) => process.stderr.write(`setup: ${line}\n`);

try {
  requireNode(20, 19);
  await ensureNodeModules(root, say);
  await ensureBuild(root, say);
  const tools = process.argv.includes("--test") ? [...PLATFORM_TOOLS, ...TEST_TOOLS] : PLATFORM_TOOLS;
  await installTools(missingTools(tools), say);
  await installWanted(missingTools(KERNEL_TOOLS), say);
  await ensureEngine(say);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

function requireNode(major, minor) {
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new SetupError(`Node.js ${major}.${minor} or later is needed; this is ${process.versions.node} at ${join(process.execPath)}`);
}
