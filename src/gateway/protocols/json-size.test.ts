import { describe, expect, test } from "vitest";
import { MalformedRequestError } from "../malformed.ts";
import { checkJsonSize } from "./json-size.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

const check = (text: string) => () => checkJsonSize(Buffer.from(text));

describe("is taken", () => {
  test.each([
    ["a list as long as AWS's longest", JSON.stringify(Array.from({ length: 10_000 }, (_, at) => ({ timestamp: at, message: "a,b:[{" })))],
    ["a string full of what would else be counted", JSON.stringify({ a: ",:[]{}".repeat(100_000) })],
    ["a string of quotation marks and backslashes", JSON.stringify({ a: '"\\'.repeat(1000), b: "\\" })],
    ["what nests a hundred deep", "[".repeat(100) + "]".repeat(100)],
    ["what is no JSON, which is for the parser to say", '{"a": "unended'],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(check(text)).not.toThrow();
  });
});

describe("is refused", () => {
  test.each([
    ["what nests deeper", "[".repeat(101)],
    ["too many values", `[${"1,".repeat(250_000)}1]`],
    ["too many empty lists", "[],".repeat(130_000)],
    ["too many members after a string that ends in backslashes", `{"a":"\\\\",${'"b":1,'.repeat(130_000)}`],
  ])("%s", (_, text) => {
    expect(check(text)).toThrow(MalformedRequestError);
  });
});

test("what a text costs to count grows with its length, whatever it holds", () => {
  const cost = (filling: string, megabytes: number): number =>
    cpuMs(check(`"${filling.repeat((megabytes * 1024 * 1024) / filling.length)}`));
  for (const filling of [" ", '\\"', "1"]) expect(cost(filling, 16)).toBeLessThan(8 * Math.max(20, cost(filling, 4)));
});
