/**
 * Whether CloudTrail counts an event among those that only read. It follows the verb, with the exceptions that the services document in
 * their own CloudTrail pages: what uses a KMS key, or gives out temporary credentials, changes nothing.
 */
export function isReadOnly(eventName: string): boolean {
  return READING.test(eventName) || READ_ONLY.has(eventName);
}

const READING = /^(Get|List|Describe|BatchGet|BatchCheck|Lookup|Simulate|Search|Filter|Test|Verify|Discover|Preview)(?![a-z])/;

const READ_ONLY: ReadonlySet<string> = new Set([
  "AssumeRole",
  "AssumeRoleWithSAML",
  "AssumeRoleWithWebIdentity",
  "AssumeRoot",
  "Decrypt",
  "DecodeAuthorizationMessage",
  "DeriveSharedSecret",
  "Encrypt",
  "GenerateCredentialReport",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "GenerateMac",
  "GenerateRandom",
  "ReEncrypt",
  "Sign",
  "ValidateResourcePolicy",
]);
