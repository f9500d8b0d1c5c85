import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { keyRecord } from "../../testing/key-record.ts";
import { JournaledState } from "../journaled-state.ts";
import { aliases } from "./aliases.ts";
import { AWS_MANAGED_ALIASES, ensureAwsManagedKey, isAwsManagedAlias } from "./aws-managed-keys.ts";
import { open, readHeader, seal } from "./ciphertext.ts";
import { decryptWith, encryptUnder, keyOfCiphertext, usableKey } from "./encryption.ts";
import { managedKeyPolicy } from "./key-policies.ts";
import { keys, type KeyRecord } from "./keys.ts";
import { materialId, newSymmetricMaterial, openMaterial, sealMaterial, wrapMaterial } from "./material.ts";

const material = randomBytes(32);
const UUID = "11111111-2222-3333-4444-555555555555";
const header = { keyId: UUID, materialId: "ab".repeat(32) };

describe("a ciphertext", () => {
  test.each([UUID, `mrk-${"12".repeat(16)}`])("says that it is of %s, and opens", (keyId) => {
    const sealed = seal(material, { ...header, keyId }, Buffer.from("x"), { a: "b" });
    expect(readHeader(sealed)).toEqual({ ...header, keyId });
    expect(open(material, sealed, { a: "b" })?.toString()).toBe("x");
  });

  test("may hold nothing, and nothing shorter is one", () => {
    const sealed = seal(material, header, Buffer.alloc(0), {});
    expect(open(material, sealed, {})).toEqual(Buffer.alloc(0));
    expect(readHeader(sealed)).toEqual(header);
    expect([open(material, sealed.subarray(0, -1), {}), readHeader(sealed.subarray(0, -1))]).toEqual([undefined, undefined]);
    expect(sealed).toHaveLength(2 + 16 + 32 + 16 + 12 + 16);
  });

  // What is kept on disk: a ciphertext of this version must open for ever.
  test("of yesterday opens", () => {
    const kept = Buffer.from(KEPT, "base64");
    expect(readHeader(kept)).toEqual({ keyId: UUID, materialId: "cd".repeat(32) });
    expect(open(Buffer.alloc(32, 5), kept, { b: "2", a: "1", é: "" })?.toString()).toBe("kept");
  });

  test.each([0, 1])("of another version or kind (byte %i) is none of ours", (at) => {
    const sealed = seal(material, header, Buffer.from("x"), {});
    sealed[at] = 9;
    expect(readHeader(sealed)).toBeUndefined();
  });

  test("is bound to its texts and not to how they join", () => {
    const sealed = seal(material, header, Buffer.from("x"), { a: "bc", d: "" });
    for (const other of [{ ab: "c", d: "" }, { a: "b", cd: "" }, { a: "bcd" }, { a: "bc" }, {}])
      expect(open(material, sealed, other)).toBeUndefined();
    expect(open(material, sealed, { d: "", a: "bc" })?.toString()).toBe("x");
  });
});

const KEPT =
  "AQIRERERIiIzM0REVVVVVVVVzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc18vzHxN7spsawFBuIg3AZIMe8HYl/vd6DsKpOpV4Qok7pqzjJ2mb1pIaF4PWZVF2c=";

const scope = { account: "123456789012", region: "us-east-1" };
const box = secretBox(Buffer.alloc(32, 1));

function world(...records: readonly KeyRecord[]) {
  const state = new JournaledState(memoryJournal());
  state.commit(() => records.forEach((record) => state.table(keys).put(record)));
  return { state, secrets: box, scope, now: 1000 };
}

const symmetric = keyRecord({ material: [newSymmetricMaterial(box, keyRecord(), 0)] });

describe("decryption is refused", () => {
  const sealed = (): Buffer => {
    const made = encryptUnder(world(symmetric), UUID, Buffer.from("x"));
    if ("refusal" in made) throw new Error(made.refusal.message);
    return made.ciphertext;
  };
  test.each<[string, KeyRecord[], object]>([
    ["where the key is gone", [], { code: "NotFoundException", message: `Key '${UUID}' does not exist` }],
    [
      "where the key is in another region",
      [{ ...symmetric, region: "eu-west-1", arn: symmetric.arn.replace("us-east-1", "eu-west-1") }],
      { code: "NotFoundException", message: `Key '${UUID}' does not exist` },
    ],
    [
      "where the key is disabled",
      [{ ...symmetric, enabled: false }],
      { code: "DisabledException", message: `${symmetric.arn} is disabled.` },
    ],
    ["where the key never had the material", [{ ...symmetric, material: [] }], { code: "InvalidCiphertextException", message: "" }],
    [
      "where the key is of another usage",
      [{ ...symmetric, spec: "ECC_NIST_P256", usage: "SIGN_VERIFY" }],
      { code: "InvalidKeyUsageException", message: `${symmetric.arn} key usage is SIGN_VERIFY which is not valid for Decrypt.` },
    ],
    [
      "where the key is not symmetric",
      [{ ...symmetric, spec: "RSA_2048" }],
      { code: "InvalidKeyUsageException", message: `${symmetric.arn} key spec is RSA_2048 which is not valid for Decrypt.` },
    ],
  ])("%s", (_, records, refusal) => {
    expect(decryptWith(world(...records), sealed())).toEqual({ refusal });
  });

  test("of what is no ciphertext", () => {
    expect(decryptWith(world(symmetric), Buffer.from("x"))).toEqual({ refusal: { code: "InvalidCiphertextException", message: "" } });
    expect(keyOfCiphertext(world(symmetric), Buffer.from("x"))).toBeUndefined();
  });

  test("and encryption as well, in the words of its own", () => {
    const refusal = (record: KeyRecord) => usableKey(world(record), UUID, "GenerateDataKey");
    expect(refusal({ ...symmetric, spec: "RSA_2048" })).toEqual({
      refusal: {
        code: "InvalidKeyUsageException",
        message: `${symmetric.arn} key spec is RSA_2048 which is not valid for GenerateDataKey.`,
      },
    });
    expect(refusal(symmetric)).toEqual(symmetric);
    expect(() => encryptUnder(world({ ...symmetric, material: [] }), UUID, Buffer.from("x"))).toThrow(
      `${symmetric.arn} is enabled but has no key material`,
    );
  });
});

