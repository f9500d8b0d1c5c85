import type { Tag } from "@aws-sdk/client-ec2";
import { scopeKey } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** A list of blocks that rules and routes name as one. */
export interface ManagedPrefixListRecord {
  /** `pl-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly addressFamily: "IPv4" | "IPv6";
  /** How many entries it may have; rules and routes that name it count as so many. */
  readonly maxEntries: number;
  /** Counts from 1. */
  readonly version: number;
  readonly entries: readonly PrefixListEntry[];
  readonly state: "create-complete" | "modify-complete" | "modify-failed" | "restore-complete";
  /** Why the last change failed. */
  readonly stateMessage?: string;
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
}

export interface PrefixListEntry {
  /** With its host bits cleared. */
  readonly cidr: string;
  readonly description?: string;
}

export const prefixLists = defineTable<ManagedPrefixListRecord>()("ec2.prefix-lists", ({ id }) => id, ofAccount, { scope: scopeKey });

/** The entries that a list had in an earlier version. */
export interface PrefixListVersionRecord {
  readonly account: string;
  readonly listId: string;
  readonly version: number;
  readonly entries: readonly PrefixListEntry[];
}

/** A table of its own, so that a change of a list costs what changes, however many versions there were. */
export const prefixListVersions = defineTable<PrefixListVersionRecord>()(
  "ec2.prefix-list-versions",
  ({ listId, version }) => prefixListVersionKey(listId, version),
  ofAccount,
  { list: ({ listId }) => listId },
);

export function prefixListVersionKey(listId: string, version: number): string {
  return `${listId}/${version}`;
}
