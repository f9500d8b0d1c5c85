#!/usr/bin/env node
// Everything that CI checks: types, lint, format, dead code, and all tests. Ends with one line, `N passed, N failed`, in which a
// failed check counts as one. With arguments (`npm test -- src/decide`), only the tests, and vitest gets the arguments.
//
// Tests run in two lanes at the same time: those of one engine and one proxy, one file after another, and beside them all others.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = join(root, ".tmp");
const arguments_ = process.argv.slice(2);
const CHECKS = [
  { name: "types", command: "tsc", args: ["-b", ".", "console", "console/test"] },
  { name: "lint", command: "oxlint", args: ["--type-aware"] },
  { name: "format", command: "oxfmt", args: ["--check", "."] },
  { name: "dead code", command: "knip", args: ["--no-progress"] },
];
const LANES = [
  { name: "engine", args: ["--project", "e2e"] },
  { name: "others", args: ["--project", "!e2e"] },
];

mkdirSync(scratch, { recursive: true });
const counted = { passed: 0, failed: 0 };
const failedChecks = [];
if (arguments_.length === 0) {
  for (const { name, command, args } of CHECKS) {
    console.log(`── ${name}`);
    if ((await runHere(command, args)) === 0) counted.passed += 1;
    else failedChecks.push(name);
  }
  counted.failed += failedChecks.length;
}

console.log("── tests");
const lanes = arguments_.length === 0 ? LANES : [{ name: "chosen", args: arguments_ }];
for (const { passed, failed } of await Promise.all(lanes.map(runLane))) {
  counted.passed += passed;
  counted.failed += failed;
}

if (failedChecks.length > 0) console.log(`checks that failed: ${failedChecks.join(", ")}`);
const summary = `${counted.passed} passed, ${counted.failed} failed`;
// CI prints the line itself, after all that npm has to say.
if (process.env.AIRFIELD_SUMMARY_FILE) writeFileSync(process.env.AIRFIELD_SUMMARY_FILE, summary);
else console.log(summary);
process.exitCode = counted.failed > 0 || counted.passed === 0 ? 1 : 0;

async function runLane({ name, args }) {
  const report = join(scratch, `test-results-${name}.json`);
  rmSync(report, { force: true });
  const status = await runHere("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args]);
  return countTests(report, status);
}

function runHere(command, args) {
  const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH}` };
  const running = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
  return new Promise((resolve) => {
    running.once("error", () => resolve(1));
    running.once("close", (status) => resolve(status ?? 1));
  });
}

/** A file that cannot even be loaded has no tests to count, and an error outside of every test none that failed: each is one failure. */
function countTests(report, exitCode) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  const broken = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every(({ status: result }) => result !== "failed"),
  );
  const failed = numFailedTests + broken.length;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
