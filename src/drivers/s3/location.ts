/** A part of a bucket, and how it is reached. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  readonly region: string;
  /** AWS's own for the region where absent. With one, the bucket's name stands in the path. */
  readonly endpoint?: string;
  /** What the SDK finds by itself where absent: the instance's role, a profile. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Reads `s3://bucket/prefix`; `undefined` for anything else. The rules of names are S3's. */
export function readS3Url(text: string): Pick<S3Location, "bucket" | "prefix"> | undefined {
  const [, bucket, path = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/[A-Za-z0-9!_.*'()/-]*)?$/.exec(text) ?? [];
  if (bucket === undefined) return undefined;
  const folders = path.split("/").filter((part) => part !== "");
  return { bucket, prefix: folders.map((folder) => `${folder}/`).join("") };
}
