import { expect, test } from "vitest";
import type { RequestCondition } from "../../domain/rule-condition.ts";
import { listener } from "../../testing/traffic-proxy-contract.ts";
import { renderCondition } from "./render-conditions.ts";
import { renderListener } from "./render-routes.ts";

// What HAProxy makes of these is tried with the real one: `testing/rule-cases.ts`.
test.each<[string, RequestCondition, readonly string[]]>([
  ["a host, whole", { kind: "host", patterns: ["a.test"] }, ["var(txn.host) -i -m str -- a.test"]],
  ["what a host ends with", { kind: "host", patterns: ["*.a.test"] }, ["var(txn.host) -i -m end -- .a.test"]],
  ["several paths", { kind: "path", patterns: ["/a", "/b/*", "*/c*"] }, ["path -m str -- /a", "path -m beg -- /b/", "path -m sub -- /c"]],
  ["a text between", { kind: "path", patterns: ["/a/*.png"] }, [String.raw`path -m reg -- \x5e\x5c/a\x5c/.\x2a\x5c.png\x24`]],
  [
    "texts between, each looked for once",
    { kind: "path", patterns: ["a*b*c"] },
    [String.raw`path -m reg -- \x5ea\x28\x3f\x3e.\x2a\x3fb\x29.\x2ac\x24`],
  ],
  ["one character", { kind: "path", patterns: ["a?"] }, [String.raw`path -m reg -- \x5ea.\x24`]],
  ["anything", { kind: "path", patterns: ["*"] }, [String.raw`path -m reg -- \x5e.\x2a\x24`]],
  ["a value that looks like a flag", { kind: "header", name: "X-A", patterns: ["-f"] }, ["req.fhdr(X-A) -i -m str -- -f"]],
  [
    "a header whose name has what means something in a configuration",
    { kind: "header", name: "x'#y", patterns: ["a"] },
    [String.raw`req.fhdr(x\x5c\x27\x23y) -i -m str -- a`],
  ],
  [
    "an expression, whose steps are bounded",
    { kind: "path", patterns: ["/a"], regexes: ["^/b+$"] },
    ["path -m str -- /a", String.raw`path -m reg -- \x28\x2aLIMIT_MATCH=100000\x29\x5e/b+\x24`],
  ],
  ["methods", { kind: "method", methods: ["GET", "-M"] }, ["method -- GET -M"]],
  ["blocks", { kind: "source", blocks: ["10.0.0.0/8", "fd00::/8"] }, ["src -- 10.0.0.0/8 fd00::/8"]],
  [
    "a parameter with its key",
    { kind: "query", pairs: [{ key: "k", value: "v" }] },
    [String.raw`query -i -m reg -- \x28\x3f:\x5e\x7c\x26\x29k=v\x28\x3f:\x26\x7c\x24\x29`],
  ],
])("%s", (_, condition, criteria) => {
  expect(renderCondition("c", condition)).toEqual(criteria.map((criterion) => `acl c ${criterion}`));
});

test("all conditions of a route have to hold, beside its host, before it is taken", () => {
  const route = { action: { kind: "forward" as const, backends: [{ id: "web", weight: 1 }] }, idleTimeout: 60 };
  const conditions: readonly RequestCondition[] = [
    { kind: "path", patterns: ["/a", "/b"] },
    { kind: "method", methods: ["PUT"] },
  ];
  const routes = [
    { ...route, hosts: ["a.test"], conditions },
    { ...route, hosts: [], conditions: conditions.slice(1) },
    { ...route, hosts: [] },
    { ...route, hosts: ["never.test"] },
  ];
  const text = renderListener({ ...listener("main", 80), routes }, () => true).join("\n");
  expect(text.match(/^ *(?:acl c_|use_backend b).*$/gm)?.map((line) => line.trim())).toEqual([
    "acl c_main_0_0 path -m str -- /a",
    "acl c_main_0_0 path -m str -- /b",
    "acl c_main_0_1 method -- PUT",
    "use_backend b_web if { var(txn.host) -m str a.test } c_main_0_0 c_main_0_1",
    "acl c_main_1_0 method -- PUT",
    "use_backend b_web if c_main_1_0",
    "use_backend b_web",
  ]);
  expect(text).toContain("set-var(txn.host)");
});
