import { torture } from "../../src/testing/torture/torture.ts";

// `npm run torture [kills] [seed]`: kills the registry thousands of times. The same seed gives the same moments.

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const [kills = "3000", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const lanes = 2;
let lived = 0;
// All are awaited whatever happens, so that none leaves a process behind.
const outcomes = await Promise.allSettled(
  Array.from({ length: lanes }, (_, lane) =>
    torture({
      kills: Math.ceil(Number(kills) / lanes),
      seed: Number(seed) + lane,
      lived: () => {
        lived += 1;
        if (lived % 100 === 0) say(`${lived} kills`);
      },
    }),
  ),
);
for (const outcome of outcomes) {
  if (outcome.status === "rejected") throw outcome.reason;
  const { kills: times, images, deleted, resumed } = outcome.value;
  say(
    `killed ${times} times: ${images} images pushed, ${deleted} of them deleted, ${resumed} uploads gone on with; nothing lost, nothing half-written`,
  );
}
