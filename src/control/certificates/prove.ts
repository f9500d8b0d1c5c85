import { readName } from "../../domain/dns/name.ts";
import { IssuerRefusedError, type ProofRecord } from "../../ports/certificate-issuer.ts";
import type { Logger } from "../../ports/logger.ts";
import { publicZoneOf, recordSetsAt } from "../../state/dns-zones.ts";
import { recordSetKey, recordSetProtections, recordSets, type HostedZoneRecord } from "../../state/route53.ts";
import type { WholeState } from "../../state/state.ts";

/** Seconds: what an authority has seen need not be remembered. */
const TTL = 1;

/**
 * Puts a TXT record into the public zone of its name, beside what is there, as clients of Route 53 do who prove a name to an authority. Disposing takes the
 * value away again, and the record set with its last one. After a crash a value stays there, which proves nothing to anybody any more.
 * @throws IssuerRefusedError where no zone here answers for the name, or nobody may change what it has
 */
export async function prove(
  { state, logger }: { state: WholeState; logger: Logger },
  { name: text, value }: ProofRecord,
): Promise<AsyncDisposable> {
  const name = readName(text);
  const zone = typeof name === "string" ? publicZoneOf(state, name) : undefined;
  if (typeof name !== "string" || !zone) throw new IssuerRefusedError(`no public hosted zone here answers for ${text}`);
  const table = state.table(recordSets);
  const key = recordSetKey({ zoneId: zone.id, name, type: "TXT" });
  const isKept = (): boolean => isProtected(state, zone, name);
  if (isKept()) throw new IssuerRefusedError(`the TXT records of ${text} are protected, so that no proof can be put there`);
  const quoted = `"${value}"`;
  state.commit(() => {
    const there = table.get(key);
    if (there) table.replace(there, { ...there, values: [...(there.values ?? []), quoted] });
    else table.insert({ zoneId: zone.id, account: zone.account, name, type: "TXT", ttl: TTL, values: [quoted] });
  });
  await state.durable();
  logger.info("a proof for an authority is in the DNS", { name, zone: zone.id });
  return {
    async [Symbol.asyncDispose]() {
      state.commit(() => {
        const there = table.get(key);
        // Somebody keeps what is there, this value with it: it proves nothing any more.
        if (isKept()) return;
        const values = (there?.values ?? []).filter((one) => one !== quoted);
        if (there && values.length > 0) table.replace(there, { ...there, values });
        else if (there) table.delete(key);
      });
      await state.durable();
    },
  };
}

/** Whether nobody may change these records: by a protection, or since they are a traffic policy's. */
function isProtected(state: WholeState, { id: zoneId, account }: HostedZoneRecord, name: string): boolean {
  const ofPolicy = recordSetsAt(state, zoneId, name).some((set) => set.type === "TXT" && set.trafficPolicyInstanceId !== undefined);
  return ofPolicy || state.table(recordSetProtections).has(recordSetProtections.key({ zoneId, account, name, type: "TXT" }));
}
