import { folderObjectReader } from "../drivers/filesystem/object-reader.ts";
import type { ObjectReader } from "../ports/object-reader.ts";
import type { AirfieldOptions } from "./options.ts";

/** What the operator opened to requests that name objects in buckets. */
export async function objectReader(opened: NonNullable<AirfieldOptions["objects"]>): Promise<ObjectReader> {
  if ("folder" in opened) return folderObjectReader(opened.folder);
  const { s3ObjectReader } = await import("../drivers/s3/object-reader.ts");
  return s3ObjectReader(opened.buckets, opened);
}
