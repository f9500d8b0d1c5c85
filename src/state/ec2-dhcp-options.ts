import type { Tag } from "@aws-sdk/client-ec2";
import { internalDomain } from "../domain/internal-domain.ts";
import { scopeKey, type Scope } from "../domain/scope.ts";
import { AMAZON_PROVIDED, type ToldNames } from "../domain/told-names.ts";
import type { Ids } from "../ports/ids.ts";
import { findDefaultVpc } from "./default-vpc.ts";
import type { VpcRecord } from "./ec2.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What interfaces of a VPC are told when they come up. */
export interface DhcpOptionsRecord {
  /** `dopt-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** By option, as EC2 names them: `domain-name`, `domain-name-servers`, … In the order in which they were given. */
  readonly configurations: readonly DhcpConfiguration[];
  /** Whether it is the set that the region has from the beginning. */
  readonly isFirst: boolean;
  readonly tags: readonly Tag[];
}

export interface DhcpConfiguration {
  readonly key: string;
  readonly values: readonly string[];
}

export const dhcpOptions = defineTable<DhcpOptionsRecord>()("ec2.dhcp-options", ({ id }) => id, ofAccount, { scope: scopeKey });

/** The set that VPCs of a region have until they are given another one; made at the first use. It is called after the default VPC, as it was before it was a record. */
export function firstDhcpOptions(state: State, ids: Ids, { account, region }: Scope): DhcpOptionsRecord {
  const scope = { account, region };
  const known = state
    .table(dhcpOptions)
    .by("scope", scopeKey(scope))
    .find(({ isFirst }) => isFirst);
  if (known) return known;
  const vpc = findDefaultVpc(state, scope);
  const id = vpc ? vpc.id.replace(/^vpc-/, "dopt-") : `dopt-${ids.hex(17)}`;
  const { servers, search } = firstNames(region);
  const configurations = [
    { key: "domain-name", values: search },
    { key: "domain-name-servers", values: servers },
  ];
  return state.commit(() =>
    state
      .table(dhcpOptions)
      .put({ ...scope, id: state.table(dhcpOptions).has(id) ? `dopt-${ids.hex(17)}` : id, configurations, isFirst: true, tags: [] }),
  );
}

/** `undefined` where nothing else was said than AWS says at first. Without any options nothing is told, and names lead nowhere. */
export function toldNames(state: State, { dhcpOptionsId }: Pick<VpcRecord, "dhcpOptionsId">): ToldNames | undefined {
  if (dhcpOptionsId === undefined) return undefined;
  const found = state.table(dhcpOptions).get(dhcpOptionsId);
  if (found?.isFirst) return undefined;
  const values = (wanted: string): readonly string[] => found?.configurations.find(({ key }) => key === wanted)?.values ?? [];
  return {
    servers: values("domain-name-servers"),
    search: values("domain-name").flatMap((text) => text.split(" ").filter((name) => name !== "")),
  };
}

/** What the set that a region has from the beginning says. */
export function firstNames(region: string): ToldNames {
  return { servers: [AMAZON_PROVIDED], search: [internalDomain(region)] };
}
