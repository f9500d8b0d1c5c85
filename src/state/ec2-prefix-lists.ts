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
  /** The entries of earlier versions, the first of version 1. */
  readonly earlier: readonly (readonly PrefixListEntry[])[];
  /** `create-complete`, `modify-complete`, `restore-complete`. */
  readonly state: "create-complete" | "modify-complete" | "restore-complete";
  readonly tags: readonly Tag[];
}

export interface PrefixListEntry {
  /** With its host bits cleared. */
  readonly cidr: string;
  readonly description?: string;
}

export const prefixLists = defineTable<ManagedPrefixListRecord>()("ec2.prefix-lists", ({ id }) => id, ofAccount, { scope: scopeKey });
