#!/usr/bin/env node
// What a night tries, beyond `npm test`: hours where that takes minutes. `npm run nightly` runs all, `npm run nightly -- fuzz simulate` only these;
// `npm run nightly -- mutate:decide/iam` one room, so that nights and machines can share mutation testing out. Each runs whatever became of those before it.
import { spawnSync } from "node:child_process";

const COMMANDS = [
  { name: "torture", run: ["torture"] },
  { name: "torture-traffic", run: ["torture-traffic"] },
  { name: "kills", run: ["kills"] },
  { name: "fuzz", run: ["fuzz"], env: { AIRFIELD_FUZZ_RUNS: "100000" } },
  { name: "simulate", run: ["simulate", "--", "--seeds", "20000"] },
  { name: "node-versions", run: ["node-versions"] },
  { name: "mutate", run: ["mutate"] },
];

const asked = process.argv.slice(2).map((argument) => argument.split(":", 2));
const unknown = asked.filter(([name]) => !COMMANDS.some((command) => command.name === name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.map(([name]) => name).join(", ")}; there are ${COMMANDS.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}
const chosen =
  asked.length === 0
    ? COMMANDS
    : asked.map(([name, part]) =>
        withPart(
          COMMANDS.find((one) => one.name === name),
          part,
        ),
      );

const outcomes = chosen.map(({ name, run, env }) => {
  console.log(`── ${name}`);
  const begun = Date.now();
  const { status } = spawnSync("npm", ["run", ...run], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
  return { name, failed: status !== 0, minutes: Math.round((Date.now() - begun) / 60_000) };
});
for (const { name, failed, minutes } of outcomes) console.log(`${failed ? "failed" : "passed"}  ${name}, after ${minutes} minutes`);
process.exitCode = outcomes.some(({ failed }) => failed) ? 1 : 0;

function withPart(command, part) {
  return part === undefined ? command : { ...command, name: `${command.name} ${part}`, run: [...command.run, "--", part] };
}
