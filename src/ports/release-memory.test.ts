import { expect, test } from "vitest";
import { recycleMemory, releaseMemory } from "./release-memory.ts";

test("a large buffer is empty at once", () => {
  const buffer = Buffer.alloc(1024 * 1024, 1);
  releaseMemory([buffer]);
  expect([buffer.length, buffer.buffer.byteLength]).toEqual([0, 0]);
});

test.each([
  ["a small one", Buffer.from("bytes")],
  ["a part of another one", Buffer.alloc(1024 * 1024).subarray(0, 512 * 1024)],
  ["the rest of another one", Buffer.alloc(1024 * 1024).subarray(512 * 1024)],
  ["one that threads share", new Uint8Array(new SharedArrayBuffer(1024 * 1024))],
])("%s is left alone", (_, buffer) => {
  const before = buffer.length;
  releaseMemory([buffer]);
  expect(buffer.length).toBe(before);
});

test("what is released is not counted any more", () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 200; count += 1) releaseMemory([Buffer.alloc(4 * 1024 * 1024)]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
});

test("the same buffer twice is one", () => {
  const buffer = Buffer.alloc(1024 * 1024);
  releaseMemory([buffer]);
  expect(() => releaseMemory([buffer])).not.toThrow();
});

test("memory that is wanted back comes back, once and whole", () => {
  const memory = new ArrayBuffer(1024 * 1024);
  const back: ArrayBuffer[] = [];
  recycleMemory(memory, (returned) => back.push(returned));
  releaseMemory([Buffer.from(memory, 0, 100)]);
  expect([back.length, back[0] === memory, memory.byteLength]).toEqual([1, true, 1024 * 1024]);
});
