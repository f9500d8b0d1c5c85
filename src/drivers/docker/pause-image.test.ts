import { expect, test } from "vitest";
import { pauseExecutable, pauseImage } from "./pause-image.ts";

test.each([
  ["amd64", 62, 192],
  ["arm64", 183, 204],
] as const)("the executable for %s is a static ELF whose only segment is itself", (architecture, machine, size) => {
  const file = pauseExecutable(architecture);
  expect(file.length).toBe(size);
  expect(file.subarray(0, 4).toString("latin1")).toBe("\u007fELF");
  expect(file.readUInt16LE(16)).toBe(2);
  expect(file.readUInt16LE(18)).toBe(machine);
  expect(file.readBigUInt64LE(24)).toBe(0x400078n);
  expect(file.readBigUInt64LE(96)).toBe(BigInt(size));
});

test("the x86-64 program calls rt_sigaction, then pause for ever", () => {
  // As a disassembler reads it: mov eax,13; mov edi,17; lea rsi,[rip+23]; xor edx,edx; mov r10d,8; syscall; mov eax,34; syscall; jmp -9
  expect(pauseExecutable("amd64").subarray(120, 156).toString("hex")).toBe(
    "b80d000000bf11000000488d351700000031d241ba080000000f05b8220000000f05ebf7",
  );
});

test("the aarch64 program calls rt_sigaction, then ppoll for ever", () => {
  const words = Array.from({ length: 13 }, (_, at) =>
    pauseExecutable("arm64")
      .readUInt32LE(120 + at * 4)
      .toString(16),
  );
  // mov x8,#134; mov x0,#17; adr x1,.+44; mov x2,#0; mov x3,#8; svc #0; mov x0..x3,#0; mov x8,#73; svc #0; b .-24
  expect(words).toEqual([
    "d28010c8",
    "d2800220",
    "10000161",
    "d2800002",
    "d2800103",
    "d4000001",
    "d2800000",
    "d2800001",
    "d2800002",
    "d2800003",
    "d2800928",
    "d4000001",
    "17fffffa",
  ]);
});

test("equal bytes have equal names, and the archive is whole blocks", () => {
  expect(pauseImage("amd64").name).toBe(pauseImage("amd64").name);
  expect(pauseImage("amd64").name).not.toBe(pauseImage("arm64").name);
  expect(pauseImage("amd64").archive.length % 512).toBe(0);
});
