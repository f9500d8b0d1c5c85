/** Where load balancers' logs are delivered to: buckets that the operator has made. */
export interface LogBuckets {
  /** Resolves when the object is there. @throws NoSuchLogBucketError where the operator named no such bucket, and what the store says otherwise */
  write(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
}

export class NoSuchLogBucketError extends Error {}
