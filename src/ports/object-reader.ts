/** An object in a bucket, as requests name it. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  /** The newest where absent. */
  readonly version?: string;
}

/** Objects that the operator opened to requests: bundles of authorities and lists of revoked certificates, which the APIs take by name only. */
export interface ObjectReader {
  /**
   * Resolves with the whole object; with `undefined` where there is none of that name, or its bucket is not open.
   * @throws ObjectTooLargeError
   */
  read(object: ObjectName): Promise<Uint8Array | undefined>;
}

/** More bytes than anything that is read so may have. */
export class ObjectTooLargeError extends Error {}

export const LARGEST_OBJECT = 32 * 1024 * 1024;
