import { expect, test } from "vitest";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { HealthBook } from "./health-book.ts";
import type { ServerRow } from "./stat-table.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 80 });
const web = backend("web", [one], { interval: 10, unhealthyThreshold: 3 });
const configuration = { listeners: [], backends: [web, backend("api", [{ ...one, health: "healthy" }])] };

const probe = (status: string, health: number): ServerRow => ({
  backend: "b_web",
  name: "one:p:10.0.0.5:80",
  status: "DOWN",
  weight: 0,
  sessions: 0,
  secondsInState: 4,
  check: { status, code: undefined, health, rise: 1 },
});

test("it tells where targets are that have not passed yet, and when one that fails will be unhealthy", () => {
  const book = new HealthBook();
  book.expect(configuration);
  expect([...book.initial()]).toEqual(["web"]);
  expect(book.deadlines()).toEqual([]);
  expect(book.observe([probe("L4CON", 0)], configuration)).toBe(false);
  expect([...book.initial()]).toEqual(["web"]);
  expect(book.deadlines()).toEqual([16]);
  expect(book.observe([probe("L7OK", 1)], configuration)).toBe(true);
  expect([...book.initial(), ...book.deadlines()]).toEqual([]);
});

test("it tells by ids which are healthy", () => {
  const book = new HealthBook();
  book.expect(configuration);
  expect([book.isHealthy("api", "one"), book.isHealthy("web", "one"), book.isHealthy("api", "two")]).toEqual([true, false, false]);
  book.observe([probe("L7OK", 1)], configuration);
  expect(book.isHealthy("web", "one")).toBe(true);
});

test("it forgets what is gone", () => {
  const book = new HealthBook();
  book.expect(configuration);
  book.observe([probe("L4CON", 0)], configuration);
  book.expect({ ...configuration, backends: [] });
  expect([...book.initial(), ...book.deadlines()]).toEqual([]);
});

test("it forgets a server that is gone from a backend, and what was told of it", () => {
  const book = new HealthBook();
  book.expect(configuration);
  book.observe([probe("L4CON", 0)], configuration);
  expect(book.changes(configuration)).toHaveLength(2);
  const without = { ...configuration, backends: [{ ...web, servers: [] }, ...configuration.backends.slice(1)] };
  book.expect(without);
  expect([...book.initial(), ...book.deadlines()]).toEqual([]);
  // It comes back as a new one.
  book.expect(configuration);
  expect([...book.initial()]).toEqual(["web"]);
  expect(book.changes(configuration)).toMatchObject([{ backend: "web", server: "one", health: "initial" }]);
});

test("of many backends it looks into those alone that are another object than before", () => {
  let looks = 0;
  const counted = (id: string) => ({
    ...backend(id, []),
    get servers() {
      looks += 1;
      return [one];
    },
  });
  const many = Array.from({ length: 100 }, (_, at) => counted(`b${at}`));
  const book = new HealthBook();
  book.expect({ listeners: [], backends: many });
  const first = looks;
  expect(first).toBeGreaterThanOrEqual(100);
  book.expect({ listeners: [], backends: many.with(7, counted("b7")) });
  expect(looks - first).toBeLessThanOrEqual(first / 100);
  expect(book.initial().size).toBe(100);
});

test("a server is told again after the proxy was started anew", () => {
  const book = new HealthBook();
  book.expect(configuration);
  expect(book.changes(configuration)).toHaveLength(2);
  expect(book.changes(configuration)).toEqual([]);
  book.forgetTold();
  expect(book.changes(configuration)).toHaveLength(2);
});
