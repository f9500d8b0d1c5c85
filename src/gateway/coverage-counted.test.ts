import { expect, test } from "vitest";
import { madeUpOperations, madeUpService } from "../testing/made-up-service.ts";
import { coverageDocument, coverageOf } from "./coverage.ts";

// What is counted, of services that nobody has: `coverage.test.ts` looks at those that are here.
const operation = (name: string): unknown => [9, "made", name, 0, "unit", "unit"];
const named = (...names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [`${name}$`, operation(name)]));

const some = madeUpService({
  id: "some",
  title: "Some of it",
  client: () =>
    Promise.resolve({ ...named("Write", "Read", "Launch", "Land", "Buy", "Dream"), Input$: [3, "made", "Input", 0, [], []], constant: 1 }),
  operations: () => Promise.resolve(madeUpOperations(["Write", "Read"])),
  notOffered: { Launch: "it needs a rocket", Buy: "it needs money", Land: "it needs a rocket" },
  refuses: ["reading what is not there", "writing in red"],
});
const all = madeUpService({
  id: "all",
  title: "All of it",
  client: () => Promise.resolve(named("Only")),
  operations: () => Promise.resolve(madeUpOperations(["Only"])),
});
const none = madeUpService({ id: "none", title: "None of it", client: () => Promise.resolve(named("Other")) });

test("of a service is told what is here, what is not yet, and what cannot be, for each reason", async () => {
  expect(await coverageOf(some)).toEqual({
    title: "Some of it",
    id: "some",
    implemented: ["Read", "Write"],
    missing: ["Dream"],
    notOffered: [
      { reason: "it needs a rocket", names: ["Land", "Launch"] },
      { reason: "it needs money", names: ["Buy"] },
    ],
    refuses: ["reading what is not there", "writing in red"],
  });
  const nothing = { missing: [], notOffered: [], refuses: [] };
  expect(await coverageOf(all)).toEqual({ title: "All of it", id: "all", implemented: ["Only"], ...nothing });
});

test("the document has a line and a part for each service, and counts them all", async () => {
  const [title, made, told, table, ...parts] = (await coverageDocument([some, all, none])).split("\n\n");
  expect(title).toBe("# Coverage");
  expect(made).toMatch(/^<!-- Made by `npm run coverage` .* -->$/);
  expect(told).toMatch(/^Every operation that AWS has .* answers the error `NotImplemented`, which no SDK retries\. .* not counted\.$/);
  expect(table?.split("\n")).toEqual([
    "| service | implemented | of |",
    "|---|---:|---:|",
    "| [Some of it](#some) | 2 | 6 |",
    "| [All of it](#all) | 1 | 1 |",
    "| [None of it](#none) | 0 | 1 |",
    "| **all** | **3** | |",
  ]);
  expect(parts).toEqual([
    '<a id="some"></a>',
    "## Some of it",
    "Implemented (2): `Read`, `Write`",
    "Not yet (1): `Dream`",
    "Refused by name: reading what is not there; writing in red.",
    "Not offered (2): `Land`, `Launch`: it needs a rocket.",
    "Not offered (1): `Buy`: it needs money.",
    '<a id="all"></a>',
    "## All of it",
    "Implemented (1): `Only`",
    "Not yet (0): none",
    '<a id="none"></a>',
    "## None of it",
    "Implemented (0): none",
    "Not yet (1): `Other`",
    '<a id="appmesh"></a>',
    "## AWS App Mesh",
    "Not here: AWS has ended it on September 30, 2026, and names ECS Service Connect in its place.\n",
  ]);
});
