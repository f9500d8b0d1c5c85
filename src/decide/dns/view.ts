import type { AliasOf, RecordSet } from "../../domain/dns/record-set.ts";

/** A zone, looked into name by name. */
export interface ZoneView {
  readonly id: string;
  readonly name: string;
  /** The record sets of a name, which is as `readName` gives it. */
  readonly at: (name: string) => readonly RecordSet[];
  /** Whether there are record sets of names below a name. */
  readonly hasBelow: (name: string) => boolean;
}

/** What stands behind an alias that leads to a service. */
export interface ServiceView {
  readonly addresses: readonly string[];
  readonly isHealthy: () => boolean;
}

/** What somebody who asks may see, and what decides between record sets. */
export interface DnsView {
  /** The zone that answers for a name; `undefined` where none here does. */
  readonly zoneOf: (name: string) => ZoneView | undefined;
  /** `undefined` where there is nothing of that name. */
  readonly service: (target: AliasOf) => ServiceView | undefined;
  readonly isHealthy: (healthCheckId: string) => boolean;
  /** Where the client is, as far as records for regions go. */
  readonly region: string;
  /** The locations of a CIDR collection that the client is in, the one of the longest prefix first. */
  readonly locationsIn: (collectionId: string) => readonly string[];
  /** From 0, below 1. */
  readonly chance: number;
}
