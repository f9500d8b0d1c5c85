import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProxyRoute } from "../../ports/traffic-proxy.ts";
import { forwardTo } from "../../testing/proxy-routes.ts";
import { keysOf, runsOf, tableOf, tablesOf, type RouteTable } from "./route-runs.ts";

const path = (...patterns: readonly string[]): Pick<ProxyRoute, "conditions"> => ({ conditions: [{ kind: "path", patterns }] });

const host = (...patterns: readonly string[]): Pick<ProxyRoute, "conditions"> => ({ conditions: [{ kind: "host", patterns }] });

/** As HAProxy's `map_beg` finds it. */
function lookedUp(table: RouteTable, asked: string): string | undefined {
  for (let length = asked.length; length > 0; length -= 1) {
    const value = table.get(asked.slice(0, length));
    if (value !== undefined) return value;
  }
  return undefined;
}

const takes = (pattern: string, requested: string): boolean =>
  pattern.endsWith("*") ? requested.startsWith(pattern.replace(/\*+$/, "")) : requested === pattern;

const step = fc.constantFrom("a", "b", "/", "-");
const text = fc.array(step, { maxLength: 5 }).map((steps) => `/${steps.join("")}`);
const pattern = fc.tuple(text, fc.constantFrom("", "*", "**")).map((parts) => parts.join(""));
const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
const names = fc.array(fc.constantFrom("a.test", "b.test", "a.test.b", "a"), { minLength: 1, maxLength: 2 });
const paths = fc.array(fc.oneof(text, pattern), { minLength: 1, maxLength: 20 });

test("a table finds the first of the routes that takes a path, as if each had been tried in turn", () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 8 }), paths, (routes, requested) => {
      const table = tableOf(routes.map((its, at) => ({ keys: keysOf(path(...its))?.keys ?? [], value: `v${at}` })));
      for (const one of [...requested, ...routes.flat()]) {
        const first = routes.findIndex((its) => its.some((each) => takes(each, one)));
        expect(lookedUp(table, `${one}?`)).toBe(first === -1 ? undefined : `v${first}`);
      }
    }),
  );
});

test("a table finds the first of the routes that takes a host with its path", () => {
  const route = fc.record({ hosts: names, paths: fc.option(patterns) });
  fc.assert(
    fc.property(fc.array(route, { maxLength: 8 }), names, paths, (routes, hosts, requested) => {
      const keys = routes.map((its) => ({
        conditions: [...(host(...its.hosts).conditions ?? []), ...(its.paths ? (path(...its.paths).conditions ?? []) : [])],
      }));
      const table = tableOf(keys.map((its, at) => ({ keys: keysOf(its)?.keys ?? [], value: `v${at}` })));
      for (const name of hosts)
        for (const one of requested) {
          const first = routes.findIndex(
            (its) => its.hosts.includes(name) && (its.paths === null || its.paths.some((each) => takes(each, one))),
          );
          expect(lookedUp(table, `${name}?${one}?`)).toBe(first === -1 ? undefined : `v${first}`);
        }
    }),
  );
});

const web = forwardTo("web");
const api = forwardTo("api");
const listener = { id: "main", addresses: ["127.0.0.1"], port: 80 };

const kinds = (...of: readonly ProxyRoute[]): readonly number[] =>
  runsOf(listener, of).map((part) => (part.kind === "run" ? part.routes.length : 0));

test.each<[string, readonly ProxyRoute[], readonly number[]]>([
  [
    "paths that follow each other are one run",
    [
      { ...web, ...path("/a/*") },
      { ...api, ...path("/b", "/c*") },
    ],
    [2],
  ],
  ["a route without conditions is in none", [{ ...web, ...path("/a/*") }, web], [1, 0]],
  [
    "a wildcard between, or before, is in none",
    [
      { ...web, ...path("/a*b") },
      { ...web, ...path("*b") },
      { ...web, ...path("/?") },
    ],
    [0, 0, 0],
  ],
  ["nor is one that takes every path", [{ ...web, ...path("*") }], [0]],
  [
    "signs that mean something to HAProxy are in none",
    ["/a#", "/a\\", "/a b", "/ä", "#a"].map((one) => ({ ...web, ...path(one) })),
    [0, 0, 0, 0, 0],
  ],
  ["a regular expression is in none", [{ ...web, conditions: [{ kind: "path", patterns: ["/a"], regexes: ["b"] }] }], [0]],
  [
    "hosts that follow each other are one run, with paths or without",
    [
      { ...web, ...host("a.test") },
      { ...api, conditions: [...(path("/a").conditions ?? []), ...(host("B.test").conditions ?? [])] },
    ],
    [2],
  ],
  [
    "but no run with routes that take any host",
    [
      { ...web, ...host("a.test") },
      { ...api, ...path("/a") },
    ],
    [1, 1],
  ],
  ["a host with a wildcard is in none", [{ ...web, ...host("*.test") }], [0]],
  [
    "a path and a method are in none",
    [{ ...web, conditions: [...(path("/a").conditions ?? []), { kind: "method", methods: ["GET"] }] }],
    [0],
  ],
  [
    "another condition between makes two runs",
    [
      { ...web, ...path("/a") },
      { ...web, conditions: [{ kind: "method", methods: ["GET"] }] },
      { ...web, ...path("/b") },
    ],
    [1, 0, 1],
  ],
  [
    "routes of other hosts are another run",
    [
      { ...web, ...path("/a") },
      { ...web, hosts: ["a.test"], ...path("/b") },
    ],
    [1, 1],
  ],
  [
    "routes that are logged are another run",
    [
      { ...web, ...path("/a") },
      { ...web, logged: 2, ...path("/b") },
    ],
    [1, 1],
  ],
  [
    "what is done with answers is another run",
    [
      { ...web, ...path("/a") },
      { ...web, answers: { headers: { a: "b" }, isNameless: false }, ...path("/b") },
    ],
    [1, 1],
  ],
  ["who rewrites is in none", [{ ...web, rewrites: { url: { regex: "a", replacement: "b" } }, ...path("/a") }], [0]],
  ["who draws among several is in none", [{ ...forwardTo("web", "api"), ...path("/a") }], [0]],
])("%s", (_what, its, expected) => {
  expect(kinds(...its)).toEqual(expected);
});

test("a table says where a route leads, and what a log notes of it", () => {
  const owner = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1";
  const table = (...its: readonly ProxyRoute[]): unknown =>
    [...tablesOf({ ...listener, routes: its }, its).values()].map((one) => [...one]);
  expect(table({ ...web, ...path("/a", "/b/*") })).toEqual([
    [
      ["/a?", "b_web"],
      ["/b/", "b_web"],
    ],
  ]);
  expect(table({ ...web, owner, logged: 7, ...path("/a") })).toEqual([[["/a?", `b_web|${owner}|7|forward`]]]);
  expect(table({ ...web, owner, logsConnections: true, ...path("/a") })).toEqual([[["/a?", `b_web|${owner}||forward|connections`]]]);
  expect(table({ ...web, conditions: [...(host("A.test").conditions ?? []), ...(path("/a", "/b/*").conditions ?? [])] })).toEqual([
    [
      ["a.test?/a?", "b_web"],
      ["a.test?/b/", "b_web"],
    ],
  ]);
  expect(table({ ...forwardTo(), ...path("/a") })).toEqual([[["/a?", "unavailable"]]]);
});
