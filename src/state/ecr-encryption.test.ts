import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { BlobKeys, Blobs, BlobStore } from "../ports/blob-store.ts";
import { putRepository } from "../testing/image-records.ts";
import { blobDomain, blobsOf, commonKeys, namesOwnKey, settleEncryption } from "./ecr-encryption.ts";
import type { RepositoryRecord } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import { ensureAwsManagedKey } from "./kms/aws-managed-keys.ts";
import { keys, type KeyRecord } from "./kms/keys.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const secrets = secretBox(Buffer.alloc(32, 1));
let state: WholeState;
let key: KeyRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  // Any key will do; this one is quickly made.
  key = ensureAwsManagedKey({ state, secrets, scope, now: 1, ids }, "alias/aws/ssm");
});

const disable = (): void => state.commit(() => void state.table(keys).put({ ...key, enabled: false }));
const kms = (kmsKey: string) => ({ encryption: { encryptionType: "KMS" as const, kmsKey } });

/** The keys that a repository's blobs lie under. */
function keysOf(changes: Partial<RepositoryRecord> = {}): BlobKeys {
  let asked: BlobKeys | undefined;
  const blobs = {
    in(given: BlobKeys) {
      asked = given;
      return {} as Blobs;
    },
  } as BlobStore;
  blobsOf({ state, secrets, clock: { now: () => 5 }, blobs }, putRepository(state, "app", changes), ({ code }) => new Error(code));
  if (!asked) throw new Error("nobody asked for blobs");
  return asked;
}

test("a domain is all that is under no key of KMS, or under one", () => {
  const domains = [kms("arn:one"), kms("arn:two"), { encryption: { encryptionType: "KMS" as const } }].map(blobDomain);
  expect(blobDomain({ encryption: { encryptionType: "AES256" } })).toBe("aes256");
  // The beginnings of the SHA-256 of the key's name, and of nothing.
  expect([domains[0], domains[2]]).toEqual(["kms-8948f1064c0b8038788c4e901c0f6ca9", "kms-e3b0c44298fc1c149afbf4c8996fb924"]);
  expect(new Set(domains).size).toBe(3);
  for (const domain of domains) expect(domain).toMatch(/^kms-[0-9a-f]{32}$/);
});

describe("a blob's key", () => {
  test.each<[string, () => BlobKeys, () => BlobKeys]>([
    ["of the installation", () => keysOf(), () => commonKeys(secretBox(Buffer.alloc(32, 2)))],
    [
      "of a key of KMS",
      () => keysOf(kms(key.arn)),
      () => keysOf(kms(ensureAwsManagedKey({ state, secrets, scope, now: 1, ids }, "alias/aws/ecr").arn)),
    ],
    ["of a key of KMS, in its domain", () => keysOf(kms(key.arn)), () => keysOf(kms(key.id))],
  ])("%s is 32 bytes, another each time, and opens there alone", (_, mine, others) => {
    const own = mine();
    const [made, other] = [own.newKey(), own.newKey()];
    expect(made.key).toHaveLength(32);
    expect(Buffer.from(other.key)).not.toEqual(Buffer.from(made.key));
    expect(Buffer.from(own.openKey(made.wrapped) ?? [])).toEqual(Buffer.from(made.key));
    expect(others().openKey(made.wrapped)).toBeUndefined();
    const changed = Buffer.from(made.wrapped);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    expect(own.openKey(changed)).toBeUndefined();
  });

  test("lies in the domain of its repository", () => {
    expect([keysOf().domain, keysOf(kms(key.arn)).domain]).toEqual(["aes256", blobDomain(kms(key.arn))]);
  });

  test("is neither made nor opened under a key that cannot be used now", () => {
    const own = keysOf(kms(key.arn));
    const { wrapped } = own.newKey();
    disable();
    expect(() => own.newKey()).toThrow("DisabledException");
    expect(() => own.openKey(wrapped)).toThrow("DisabledException");
    expect(() => own.openKey(Buffer.from("none"))).toThrow("DisabledException");
    const missing = keysOf({ encryption: { encryptionType: "KMS" } });
    expect(() => missing.newKey()).toThrow(/Exception$/);
  });
});

describe("a repository that is to be made", () => {
  const settle = (asked: Parameters<typeof settleEncryption>[1]) => settleEncryption({ state, secrets, scope, now: 1, ids }, asked);

  test("is under the installation's key where no other is asked for", () => {
    expect([settle(undefined), settle({ encryptionType: "AES256" })]).toEqual([{ encryptionType: "AES256" }, { encryptionType: "AES256" }]);
  });

  test.each(["KMS", "KMS_DSSE"] as const)("is under the ARN of the key that is named: %s", (encryptionType) => {
    expect([key.arn, key.id].map((kmsKey) => settle({ encryptionType, kmsKey }))).toEqual([
      { encryptionType, kmsKey: key.arn },
      { encryptionType, kmsKey: key.arn },
    ]);
    expect(settle({ encryptionType, kmsKey: "alias/none" })).toMatchObject({ refusal: { code: "NotFoundException" } });
    disable();
    expect(settle({ encryptionType, kmsKey: key.arn })).toMatchObject({ refusal: { code: "DisabledException" } });
  });

  test("is under the key that AWS manages for ECR where none is named", () => {
    const standard = settle({ encryptionType: "KMS" });
    expect(standard).toEqual({
      encryptionType: "KMS",
      kmsKey: ensureAwsManagedKey({ state, secrets, scope, now: 1, ids }, "alias/aws/ecr").arn,
    });
    expect(settle({ encryptionType: "KMS", kmsKey: "arn:aws:kms:us-east-1:123456789012:alias/aws/ecr" })).toEqual(standard);
  });

  test.each([
    [undefined, false],
    ["alias/aws/ecr", false],
    ["arn:aws:kms:us-east-1:123456789012:alias/aws/ecr", false],
    ["alias/mine", true],
    ["alias/aws/ssm", true],
  ])("has a key of its own with %s: %s", (kmsKey, own) => {
    expect(namesOwnKey(kmsKey)).toBe(own);
  });
});