describe("material", () => {
  const names = { account: "123456789012", id: UUID };
  test("has an id of its key and itself, which tells nothing", () => {
    const id = materialId(box, names, material);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(materialId(box, { ...names }, Buffer.from(material))).toBe(id);
    const others = [
      materialId(box, { ...names, account: "210987654321" }, material),
      materialId(box, { ...names, id: "x" }, material),
      materialId(box, names, randomBytes(32)),
      materialId(secretBox(Buffer.alloc(32, 2)), names, material),
    ];
    expect(others).not.toContain(id);
  });

  test("is wrapped with what is known of it, and opens under its own key and id alone", () => {
    const wrapped = wrapMaterial(box, names, material, { since: 5, description: "d" });
    expect(wrapped).toEqual({ id: materialId(box, names, material), sealed: expect.any(String) as string, since: 5, description: "d" });
    expect(Buffer.from(openMaterial(box, symmetric, wrapped))).toEqual(material);
    expect(() => openMaterial(box, symmetric, { ...wrapped, id: "other" })).toThrow(/authenticate data/);
    expect(() => openMaterial(box, { ...symmetric, account: "210987654321" }, wrapped)).toThrow(/authenticate data/);
    expect(() => openMaterial(box, { ...symmetric, id: "other" }, wrapped)).toThrow(/authenticate data/);
    expect(() => openMaterial(box, symmetric, { id: "m" })).toThrow(`the key material m of ${symmetric.arn} is not there`);
    expect(sealMaterial(box, names, "m", material)).not.toContain(material.toString("base64"));
  });

  test("made anew is 256 bits that nobody had before", () => {
    const [one, two] = [newSymmetricMaterial(box, names, 7), newSymmetricMaterial(box, names, 7)];
    expect([one.since, openMaterial(box, symmetric, one).length]).toEqual([7, 32]);
    expect(one.id).not.toBe(two.id);
  });
});

describe("an AWS managed key", () => {
  test("is made once, rotated every year, and found by its alias", () => {
    const parts = { ...world(), ids };
    const key = ensureAwsManagedKey(parts, "alias/aws/ssm");
    expect(key).toEqual({
      ...scope,
      arn: `arn:aws:kms:us-east-1:123456789012:key/${key.id}`,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      description: "Default key that protects my SSM parameters when no other key is defined",
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      origin: "AWS_KMS",
      manager: "AWS",
      enabled: true,
      policy: managedKeyPolicy("ssm", scope),
      tags: [],
      createdAt: 1000,
      material: [{ id: expect.any(String) as string, sealed: expect.any(String) as string, since: 1000 }],
      rotation: { periodInDays: 365, nextAt: 1000 + 365 * 86_400_000 },
    });
    const aliasArn = "arn:aws:kms:us-east-1:123456789012:alias/aws/ssm";
    expect(parts.state.table(aliases).get(aliasArn)).toEqual({
      ...scope,
      arn: aliasArn,
      name: "alias/aws/ssm",
      target: key.arn,
      createdAt: 1000,
      updatedAt: 1000,
    });
    expect(ensureAwsManagedKey(parts, "alias/aws/ssm")).toEqual(key);
    expect(ensureAwsManagedKey(parts, "alias/aws/ecr").id).not.toBe(key.id);
    expect(ensureAwsManagedKey({ ...parts, scope: { ...scope, region: "eu-west-1" } }, "alias/aws/ssm").id).not.toBe(key.id);
  });

  test("is made anew where its alias leads nowhere", () => {
    const parts = { ...world(), ids };
    const key = ensureAwsManagedKey(parts, "alias/aws/ssm");
    parts.state.commit(() => parts.state.table(keys).delete(key.arn));
    expect(ensureAwsManagedKey(parts, "alias/aws/ssm").id).not.toBe(key.id);
  });

  test("is there for ECR, Secrets Manager and SSM", () => {
    expect(AWS_MANAGED_ALIASES).toEqual(["alias/aws/ecr", "alias/aws/secretsmanager", "alias/aws/ssm"]);
    expect(["alias/aws/ecr", "alias/aws/s3", "toString"].map(isAwsManagedAlias)).toEqual([true, false, false]);
  });
});
