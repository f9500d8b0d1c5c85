import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { TORTURE_ENVIRONMENT, trafficTorture } from "../../src/testing/traffic-torture.ts";

// `npm run torture-traffic [rounds]`: what a load balancer leads to changes hundreds of times under load.

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const [rounds = "100"] = process.argv.slice(2);
await using airfield = await airfieldProcess({ environment: TORTURE_ENVIRONMENT });
const report = await trafficTorture(airfield, Number(rounds), (round) => void (round % 10 === 0 && say(`${round} rounds`)));
const { answered, failures, lostWithTargets } = report;
if (failures.length > 0) throw new Error(`${failures.length} of ${answered} requests were lost: ${failures.slice(0, 10).join("; ")}`);
say(
  `a target added, drained and killed, a rule and a certificate changed, ${rounds} times each: ${answered} requests answered, none lost but ${lostWithTargets} in flight on what was killed`,
);
