import type { GrantOperation, KeyUsageType } from "@aws-sdk/client-kms";

const OF_ANY_KEY: readonly GrantOperation[] = ["CreateGrant", "RetireGrant", "DescribeKey"];

const OF_USAGE: Readonly<Partial<Record<KeyUsageType, readonly GrantOperation[]>>> = {
  ENCRYPT_DECRYPT: [
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GetPublicKey",
  ],
  SIGN_VERIFY: ["Sign", "Verify", "GetPublicKey"],
  GENERATE_VERIFY_MAC: ["GenerateMac", "VerifyMac"],
  KEY_AGREEMENT: ["DeriveSharedSecret", "GetPublicKey"],
};

/** What a grant on a key of that usage may give. Source: KMS Developer Guide, "Grant operations". */
export function operationsOfUsage(usage: KeyUsageType): readonly GrantOperation[] {
  return [...OF_ANY_KEY, ...(OF_USAGE[usage] ?? [])];
}
