import { expect, test } from "vitest";
import { candidatePorts } from "./candidate-ports.ts";

function first(count: number, ports: Generator<number>): number[] {
  return Array.from({ length: count }, () => ports.next().value as number);
}

test("a listener's own port comes first, then ones that people recognise", () => {
  expect(first(3, candidatePorts(80, new Set(), new Set([80])))).toEqual([80, 8080, 9080]);
  expect(first(3, candidatePorts(443, new Set(), new Set([443])))).toEqual([443, 8443, 9443]);
});

test("ports that other listeners have or ask for are left to them", () => {
  expect(first(2, candidatePorts(80, new Set([80]), new Set([8080])))).toEqual([9080, 10_080]);
});

test("a high port has somewhere to go, too", () => {
  expect(first(2, candidatePorts(65_000, new Set([65_000]), new Set([20_000])))).toEqual([20_001, 20_002]);
});
