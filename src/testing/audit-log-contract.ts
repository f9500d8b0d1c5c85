import { describe, expect, test } from "vitest";
import type { AuditLog, AuditQuery, AuditRecord } from "../ports/audit-log.ts";

/** A log of its own for each test; `T0` is its clock's time when it is opened. */
export type OpenAuditLog = () => Promise<AsyncDisposable & { readonly log: AuditLog }>;

export const T0 = Date.UTC(2026, 0, 15, 12);

/** A record of what happened `second` seconds after `T0`. */
export function auditRecordAt(second: number, changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    eventID: `event-${second}`,
    eventTime: `${new Date(T0 + second * 1000).toISOString().slice(0, 19)}Z`,
    eventSource: "ecs.amazonaws.com",
    eventName: "RunTask",
    awsRegion: "us-east-1",
    recipientAccountId: "123456789012",
    readOnly: false,
    userIdentity: { type: "Root" },
    ...changes,
  };
}

const ALL: AuditQuery = { holding: [], wanted: () => true, limit: 1000 };

/** Reads pages to the end. */
export async function allPages(log: AuditLog, query: AuditQuery): Promise<readonly (readonly AuditRecord[])[]> {
  const pages: (readonly AuditRecord[])[] = [];
  for (let after: string | undefined; ;) {
    const { records, next } = await log.find({ ...query, ...(after === undefined ? {} : { after }) });
    pages.push(records);
    if (next === undefined) return pages;
    after = next;
  }
}

const idsOf = (records: readonly AuditRecord[]): readonly string[] => records.map(({ eventID }) => eventID);

/** What every audit log does. */
export function auditLogContract(open: OpenAuditLog): void {
  describe("an audit log", () => {
    test("gives records back as they came, the latest first, also those that were taken just now", async () => {
      await using world = await open();
      const records = [1, 2, 3].map((second) => auditRecordAt(second, { userAgent: 'a "quoted"\nagent ✓' }));
      for (const record of records) world.log.append(record);
      const page = await world.log.find(ALL);
      expect(page.records).toEqual([...records].reverse());
    });

    test("an empty one has nothing, and no further page", async () => {
      await using world = await open();
      expect(await world.log.find(ALL)).toEqual({ records: [], positions: [] });
    });

    test("a search goes on behind any record of a page", async () => {
      await using world = await open();
      for (let second = 0; second < 4; second += 1) world.log.append(auditRecordAt(second));
      const { records, positions } = await world.log.find(ALL);
      expect(positions).toHaveLength(records.length);
      for (const [at, after] of positions.entries())
        expect(idsOf((await world.log.find({ ...ALL, after })).records)).toEqual(idsOf(records.slice(at + 1)));
    });

    test("pages neither repeat nor skip records, also when others are added in between", async () => {
      await using world = await open();
      for (let second = 0; second < 7; second += 1) world.log.append(auditRecordAt(second));
      const first = await world.log.find({ ...ALL, limit: 3 });
      expect(idsOf(first.records)).toEqual(["event-6", "event-5", "event-4"]);
      world.log.append(auditRecordAt(7));
      const second = await world.log.find({ ...ALL, limit: 3, after: first.next ?? "" });
      expect(idsOf(second.records)).toEqual(["event-3", "event-2", "event-1"]);
      const third = await world.log.find({ ...ALL, limit: 3, after: second.next ?? "" });
      expect(idsOf(third.records)).toEqual(["event-0"]);
    });

    test("finds what a query wants: by text, by a condition, from and until a time, both inclusive", async () => {
      await using world = await open();
      for (let second = 0; second < 6; second += 1)
        world.log.append(auditRecordAt(second, { eventName: second % 2 === 0 ? "RunTask" : "StopTask" }));
      const found = async (query: Partial<AuditQuery>): Promise<readonly string[]> =>
        idsOf((await allPages(world.log, { ...ALL, ...query })).flat());
      expect(await found({ holding: ['"eventName":"StopTask"'] })).toEqual(["event-5", "event-3", "event-1"]);
      expect(await found({ wanted: ({ eventID }) => eventID === "event-4" })).toEqual(["event-4"]);
      expect(await found({ from: T0 + 2000, until: T0 + 4000 })).toEqual(["event-4", "event-3", "event-2"]);
      expect(await found({ from: T0 + 60_000 })).toEqual([]);
    });

    test("a position that is none is refused", async () => {
      await using world = await open();
      world.log.append(auditRecordAt(0));
      for (const after of ["", "../../etc/passwd:10", "nonsense"])
        await expect(world.log.find({ ...ALL, after })).rejects.toThrow(RangeError);
    });
  });
}
