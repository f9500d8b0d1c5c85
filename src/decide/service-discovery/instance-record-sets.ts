import type { AliasOf, RecordSet } from "../../domain/dns/record-set.ts";

export interface DnsOfServiceView {
  /** Of the service in its zone, as `readName` gives it. */
  readonly name: string;
  readonly routingPolicy: "MULTIVALUE" | "WEIGHTED";
  readonly records: readonly { readonly type: "A" | "AAAA" | "SRV" | "CNAME"; readonly ttl: number }[];
}

export interface InstanceView {
  readonly id: string;
  /** Its id as labels below the service, as `readName` gives it: what an SRV record leads to. */
  readonly hostName: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where the load balancer is that `AWS_ALIAS_DNS_NAME` names. */
  readonly alias?: AliasOf;
  /** An alias does not ask it. */
  readonly healthCheckId?: string;
}

/** Which attribute gives the address of a record. */
const ADDRESSES = { A: "AWS_INSTANCE_IPV4", AAAA: "AWS_INSTANCE_IPV6" } as const;

/**
 * The record sets of an instance: one of each of the service's types, told from those of other instances by its id, and for an SRV record the addresses
 * that it leads to.
 * Source: AWS Cloud Map API Reference, `DnsRecord`, `RegisterInstance`.
 */
export function instanceRecordSets({ name, routingPolicy, records }: DnsOfServiceView, instance: InstanceView): readonly RecordSet[] {
  const { id, hostName, attributes, alias, healthCheckId } = instance;
  const policy = routingPolicy === "MULTIVALUE" ? { multiValueAnswer: true } : { weight: 1 };
  const check = healthCheckId === undefined || alias ? {} : { healthCheckId };
  const shared = { name, setIdentifier: id, ...policy, ...check };
  return records.flatMap(({ type, ttl }): readonly RecordSet[] => {
    if (alias) return type === "A" || type === "AAAA" ? [{ ...shared, type, aliasTarget: alias }] : [];
    const address = (of: "A" | "AAAA", place: typeof shared | { name: string }): readonly RecordSet[] => {
      const value = attributes[ADDRESSES[of]];
      return value === undefined ? [] : [{ ...place, type: of, ttl, values: [value] }];
    };
    if (type === "A" || type === "AAAA") return address(type, shared);
    if (type === "CNAME") return [{ ...shared, type, ttl, values: [attributes["AWS_INSTANCE_CNAME"] ?? ""] }];
    const values = [`1 1 ${attributes["AWS_INSTANCE_PORT"] ?? ""} ${hostName}`];
    return [{ ...shared, type, ttl, values }, ...address("A", { name: hostName }), ...address("AAAA", { name: hostName })];
  });
}
