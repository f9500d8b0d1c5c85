import { readdirSync } from "node:fs";

/** A part of the code that is mutated at a time. */
export interface Room {
  /** A folder of `src/`, without those below it that are rooms themselves. */
  readonly name: string;
  /** Globs of the tests that are run against its mutants: the room's own, and those of whoever carries its promises. */
  readonly tests: readonly string[];
}

/** The tests of a folder without those named: as a glob, `!(coverage).test.ts` leaves out `coverage-counted.test.ts` as well. */
function testsIn(folder: string, except: readonly string[]): readonly string[] {
  const unwanted = except.map((name) => `${name}.test.ts`);
  return readdirSync(`src/${folder}`)
    .filter((file) => file.endsWith(".test.ts") && !unwanted.includes(file))
    .map((file) => `src/${folder}/${file}`);
}

const room = (name: string, ...others: readonly string[]): Room => ({
  name,
  tests: [`src/${name}/**/*.test.ts`, ...others],
});

/**
 * Small ones, so that each takes minutes to an hour, and they can be shared out over nights and machines. The simulated worlds are left out where a room's own
 * tests reach the aim without them: each mutant that lives would be run through all their histories, and they say that something broke, not what.
 */
export const ROOMS: readonly Room[] = [
  room("decide/addresses"),
  room("decide/circuit-breaker"),
  room("decide/host-rights"),
  room("decide/iam"),
  room("decide/lifecycle-policy"),
  room("decide/placement"),
  room("decide/rollout"),
  room("decide/routing"),
  room("decide/scan", "src/control/scanning/*.test.ts", "src/registry/software-bills.test.ts"),
  room("decide/secret-rotation"),
  room("decide/throttle"),
  { name: "control", tests: ["src/control/*.test.ts"] },
  room("control/lifecycle"),
  room("control/load-balancing"),
  // Those with a registry before them take seconds a mutant: what they find, the others must.
  { name: "control/replication", tests: ["src/control/replication/{replicate-image,*-records}.test.ts"] },
  room("control/scanning"),
  room("control/secret-rotation"),
  room("control/services"),
  room("control/tasks"),
  room("control/vpc-networks"),
  {
    name: "gateway",
    tests: [
      ...testsIn("gateway", ["borders", "coverage", "further-protocols", "gateway", "names-given-again", "one-permission", "trespass"]),
      "src/gateway/constraints/*.test.ts",
    ],
  },
  room("gateway/audit"),
  room("gateway/door"),
  // What speaks with the SDK for every operation, and the attacks, take a quarter of a minute a mutant: what they find, the others must.
  { name: "gateway/protocols", tests: testsIn("gateway/protocols", ["round-trip"]) },
  { name: "gateway/task-endpoint", tests: testsIn("gateway/task-endpoint", ["trespass"]) },
  { name: "state", tests: ["src/state/*.test.ts"] },
  room("state/kms", "src/services/kms/**/*.test.ts"),
  room("state/migrations"),
];
