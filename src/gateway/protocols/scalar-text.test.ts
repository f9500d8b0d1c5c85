import { NumericValue } from "@smithy/core/serde";
import { describe, expect, test } from "vitest";
import { blob, flag, number, text, time, timeIn } from "../../testing/shapes.ts";
import type { Shape } from "../schema.ts";
import { readScalar, scalarText } from "./scalar-text.ts";

const bigint: Shape = { kind: "bigint" };
const bigdecimal: Shape = { kind: "bigdecimal" };

test.each<[Shape, string, unknown]>([
  [number, "-1.5", -1.5],
  [number, " 7 ", 7],
  [bigint, "9007199254740993", 9007199254740993n],
  [bigdecimal, "1.50", new NumericValue("1.50", "bigDecimal")],
  [flag, "true", true],
  [flag, "TRUE", true],
  [flag, "False", false],
  [time, "1.5", new Date(1500)],
  [time, "20", new Date(20_000)],
  [time, "2026-01-02T03:04:05Z", new Date("2026-01-02T03:04:05Z")],
  [time, "Fri, 02 Jan 2026 03:04:05 GMT", new Date("2026-01-02T03:04:05Z")],
  [blob, "aGk=", Buffer.from("hi")],
  [text, "", ""],
])("%o is read of %o", (shape, sent, read) => {
  expect(readScalar(shape, sent, "p")).toEqual(read);
});

describe("is refused", () => {
  test.each<[Shape, string, string]>([
    [number, "", "an integer"],
    [number, " ", "an integer"],
    [number, "1x", "an integer"],
    [bigint, "x", "an integer"],
    [bigint, "12.9", "an integer"],
    [bigdecimal, "x", "an integer"],
    [flag, "", "a boolean"],
    [flag, "untrue", "a boolean"],
    [flag, "falsely", "a boolean"],
    [time, "soon", "a timestamp"],
    [time, "1.5h", "a timestamp"],
    [time, "-1.x5", "a timestamp"],
  ])("%o of %o", (shape, sent, wanted) => {
    const message = `Invalid value '${sent}' for parameter a.b: it is not ${wanted}`;
    expect(() => readScalar(shape, sent, "a.b")).toThrow(expect.objectContaining({ kind: "type", path: "a.b", message }) as Error);
  });

  test("with no more than the beginning of what was sent", () => {
    expect(() => readScalar(number, "x".repeat(101), "p")).toThrow(`Invalid value '${"x".repeat(100)}' for`);
  });
});

const at = new Date("2026-01-02T03:04:05.500Z");
test.each<[Shape, unknown, string]>([
  [text, "a", "a"],
  [number, 1.5, "1.5"],
  [flag, false, "false"],
  [blob, new Uint8Array([104, 105]), "aGk="],
  [time, at, "2026-01-02T03:04:05.500Z"],
  [timeIn("date-time"), at, "2026-01-02T03:04:05.500Z"],
  [timeIn("http-date"), at, "Fri, 02 Jan 2026 03:04:05 GMT"],
  [timeIn("epoch-seconds"), at, "1767323045.5"],
])("%o %o is written %s", (shape, value, written) => {
  expect(scalarText(shape, value)).toBe(written);
});

test("a time is in the format of where it stands, unless its shape names one", () => {
  expect(scalarText(time, at, "http-date")).toBe("Fri, 02 Jan 2026 03:04:05 GMT");
  expect(scalarText(timeIn("epoch-seconds"), at, "http-date")).toBe("1767323045.5");
});
