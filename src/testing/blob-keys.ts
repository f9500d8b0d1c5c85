import { createHash } from "node:crypto";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { BlobKeys } from "../ports/blob-store.ts";
import { commonKeys } from "../state/ecr-encryption.ts";

/** Keys of a domain of blobs, the same at each call and different for each domain. */
export function testKeys(domain: string): BlobKeys {
  return { ...commonKeys(secretBox(createHash("sha256").update(domain).digest())), domain };
}
