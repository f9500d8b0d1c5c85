import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

// `npm run simulate -- [--seeds n] [--from n]`: tells many histories of the simulated worlds, others each night. A failure names the seed that replays it.

const { values } = parseArgs({ options: { seeds: { type: "string", default: "2000" }, from: { type: "string" } } });
const from = values.from ?? String(Date.now() % 1_000_000_000);
process.stdout.write(`${values.seeds} histories of each kind, from seed ${from} on\n`);
const { status } = spawnSync("vitest", ["run", "--project", "simulation", "--reporter=dot"], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, LOOPS_SEEDS: values.seeds, ROLLOUT_SEEDS: values.seeds, SIMULATION_FROM: from },
});
process.exitCode = status ?? 1;
