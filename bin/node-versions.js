#!/usr/bin/env node
// Runs the unit and simulation tests under each version of Node.js that is supported, or under those that are named: `npm run node-versions -- 24`.
// The versions come as packages of npm.
import { spawnSync } from "node:child_process";

const SUPPORTED = ["20.19", "22", "24"];
const asked = process.argv.slice(2);
const TESTS = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "--project", "simulation"];

const failed = (asked.length === 0 ? SUPPORTED : asked).filter((version) => {
  console.log(`── Node.js ${version}`);
  const { status } = spawnSync("npx", ["--yes", "--package", `node@${version}`, "node", ...TESTS], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return status !== 0;
});
if (failed.length > 0) console.error(`failed under Node.js ${failed.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
