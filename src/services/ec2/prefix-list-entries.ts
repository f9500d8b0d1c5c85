import type { AddPrefixListEntry } from "@aws-sdk/client-ec2";
import { canonicalBlock } from "../../decide/addresses/vpc-block.ts";
import { defined } from "../../domain/defined.ts";
import type { ManagedPrefixListRecord, PrefixListEntry } from "../../state/ec2-prefix-lists.ts";
import { AwsError } from "../aws-error.ts";
import { invalidValue } from "./ec2-operation.ts";
import { ipv6Block } from "./rule-input.ts";

type Family = ManagedPrefixListRecord["addressFamily"];

/** A block of a list's family, without host bits. @throws InvalidParameterValue */
export function entryBlock(text: string, family: Family): string {
  const block = family === "IPv4" ? canonicalBlock(text) : text.includes(":") ? ipv6Block(text) : undefined;
  if (block === undefined) throw invalidValue(`Value (${text}) for parameter cidr is invalid. It is not a valid ${family} CIDR block.`);
  return block;
}

/**
 * The entries of a list with others added.
 * @throws InvalidParameterValue for a block that is none of the family's, or is given twice, and InvalidRequest for one that is there
 */
export function withEntries(
  entries: readonly PrefixListEntry[],
  added: readonly AddPrefixListEntry[],
  family: Family,
): readonly PrefixListEntry[] {
  const given = new Map<string, PrefixListEntry>();
  for (const { Cidr = "", Description: description } of added) {
    const cidr = entryBlock(Cidr, family);
    if (given.has(cidr)) throw invalidValue(`Value (${Cidr}) for parameter cidr is invalid. It is a duplicate.`);
    if (description !== undefined && description.length > 255)
      throw invalidValue("Value for parameter description is invalid. It has 255 characters at most.");
    given.set(cidr, { cidr, ...defined({ description }) });
  }
  // AWS says no more. Another description is another entry: the first one has to be removed before.
  if (entries.some(({ cidr }) => given.has(cidr))) throw new AwsError("InvalidRequest", "The request received was invalid.");
  return [...entries, ...given.values()];
}

/** @throws PrefixListMaxEntriesExceeded */
export function refuseTooMany(entries: readonly PrefixListEntry[], maxEntries: number): void {
  if (entries.length > maxEntries)
    throw new AwsError(
      "PrefixListMaxEntriesExceeded",
      `You've reached the maximum number of entries for the prefix list: it has room for ${maxEntries}, and would have ${entries.length}.`,
    );
}
