import { describe, expect, test } from "vitest";
import { memoryAuditLog } from "../drivers/memory/audit-log.ts";
import type { AuditLog, AuditQuery } from "../ports/audit-log.ts";
import { allPages, auditLogContract, auditRecordAt } from "../testing/audit-log-contract.ts";
import { mergedLog } from "./merged-log.ts";

const ALL: AuditQuery = { holding: [], wanted: () => true, limit: 1000 };

auditLogContract(async () => ({
  log: mergedLog(memoryAuditLog(), memoryAuditLog()),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));

/** Two logs with records of these seconds. */
function logsOf(one: readonly number[], other: readonly number[]): readonly [AuditLog, AuditLog] {
  const logs = [memoryAuditLog(), memoryAuditLog()] as const;
  for (const [at, seconds] of [one, other].entries()) for (const second of seconds) logs[at]?.append(auditRecordAt(second));
  return logs;
}

async function idsIn(log: AuditLog, limit: number): Promise<readonly (readonly string[])[]> {
  return (await allPages(log, { ...ALL, limit })).map((page) => page.map(({ eventID }) => eventID.replace("event-", "")));
}

describe("two logs", () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ["in turns", [1, 3, 5, 7], [2, 4, 6]],
    ["one after the other", [1, 2, 3], [4, 5, 6, 7]],
    ["the other after the one", [5, 6, 7], [1, 2, 3, 4]],
    ["only the one", [1, 2, 3, 4, 5, 6, 7], []],
    ["only the other", [], [1, 2, 3, 4, 5, 6, 7]],
  ])("are read %s, whatever a page holds", async (_, one, other) => {
    for (const limit of [1, 2, 3, 7, 100]) {
      const pages = await idsIn(mergedLog(...logsOf(one, other)), limit);
      expect(pages.flat()).toEqual(["7", "6", "5", "4", "3", "2", "1"]);
      expect(pages.every(({ length }) => length <= limit)).toBe(true);
    }
  });

  test("a search that stopped in the middle holds back what is earlier in the other log", async () => {
    const [one, other] = logsOf([1, 5], [2, 3]);
    // As a log does that has read for long enough: one record at a time, however many are asked for.
    const slow: AuditLog = { ...one, find: (query) => one.find({ ...query, limit: 1 }) };
    expect(await idsIn(mergedLog(slow, other), 10)).toEqual([["5"], ["3", "2", "1"]]);
  });

  test("what is added goes to the first", async () => {
    const [one, other] = logsOf([], []);
    mergedLog(one, other).append(auditRecordAt(1));
    expect((await one.find(ALL)).records).toHaveLength(1);
    expect((await other.find(ALL)).records).toEqual([]);
  });
});
