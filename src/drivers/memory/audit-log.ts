import type { AuditLog, AuditRecord } from "../../ports/audit-log.ts";

/** Keeps all records until the process ends. */
export function memoryAuditLog(): AuditLog & { readonly records: readonly AuditRecord[] } {
  const lines: string[] = [];
  return {
    get records() {
      return lines.map((line) => JSON.parse(line) as AuditRecord);
    },
    append: (record) => void lines.push(JSON.stringify(record)),
    async find({ from = -Infinity, until = Infinity, holding, wanted, limit, after }) {
      const records: AuditRecord[] = [];
      const positions: string[] = [];
      let at = after === undefined ? lines.length : positionOf(after, lines.length);
      for (; at > 0 && records.length < limit; at -= 1) {
        const line = lines[at - 1] ?? "";
        const record = holding.every((text) => line.includes(text)) ? (JSON.parse(line) as AuditRecord) : undefined;
        const time = Date.parse(record?.eventTime ?? "");
        if (!record || time < from || time > until || !wanted(record)) continue;
        records.push(record);
        positions.push(String(at - 1));
      }
      return { records, positions, ...(at > 0 ? { next: String(at) } : {}) };
    },
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function positionOf(position: string, length: number): number {
  const at = /^\d+$/.test(position) ? Number(position) : Infinity;
  if (at > length) throw new RangeError(`${position} is no position in the audit log`);
  return at;
}
