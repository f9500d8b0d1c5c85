import { describe, expect, test } from "vitest";
import type { OperationSchema } from "../schema.ts";
import { readLabels, restRoutes } from "./rest-route.ts";

const operation = (name: string, method: string, uri: string): OperationSchema => ({
  name,
  http: { method, uri, status: 200 },
  input: undefined,
  output: undefined,
});

// In an order in which the first that fits would often be the wrong one.
const routes = restRoutes([
  { name: "NotByHttp", http: undefined, input: undefined, output: undefined },
  operation("GetAnything", "GET", "/things/{Path+}"),
  operation("GetThing", "GET", "/things/{Id}"),
  operation("GetMine", "GET", "/things/mine"),
  operation("PutThing", "PUT", "/things/{Id}"),
  operation("Tag", "POST", "/things?Operation=Tag"),
  operation("Untag", "POST", "/things?Operation=Untag"),
  operation("MakeThing", "POST", "/things"),
  operation("GetPart", "GET", "/trees/{Path+}/parts/{Part}"),
  operation("Braced", "GET", "/x{Id}/y"),
]);

test.each([
  ["GET", "/things/mine", "GetMine"],
  ["GET", "/things/mine?x=1", "GetMine"],
  ["GET", "/things/yours", "GetThing"],
  ["PUT", "/things/mine", "PutThing"],
  ["GET", "/things/a/b", "GetAnything"],
  ["GET", "/things/", undefined],
  ["GET", "/things", undefined],
  ["GET", "/things/mine/", "GetAnything"],
  ["PUT", "/things/mine/", "PutThing"],
  ["PUT", "/things/mine//", undefined],
  ["POST", "/things/?Operation=Tag", "Tag"],
  ["DELETE", "/things/mine", undefined],
  ["POST", "/things", "MakeThing"],
  ["POST", "/things?Operation=Tag", "Tag"],
  ["POST", "/things?a=b&Operation=Untag", "Untag"],
  ["POST", "/things?Operation=Other", "MakeThing"],
  ["POST", "/things?Operation=Other&Operation=Tag", "Tag"],
  ["GET", "/trees/a/b/c/parts/d", "GetPart"],
  ["GET", "/trees/a/parts/d", "GetPart"],
  ["GET", "/trees/parts/d", undefined],
  ["GET", "/trees/a/part/d", undefined],
  ["GET", "/x{Id}/y", "Braced"],
  ["GET", "/x1/y", undefined],
  ["GET", "things/mine", undefined],
])("%s %s asks for %s", (method, target, name) => {
  expect(routes({ method, target })).toBe(name);
});

describe("labels are read", () => {
  const labels = (uri: string, target: string) => Object.fromEntries(readLabels({ method: "GET", uri, status: 200 }, target));
  test.each([
    ["/a/{B}/c", "/a/b%20%2Fc/c", { B: "b /c" }],
    ["/a/{B}/{C}?x", "/a/b/c?B=d", { B: "b", C: "c" }],
    ["/a/{B+}/{C}", "/a/b/%63/d/e", { B: "b/c/d", C: "e" }],
    ["/{B+}", "/b", { B: "b" }],
    ["/a/{B}/c", "/a/b/c/", { B: "b" }],
    ["/a/{B}", "/other/b", {}],
  ])("%s of %s", (uri, target, found) => {
    expect(labels(uri, target)).toEqual(found);
  });

  test("what is not percent-encoded text is refused", () => {
    const message = "The value of B in the path is not percent-encoded UTF-8.";
    expect(() => labels("/a/{B}", "/a/%ff")).toThrow(expect.objectContaining({ kind: "type", path: "B", message }) as Error);
  });
});
