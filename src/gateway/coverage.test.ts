import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { State } from "../state/state.ts";
import { requestScope, type Permission } from "../services/operation.ts";
import { SERVICES } from "../services/catalogue.ts";
import { coverageDocument, coverageOf } from "./coverage.ts";
import { loadService } from "./loaded-service.ts";
import type { Shape } from "./schema.ts";

const AT = { ...requestScope({ account: "123456789012", region: "us-east-1" }), state: new State(memoryJournal()), now: 0 };

test("docs/coverage.md says what the catalogue says (`npm run coverage` writes it anew)", async () => {
  const written = await readFile(new URL("../../docs/coverage.md", import.meta.url), "utf8");
  expect(written).toBe(await coverageDocument(SERVICES));
});

describe.each(SERVICES)("$title", (descriptor) => {
  test("lists each operation once, and only those that AWS has", async () => {
    const listed = (await descriptor.operations()).map(({ name }) => name);
    const { implemented } = await coverageOf(descriptor);
    expect(listed.toSorted()).toEqual(implemented);
  });

  test("every operation asks for an action of IAM's form on at least one resource", async () => {
    const service = await loadService(descriptor);
    for (const operation of service.operations.values()) {
      const input = service.schema(operation.name)?.input;
      const asked = [operation.authorize((input ? sample(input, 4) : {}) as never, AT)].flat() as readonly Permission[];
      expect(asked, operation.name).not.toEqual([]);
      for (const { action, resource } of asked) {
        expect(action, operation.name).toMatch(/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/);
        for (const one of [resource].flat()) expect(one, operation.name).toMatch(/^(\*|arn:.+)$/);
      }
    }
  });
});

/** Some value of a shape, every member set, as deep as `depth`. */
function sample(shape: Shape, depth: number): unknown {
  switch (shape.kind) {
    case "string":
      // Many members are ARNs, which operations ask for as they were given.
      return "arn:aws:example:us-east-1:123456789012:example/name";
    case "number":
      return 1;
    case "bigint":
      return 1n;
    case "boolean":
      return true;
    case "timestamp":
      return new Date(0);
    case "blob":
      return new Uint8Array();
    case "list":
      return depth > 0 ? [sample(shape.item.shape, depth - 1)] : [];
    case "map":
      return depth > 0 ? { example: sample(shape.value.shape, depth - 1) } : {};
    case "structure":
    case "union":
      return depth > 0 ? Object.fromEntries(shape.members.map((member) => [member.name, sample(member.shape, depth - 1)])) : {};
    case "bigdecimal":
    case "document":
      return undefined;
  }
}
