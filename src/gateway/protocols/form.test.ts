import { describe, expect, test } from "vitest";
import { wireRequest } from "../../testing/wire-request.ts";
import { MalformedRequestError } from "../malformed.ts";
import { findParameters, formParameters, MOST_PARAMETERS } from "./form.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

const find = (body: string, target = "/", looked?: number) =>
  Object.fromEntries(findParameters(wireRequest({ body, target }), ["Action", "Version"], looked));

describe("a parameter is found", () => {
  test.each([
    ["at the beginning", "Action=A&Version=1&x=y", "/", { Action: "A", Version: "1" }],
    ["at the end", "x=y&&z&Version=1&Action=A", "/", { Action: "A", Version: "1" }],
    ["the first of two", "Action=A&Action=B", "/", { Action: "A" }],
    ["in the form before the URL", "Action=A", "/?Action=B&Version=2", { Action: "A", Version: "2" }],
    ["with escapes in its name and value", "%41ction=A%42+C&V%65rsion=%C3%BC", "/", { Action: "AB C", Version: "ü" }],
    ["without a value", "Action&Version=", "/", { Action: "", Version: "" }],
    ["by its whole name", "Actions=A&Actio=B&xAction=C&action=D", "/", {}],
    ["with an equals sign in its value", "Action=A=B", "/", { Action: "A=B" }],
    ["not where it is a value", "x=Action=A&__proto__=Version", "/", {}],
  ])("%s", (_, body, target, expected) => {
    expect(find(body, target)).toEqual(expected);
  });

  test("among so many as may be looked at, and no further", () => {
    expect(find(`${"a&".repeat(9)}Action=A`, "/", 10)).toEqual({ Action: "A" });
    expect(find(`${"a&".repeat(10)}Action=A`, "/", 10)).toEqual({});
  });
});

test("too many parameters are refused before they are read", () => {
  expect([...formParameters(wireRequest({ body: "a=&".repeat(MOST_PARAMETERS - 1) }))]).toHaveLength(MOST_PARAMETERS - 1);
  const body = "a&".repeat(16 * 1024 * 1024);
  const spent = cpuMs(() => expect(() => formParameters(wireRequest({ body }))).toThrow(MalformedRequestError));
  expect(spent).toBeLessThan(1000);
});

test("parameters are those of the form and of the URL, without those of a signature", () => {
  const request = wireRequest({ body: "a=1&__proto__=x", target: "/?b=2&X-Amz-Date=3" });
  expect([...formParameters(request)]).toEqual([
    ["a", "1"],
    ["__proto__", "x"],
    ["b", "2"],
  ]);
});
