import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { JournaledState } from "../journaled-state.ts";
import { aliases } from "./aliases.ts";
import { ensureAwsManagedKey } from "./aws-managed-keys.ts";
import { readHeader } from "./ciphertext.ts";
import { decryptWith, encryptUnder, generateDataKey, type KmsParts } from "./encryption.ts";
import { expireKey, nextEvent, rotateKey } from "./lifecycle.ts";
import { keys, type KeyRecord } from "./keys.ts";
import { resolveKey } from "./resolve-key.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const DAY = 86_400_000;

interface World extends KmsParts {
  readonly key: KeyRecord;
  at(now: number): KmsParts;
}

function world(rootKey = 7): World {
  const parts: KmsParts = { state: new JournaledState(memoryJournal()), secrets: secretBox(Buffer.alloc(32, rootKey)), scope, now: 1_000 };
  const key = ensureAwsManagedKey({ ...parts, ids }, "alias/aws/ssm");
  return { ...parts, key, at: (now) => ({ ...parts, now }) };
}

function change(parts: KmsParts, key: KeyRecord, changes: Partial<KeyRecord>): void {
  parts.state.commit(() => parts.state.table(keys).put({ ...key, ...changes }));
}

function must<T extends object>(result: T): Exclude<T, { refusal: unknown }> {
  if ("refusal" in result) throw new Error(JSON.stringify(result.refusal));
  return result as never;
}

const bytes = fc.uint8Array({ maxLength: 200 });
const context = fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), { maxKeys: 4 });

describe("laws of encryption", () => {
  test("what was encrypted opens with the same context, in whatever order its pairs are", () => {
    const parts = world();
    fc.assert(
      fc.property(bytes, context, (plaintext, pairs) => {
        const { ciphertext } = must(encryptUnder(parts, parts.key.id, plaintext, pairs));
        const turned = Object.fromEntries(Object.entries(pairs).toReversed());
        expect(must(decryptWith(parts, ciphertext, turned)).plaintext.equals(plaintext)).toBe(true);
      }),
    );
  });

  test("no other context opens it", () => {
    const parts = world();
    fc.assert(
      fc.property(context, context, (one, other) => {
        fc.pre(!isDeepStrictEqual({ ...one }, { ...other }));
        const { ciphertext } = must(encryptUnder(parts, parts.key.id, Buffer.from("x"), one));
        expect(decryptWith(parts, ciphertext, other)).toMatchObject({ refusal: { code: "InvalidCiphertextException" } });
      }),
    );
  });

  test("a changed byte anywhere, a missing one or one too many is refused", () => {
    const parts = world();
    const { ciphertext } = must(encryptUnder(parts, parts.key.id, Buffer.from("attack at dawn"), { a: "b" }));
    fc.assert(
      fc.property(fc.nat(ciphertext.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(ciphertext);
        changed.writeUInt8((changed[at] ?? 0) ^ mask, at);
        expect(decryptWith(parts, changed, { a: "b" })).toHaveProperty("refusal");
      }),
    );
    for (const other of [ciphertext.subarray(0, -1), Buffer.concat([ciphertext, Buffer.alloc(1)]), Buffer.alloc(0)])
      expect(decryptWith(parts, other, { a: "b" })).toMatchObject({ refusal: { code: "InvalidCiphertextException" } });
  });

  test("equal plaintexts have different ciphertexts", () => {
    const parts = world();
    const made = Array.from({ length: 50 }, () => must(encryptUnder(parts, parts.key.id, Buffer.from("x"))).ciphertext.toString("hex"));
    expect(new Set(made).size).toBe(50);
  });
});

test("a ciphertext tells its key, and is found by it", () => {
  const parts = world();
  const { ciphertext, materialId } = must(encryptUnder(parts, "alias/aws/ssm", Buffer.from("x")));
  expect(readHeader(ciphertext)).toEqual({ keyId: parts.key.id, materialId });
});

test("what an older material encrypted still opens after rotations", () => {
  const parts = world();
  const old = must(encryptUnder(parts, parts.key.id, Buffer.from("old")));
  const rotated = rotateKey(parts, parts.key, "ON_DEMAND");
  const fresh = must(encryptUnder(parts, parts.key.id, Buffer.from("new")));
  expect(rotated.material).toHaveLength(2);
  expect(fresh.materialId).not.toBe(old.materialId);
  for (const [ciphertext, text] of [
    [old.ciphertext, "old"],
    [fresh.ciphertext, "new"],
  ] as const)
    expect(must(decryptWith(parts, ciphertext)).plaintext.toString()).toBe(text);
});

