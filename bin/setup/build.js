import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process.js";

/** Compiles the program and builds the console, each where it is older than what it is made from. */
export async function ensureBuild(root, say) {
  await ensureCompiled(root, say);
  await ensureConsole(root, say);
}

/** Compiles `src/` to `dist/` where a source is newer than the last good build. The tests are type-checked by `npm run types`. */
async function ensureCompiled(root, say) {
  // The compiler's own records are also written where it found errors, so a build that went well leaves a mark of ours.
  const mark = join(root, "dist", ".built");
  const built = existsSync(mark) && existsSync(join(root, "dist", "cli", "main.js")) ? statSync(mark).mtimeMs : 0;
  if (newest(join(root, "src")) <= built) return;
  const startedAt = new Date();
  if (built === 0) say("compiling (tsc -b) …");
  await run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "src"], { cwd: root });
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(mark, startedAt.toISOString());
}

/** Builds `console/` to `dist/console/`, which takes two seconds. Its dependencies are those of its lock file: where they change, `package-lock.json` does. */
async function ensureConsole(root, say) {
  const mark = join(root, "dist", ".console-built");
  const built = existsSync(mark) && existsSync(join(root, "dist", "console", "index.html")) ? statSync(mark).mtimeMs : 0;
  if (Math.max(newest(join(root, "console")), statSync(join(root, "package-lock.json")).mtimeMs) <= built) return;
  const startedAt = new Date();
  if (built === 0) say("building the console (vite build) …");
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  await run(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: join(root, "console") });
  writeFileSync(mark, startedAt.toISOString());
}

/** The time of the latest change below a folder; a file that goes changes its folder. */
function newest(folder) {
  let time = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}
