import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { systemClock as clock } from "../system/clock.ts";
import { startedWith } from "./started-with.ts";

/** The kernel's words on a process, one look after the other; the last stays. */
const lines = (...all: readonly (string | undefined)[]) => {
  const left = [...all];
  return () => Promise.resolve(left.length > 1 ? left.shift() : left[0]);
};

describe("whether a process was started with an argument", () => {
  test.for<[string, readonly (string | undefined)[], boolean]>([
    ["it was", ["haproxy\0-f\0ours.cfg\0"], true],
    ["another's argument has it in it", ["haproxy\0-f\0/tmp/ours.cfg\0"], false],
    ["none is there", [undefined], false],
    ["it replaces itself, and has no words meanwhile", ["", "", "haproxy\0-f\0ours.cfg\0"], true],
    ["it ends meanwhile", ["", undefined], false],
  ])("%s", async ([, seen, is]) => expect(await startedWith("ours.cfg", 1, clock, lines(...seen))).toBe(is));

  test("one that never has words was not, and is not waited for long", async () => {
    let now = 0;
    const late = { ...clock, now: () => (now += 100), after: (_delay: number, then: () => void) => clock.after(0, then) };
    expect(await startedWith("ours.cfg", 1, late, lines(""))).toBe(false);
    expect(now).toBeLessThan(2_000);
  });

  test("one that has ended and that nobody asked about is not waited for", async () => {
    // The shell's child ends, and its parent, which became another program, does not ask.
    const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 5"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [said] = (await once(parent.stdout, "data")) as [Buffer];
      const began = clock.now();
      expect(await startedWith("true", Number(String(said)), clock)).toBe(false);
      expect(clock.now() - began).toBeLessThan(900);
    } finally {
      parent.kill("SIGKILL");
    }
  });

  test("this process, as the kernel has it", async () => {
    expect(await startedWith(process.argv0, process.pid, clock)).toBe(true);
    expect(await startedWith("not among them", process.pid, clock)).toBe(false);
  });
});
