import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "../domain/principal.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { sampleValue } from "../testing/sample-value.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { requestScope, type Permission } from "../services/operation.ts";
import { SERVICES } from "../services/catalogue.ts";
import { coverageDocument, coverageOf } from "./coverage.ts";
import { loadService } from "./loaded-service.ts";

const AT = {
  ...requestScope({ account: "123456789012", region: "us-east-1" }),
  state: new JournaledState(memoryJournal()).of("123456789012"),
  now: 0,
  principal: ANONYMOUS,
};

/** Many members are ARNs, which operations ask for as they were given. */
const anArn = (): string => "arn:aws:example:us-east-1:123456789012:example/name";

test("docs/coverage.md says what the catalogue says (`npm run coverage` writes it anew)", async () => {
  const written = await readFile(new URL("../../docs/coverage.md", import.meta.url), "utf8");
  expect(written).toBe(await coverageDocument(SERVICES));
});

describe.each(SERVICES)("$title", (descriptor) => {
  test("lists each operation once, and only those that AWS has", async () => {
    const listed = (await descriptor.operations()).operations.map(({ name }) => name);
    const { implemented } = await coverageOf(descriptor);
    expect(listed.toSorted()).toEqual(implemented);
  });

  test("gives a reason only for operations that AWS has and that are not here", async () => {
    const { notOffered, implemented } = await coverageOf(descriptor);
    const excused = Object.keys(descriptor.notOffered ?? {});
    expect(notOffered.flatMap(({ names }) => names).toSorted()).toEqual(excused.toSorted());
    expect(excused.filter((name) => implemented.includes(name))).toEqual([]);
  });

  test("every operation asks for an action of IAM's form on at least one resource", async () => {
    const service = await loadService(descriptor);
    for (const operation of service.operations.values()) {
      const input = service.schema(operation.name)?.input;
      const asked = [operation.authorize((input ? sampleValue(input, 4, anArn) : {}) as never, AT)].flat() as readonly Permission[];
      expect(asked, operation.name).not.toEqual([]);
      for (const { action, resource } of asked) {
        expect(action, operation.name).toMatch(/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/);
        for (const one of [resource].flat()) expect(one, operation.name).toMatch(/^(\*|arn:.+)$/);
      }
    }
  });
});