test.each([
  ["disabled", { enabled: false }, "DisabledException", "is disabled."],
  ["pending deletion", { deletion: { windowInDays: 7, at: 8 * DAY } }, "KMSInvalidStateException", "is pending deletion."],
  ["gone", { deletion: { windowInDays: 7, at: 500 } }, "NotFoundException", "does not exist"],
  ["pending import", { origin: "EXTERNAL", material: [] }, "KMSInvalidStateException", "is pending import."],
] as const)("a key that is %s neither encrypts nor decrypts", (_, changes, code, text) => {
  const parts = world();
  const { ciphertext } = must(encryptUnder(parts, parts.key.id, Buffer.from("x")));
  change(parts, parts.key, changes);
  const refusal = { refusal: { code, message: expect.stringContaining(text) as unknown } };
  expect(encryptUnder(parts, parts.key.id, Buffer.from("x"))).toMatchObject(refusal);
  expect(generateDataKey(parts, parts.key.id, 32)).toMatchObject(refusal);
  expect(decryptWith(parts, ciphertext)).toMatchObject(refusal);
});

test("a data key comes in the clear and encrypted", () => {
  const parts = world();
  const { plaintext, ciphertext } = must(generateDataKey(parts, parts.key.arn, 32, { for: "me" }));
  expect(plaintext).toHaveLength(32);
  expect(must(decryptWith(parts, ciphertext, { for: "me" })).plaintext.equals(plaintext)).toBe(true);
});

test("material does not open under another root key, nor when it is moved to another key", () => {
  const parts = world();
  const { ciphertext } = must(encryptUnder(parts, parts.key.id, Buffer.from("x")));
  expect(() => decryptWith({ ...parts, secrets: secretBox(Buffer.alloc(32, 8)) }, ciphertext)).toThrow(/authenticate data/);
  const other = ensureAwsManagedKey({ ...parts, ids }, "alias/aws/ecr");
  change(parts, other, { material: parts.key.material });
  expect(() => encryptUnder(parts, other.id, Buffer.from("x"))).toThrow(/authenticate data/);
});

describe("time", () => {
  test("a rotation that is due happens at the next use, however many were missed", () => {
    const parts = world();
    encryptUnder(parts.at(1_000 + 3 * 365 * DAY + 5), parts.key.id, Buffer.from("x"));
    const now = parts.state.table(keys).get(parts.key.arn);
    expect(now?.material).toHaveLength(2);
    expect(now?.rotation?.nextAt).toBe(1_000 + 4 * 365 * DAY);
  });

  test("a key ends with its aliases when its window is over", () => {
    const parts = world();
    change(parts, parts.key, { deletion: { windowInDays: 7, at: 9_000 } });
    const pending = must(resolveKey(parts, parts.key.id));
    expect(nextEvent(pending, 1_000)).toBe(9_000);
    expireKey(parts.at(8_999), pending);
    expect(parts.state.table(keys).size).toBe(1);
    expireKey(parts.at(9_000), pending);
    expect(parts.state.table(keys).size).toBe(0);
    expect(parts.state.table(aliases).size).toBe(0);
  });

  test("imported material that has expired is forgotten, and its key waits for it", () => {
    const parts = world();
    const [material] = parts.key.material;
    const { rotation: _, ...external } = parts.key;
    change(parts, external, { origin: "EXTERNAL", material: material ? [{ ...material, expiresAt: 5_000 }] : [] });
    const key = must(resolveKey(parts, parts.key.id));
    expect(encryptUnder(parts.at(5_000), key.id, Buffer.from("x"))).toMatchObject({ refusal: { code: "KMSInvalidStateException" } });
    expireKey(parts.at(5_000), key);
    expect(parts.state.table(keys).get(key.arn)?.material[0]).not.toHaveProperty("sealed");
  });
});

test.each([
  ["an id that is none", "key", "NotFoundException", "Invalid keyId 'key'"],
  [
    "an id without a key",
    "00000000-0000-0000-0000-000000000000",
    "NotFoundException",
    "Key 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000' does not exist",
  ],
  ["an alias without a key", "alias/none", "NotFoundException", "Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found."],
  ["an ARN of another region", "arn:aws:kms:eu-west-1:123456789012:key/x", "NotFoundException", "Invalid arn eu-west-1"],
])("%s is not found", (_, reference, code, message) => {
  expect(resolveKey(world(), reference)).toEqual({ refusal: { code, message } });
});
