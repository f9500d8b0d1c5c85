import { NftMissingError, NftRefusedError, type Nft } from "./nft.ts";

/**
 * Takes a table away, named with its family (`inet airfield-…`). Nothing happens where there is none, or where this user could not have made one. Rejects with `NftRefusedError` where it is left
 * for another reason.
 */
export async function removeTable(nft: Pick<Nft, "run">, table: string): Promise<void> {
  try {
    await nft.run(withoutTable(table));
  } catch (cause) {
    if (!(cause instanceof NftMissingError) && !(cause instanceof NftRefusedError && mayNot(cause))) throw cause;
  }
}

/** The commands after which there is no such table, whether there was one or not: what is not there cannot be deleted, so it is added first. */
export function withoutTable(table: string): string {
  return `add table ${table}\ndelete table ${table}\n`;
}

/** Whether the kernel refuses since this user may not have tables at all. */
export function mayNot({ message }: NftRefusedError): boolean {
  return /not permitted|must be root/i.test(message);
}
