import type { KeyRecord } from "../state/kms/keys.ts";

const UUID = "11111111-2222-3333-4444-555555555555";

/** An enabled symmetric key that AWS made the material of. */
export function keyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  const { account = "123456789012", region = "us-east-1", id = UUID } = changes;
  return {
    account,
    region,
    id,
    arn: `arn:aws:kms:${region}:${account}:key/${id}`,
    description: "",
    spec: "SYMMETRIC_DEFAULT",
    usage: "ENCRYPT_DECRYPT",
    origin: "AWS_KMS",
    manager: "CUSTOMER",
    enabled: true,
    policy: "{}",
    tags: [],
    createdAt: 0,
    material: [{ id: "a".repeat(64), sealed: "s", since: 0 }],
    ...changes,
  };
}
