import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process.js";

/** Runs `npm ci` where the installed packages are not those of the lock file. */
export async function ensureNodeModules(root, say) {
  if (!isStale(root)) return;
  say("installing npm packages (npm ci) …");
  await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
}

/** Compares the lock file with npm's record of what it installed; reads no package. */
function isStale(root) {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return true;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  return Object.entries(wanted).some(([path, { version, optional, devOptional, link }]) => {
    if (!path.startsWith("node_modules/") || link) return false;
    // Builds for other platforms are optional, and absent here.
    return installed[path] === undefined ? !(optional || devOptional) : installed[path].version !== version;
  });
}
