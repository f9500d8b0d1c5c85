import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { keyRecord } from "../../testing/key-record.ts";
import { JournaledState } from "../journaled-state.ts";
import type { WholeState } from "../state.ts";
import { aliases } from "./aliases.ts";
import { CONTEXT_SIZE, encryptionContextKeys, keyUseThrough, requestAlias } from "./condition-keys.ts";
import { defaultKeyPolicy, managedKeyPolicy } from "./key-policies.ts";
import { keys, type KeyRecord } from "./keys.ts";
import { keyArn, resolveKey, unusable, wrongUsage } from "./resolve-key.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const mine = keyRecord();
const many = keyRecord({ id: `mrk-${"1".repeat(32)}` });
const theirs = keyRecord({ account: "210987654321" });
const ended = keyRecord({ id: "99999999-2222-3333-4444-555555555555", deletion: { windowInDays: 7, at: 100 } });
const ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/a";
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  state.commit(() => {
    for (const key of [mine, many, theirs, ended]) state.table(keys).put(key);
    state.table(aliases).put({ ...scope, arn: ALIAS, name: "alias/a", target: mine.arn, createdAt: 0, updatedAt: 0 });
  });
});

test.each<[string, string, KeyRecord]>([
  ["an id", mine.id, mine],
  ["an id of a multi-Region key", many.id, many],
  ["an ARN", mine.arn, mine],
  ["an ARN of another account's", theirs.arn, theirs],
  ["an alias", "alias/a", mine],
  ["an alias's ARN", ALIAS, mine],
])("a key is found by %s", (_, reference, key) => {
  expect(resolveKey({ state, scope, now: 99 }, reference)).toEqual(key);
});

test.each([
  ["key", "Invalid keyId 'key'"],
  ["", "Invalid keyId ''"],
  [`${mine.id}0`, `Invalid keyId '${mine.id}0'`],
  [`x${mine.id}`, `Invalid keyId 'x${mine.id}'`],
  [`x${many.id}`, `Invalid keyId 'x${many.id}'`],
  [`${many.id}0`, `Invalid keyId '${many.id}0'`],
  [`key/${mine.id}`, `Invalid keyId 'key/${mine.id}'`],
  ["arn:aws:kms:us-east-1:123456789012:key/x", "Invalid keyId 'x'"],
  [`arn:aws:kms:us-east-1:123456789012:a-key/${mine.id}`, `Invalid keyId 'a-key/${mine.id}'`],
  [`arn:aws:kms:eu-west-1:123456789012:key/${mine.id}`, "Invalid arn eu-west-1"],
  ["arn:aws:s3:us-east-1:123456789012:key", "Invalid arn arn:aws:s3:us-east-1:123456789012:key"],
  ["alias/b", "Alias arn:aws:kms:us-east-1:123456789012:alias/b is not found."],
  ["arn:aws:kms:us-east-1:210987654321:alias/a", "Alias arn:aws:kms:us-east-1:210987654321:alias/a is not found."],
  ["a-alias/a", "Invalid keyId 'a-alias/a'"],
  [
    "00000000-2222-3333-4444-555555555555",
    "Key 'arn:aws:kms:us-east-1:123456789012:key/00000000-2222-3333-4444-555555555555' does not exist",
  ],
  [ended.id, `Key '${ended.arn}' does not exist`],
])("%s is refused in AWS's words", (reference, message) => {
  expect(resolveKey({ state, scope, now: 100 }, reference)).toEqual({ refusal: { code: "NotFoundException", message } });
});

test("an ARN is told of a key that is not there", () => {
  const id = "00000000-2222-3333-4444-555555555555";
  expect(keyArn(state, scope, id)).toBe(`arn:aws:kms:us-east-1:123456789012:key/${id}`);
});

describe("a key cannot be used", () => {
  test.each<[string, Partial<KeyRecord>, string, string]>([
    ["disabled", { enabled: false }, "DisabledException", "is disabled."],
    ["pending import", { origin: "EXTERNAL", material: [] }, "KMSInvalidStateException", "is pending import."],
    ["pending deletion", { deletion: { windowInDays: 7, at: 101 } }, "KMSInvalidStateException", "is pending deletion."],
    ["pending replica deletion", { deletion: { windowInDays: 7 } }, "KMSInvalidStateException", "is pending replica deletion."],
  ])("that is %s", (_, changes, code, text) => {
    expect(unusable(keyRecord(changes), 100)).toEqual({ refusal: { code, message: `${mine.arn} ${text}` } });
  });

  test("that has ended", () => {
    expect(unusable(ended, 100)).toEqual({ refusal: { code: "NotFoundException", message: `Key '${ended.arn}' does not exist` } });
  });

  test("for what it is not for", () => {
    const message = `${mine.arn} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`;
    expect(wrongUsage(mine, "SIGN_VERIFY", "Sign")).toEqual({ refusal: { code: "InvalidKeyUsageException", message } });
    expect([wrongUsage(mine, "ENCRYPT_DECRYPT", "Encrypt"), unusable(mine, 100)]).toEqual([undefined, undefined]);
  });
});

describe("condition keys", () => {
  test("of an encryption context: its pairs, its names and their number", () => {
    expect(encryptionContextKeys({ a: "1", "": "2" })).toEqual({
      "kms:EncryptionContext:a": "1",
      "kms:EncryptionContext:": "2",
      "kms:EncryptionContextKeys": ["a", ""],
      [CONTEXT_SIZE]: "2",
    });
    expect([encryptionContextKeys({}), encryptionContextKeys(undefined)]).toEqual([{ [CONTEXT_SIZE]: "0" }, { [CONTEXT_SIZE]: "0" }]);
  });

  test.each([
    ["alias/a", { "kms:RequestAlias": "alias/a" }],
    [ALIAS, { "kms:RequestAlias": "alias/a" }],
    [mine.arn, {}],
    [mine.id, {}],
    ["an-alias/a", {}],
    [undefined, {}],
  ])("of a key that is named %s", (reference, expected) => {
    expect(requestAlias(reference)).toEqual(expected);
  });

  test("of a service that asks for its caller", () => {
    expect(keyUseThrough("ssm", scope, { a: "1" })).toEqual({
      ...encryptionContextKeys({ a: "1" }),
      "kms:CallerAccount": "123456789012",
      "kms:ViaService": "ssm.us-east-1.amazonaws.com",
    });
  });
});

describe("key policies", () => {
  test("leave a key to its account", () => {
    const policy = defaultKeyPolicy("123456789012", "us-east-1");
    expect(JSON.parse(policy)).toEqual({
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    });
    expect(policy).toContain('{\n  "Version"');
  });

  test("leave an AWS managed key to its service alone", () => {
    expect(JSON.parse(managedKeyPolicy("ssm", scope))).toEqual({
      Version: "2012-10-17",
      Id: "auto-ssm-1",
      Statement: [
        {
          Sid: "Allow access through ssm for all principals in the account that are authorized to use ssm",
          Effect: "Allow",
          Principal: { AWS: "*" },
          Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
          Resource: "*",
          Condition: { StringEquals: { "kms:CallerAccount": "123456789012", "kms:ViaService": "ssm.us-east-1.amazonaws.com" } },
        },
        {
          Sid: "Allow direct access to key metadata to the account",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
          Resource: "*",
        },
      ],
    });
  });
});
