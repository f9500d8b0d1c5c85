import type { AuditLog, AuditPage, AuditPosition, AuditQuery } from "../ports/audit-log.ts";

/** Two logs read as one, the latest record first, whichever it is in; new records go to the first. A search reads as much of each as it does of one. */
export function mergedLog(first: AuditLog, second: AuditLog): AuditLog {
  return {
    append: (record) => first.append(record),
    async find(query) {
      const { after: _, ...rest } = query;
      const [one, other] = query.after === undefined ? (["", ""] as const) : readPosition(query.after);
      return merged(await pageOf(first, rest, one), await pageOf(second, rest, other), query.limit);
    },
    async flush() {
      await Promise.all([first.flush(), second.flush()]);
    },
    async close() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

/** Where a search of one log stands: empty at the beginning, `end` where nothing is left. */
type Place = AuditPosition;
const END = "end";

interface Page extends AuditPage {
  readonly from: Place;
}

async function pageOf(log: AuditLog, query: AuditQuery, from: Place): Promise<Page> {
  if (from === END) return { records: [], positions: [], from };
  return { ...(await log.find(from === "" ? query : { ...query, after: from })), from };
}

function merged(one: Page, other: Page, limit: number): AuditPage {
  const records = [];
  const positions: AuditPosition[] = [];
  let [i, j] = [0, 0];
  while (records.length < limit) {
    const [a, b] = [one.records[i], other.records[j]];
    // Where a search has stopped before its end, what comes next may be later than all that the other log has.
    if ((a === undefined && one.next !== undefined) || (b === undefined && other.next !== undefined)) break;
    if (a === undefined && b === undefined) return { records, positions };
    const takesFirst = b === undefined || (a !== undefined && a.eventTime >= b.eventTime);
    const record = takesFirst ? a : b;
    if (record !== undefined) records.push(record);
    if (takesFirst) i += 1;
    else j += 1;
    positions.push(`${placeAfter(one, i)}~${placeAfter(other, j)}`);
  }
  return { records, positions, next: `${placeAfter(one, i)}~${placeAfter(other, j)}` };
}

/** Where the next search begins once so many records of a page were taken. */
function placeAfter(page: Page, taken: number): Place {
  if (taken === page.records.length) return page.next ?? END;
  return page.positions[taken - 1] ?? page.from;
}

function readPosition(position: AuditPosition): readonly [Place, Place] {
  const [one, other, ...more] = position.split("~");
  if (one === undefined || other === undefined || more.length > 0) throw new RangeError(`${position} is no position in the audit log`);
  return [one, other];
}
