import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { complete } from "./complete.ts";
import { cpuUnits, isFargateSize, memoryMib } from "./task-size.ts";

const container = fc.record(
  {
    name: fc.constantFrom("web", "sidecar"),
    image: fc.constant("nginx"),
    cpu: fc.nat(1024),
    essential: fc.boolean(),
    portMappings: fc.array(
      fc.record({ containerPort: fc.integer({ min: 1, max: 65_535 }), hostPort: fc.nat(65_535) }, { requiredKeys: ["containerPort"] }),
      { maxLength: 3 },
    ),
    healthCheck: fc.record(
      { command: fc.constant(["CMD", "true"]), interval: fc.integer({ min: 5, max: 300 }) },
      { requiredKeys: ["command"] },
    ),
  },
  { requiredKeys: ["name", "image"] },
);
const request = fc.record(
  {
    family: fc.constant("web"),
    networkMode: fc.constantFrom("awsvpc", "bridge", "host", "none"),
    cpu: fc.constantFrom("256", ".25 vCPU", "1vcpu"),
    memory: fc.constantFrom("512", "0.5GB", "2 GB"),
    containerDefinitions: fc.array(container, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["family", "containerDefinitions"] },
);

test("completing what is complete changes nothing: a described definition can be registered again", () => {
  fc.assert(
    fc.property(request, (given) => {
      const once = complete(given as never);
      expect(complete(once as RegisterTaskDefinitionRequest)).toEqual(once);
    }),
  );
});

test.each([
  ["256", 256],
  [".25 vCPU", 256],
  ["1vcpu", 1024],
  ["2 VCPU", 2048],
])("a cpu of %s is %i units", (text, units) => {
  expect(cpuUnits(text)).toBe(units);
});

test.each([
  ["512", 512],
  ["0.5GB", 512],
  ["30 gb", 30_720],
])("a memory of %s is %i MiB", (text, mib) => {
  expect(memoryMib(text)).toBe(mib);
});

test.each(["many", "-1", "1.5", "1 core"])("a cpu of %s is refused", (text) => {
  expect(() => cpuUnits(text)).toThrow("Invalid 'cpu' setting for task.");
});

test.each([
  [256, 512, true],
  [256, 4096, false],
  [512, 1024, true],
  [1024, 8192, true],
  [1024, 9216, false],
  [4096, 30_720, true],
  [8192, 20_480, true],
  [8192, 18_432, false],
  [16_384, 122_880, true],
  [128, 512, false],
])("Fargate with %i units and %i MiB: %s", (cpu, memory, offered) => {
  expect(isFargateSize(cpu, memory)).toBe(offered);
});
