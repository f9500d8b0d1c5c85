/** A part of the code that is mutated at a time. */
export interface Room {
  /** A folder of `src/`, without those below it that are rooms themselves. */
  readonly name: string;
  /** Globs of the tests that are run against its mutants: the room's own, and those of whoever carries its promises. */
  readonly tests: readonly string[];
}

const room = (name: string, ...others: readonly string[]): Room => ({
  name,
  tests: [`src/${name}/**/*.test.ts`, ...others],
});

/** Small ones, so that each takes minutes to an hour, and they can be shared out over nights and machines. */
export const ROOMS: readonly Room[] = [
  room("decide/addresses"),
  room("decide/circuit-breaker"),
  room("decide/host-rights"),
  room("decide/iam"),
  room("decide/lifecycle-policy"),
  room("decide/placement"),
  room("decide/rollout", "test/simulation/rollout.test.ts"),
  room("decide/routing"),
  room("decide/scan", "src/control/scanning/*.test.ts", "src/registry/software-bills.test.ts"),
  room("decide/secret-rotation"),
  room("decide/throttle"),
  { name: "control", tests: ["src/control/*.test.ts"] },
  room("control/lifecycle"),
  room("control/load-balancing", "test/simulation/control-loops.test.ts"),
  room("control/replication"),
  room("control/scanning"),
  room("control/secret-rotation"),
  room("control/services", "test/simulation/control-loops.test.ts"),
  room("control/tasks", "test/simulation/control-loops.test.ts"),
  room("control/vpc-networks"),
  { name: "gateway", tests: ["src/gateway/**/*.test.ts"] },
  room("gateway/audit"),
  room("gateway/door"),
  room("gateway/protocols", "src/gateway/further-protocols.test.ts"),
  room("gateway/task-endpoint"),
  { name: "state", tests: ["src/state/**/*.test.ts", "src/services/**/*.test.ts", "src/registry/**/*.test.ts"] },
  room("state/kms", "src/services/kms/**/*.test.ts"),
  room("state/migrations"),
];
