import { expect, test } from "vitest";
import { fakeWorker } from "../../testing/fake-worker.ts";
import { HaproxyRefusalError } from "./haproxy-process.ts";
import type { RouteTable } from "./route-runs.ts";
import { WorkerTables } from "./worker-tables.ts";

const taken = (command: string): string => (command.startsWith("prepare") ? "New version created: 3\n" : "");
const tables = (...entries: readonly (readonly [string, string])[]): ReadonlyMap<string, RouteTable> =>
  new Map([["routes/a.map", new Map(entries)]]);

test("a table that is another takes the place of the one in use at once, and one that is the same is left", async () => {
  const { path, connections } = await fakeWorker(taken);
  const worker = new WorkerTables(path);
  worker.started(tables(["/a", "b_web"]));
  await worker.change(tables(["/a", "b_web"]));
  expect(connections).toEqual([]);
  await worker.change(tables(["/a", "b_api"], ["/b", "b_web"]));
  await worker.change(tables(["/a", "b_api"], ["/b", "b_web"]));
  expect(connections.flat()).toEqual([
    "prepare map routes/a.map",
    "add map @3 routes/a.map <<\n/a b_api\n/b b_web\n",
    "commit map @3 routes/a.map",
  ]);
});

test("of a worker that is not known, every table is told, also an empty one; a large one by several commands", async () => {
  const { path, connections } = await fakeWorker(taken);
  const worker = new WorkerTables(path);
  worker.started(tables(["/a", "b_web"]));
  worker.forget();
  await worker.change(tables(["/a", "b_web"]));
  await worker.change(tables());
  expect(connections.flat().filter((command) => command.startsWith("commit"))).toHaveLength(2);
  const long = "x".repeat(3000);
  await worker.change(tables([`/${long}1`, "b_web"], [`/${long}2`, "b_web"], [`/${long}3`, "b_web"]));
  expect(connections.at(-1)?.map((command) => command.split("\n").length)).toEqual([4, 3, 1]);
});

test("one that is refused is taken back, and told again at the next change", async () => {
  let refuses = true;
  const { path, connections } = await fakeWorker((command) => (refuses && command.startsWith("add") ? "no such thing" : taken(command)));
  const worker = new WorkerTables(path);
  await expect(worker.change(tables(["/a", "b_web"]))).rejects.toThrow(HaproxyRefusalError);
  expect(connections.flat().at(-1)).toBe("clear map @3 routes/a.map");
  refuses = false;
  await worker.change(tables(["/a", "b_web"]));
  expect(connections.flat().at(-1)).toBe("commit map @3 routes/a.map");
});
