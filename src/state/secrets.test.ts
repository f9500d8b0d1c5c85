import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { JournaledState } from "./journaled-state.ts";
import { ensureAwsManagedKey } from "./kms/aws-managed-keys.ts";
import { keys, type KeyRecord } from "./kms/keys.ts";
import { isOwnKey, openParameter, sealParameter } from "./parameter-sealing.ts";
import { replicaArn, writeSecret } from "./secret-replicas.ts";
import { hasOwnKey, openVersion, resealed, sealVersion } from "./secret-sealing.ts";
import { findSecret, isGone, isReplica, secrets, versionOf, type SecretRecord, type SecretVersionRecord } from "./secrets.ts";
import type { WholeState } from "./state.ts";
import { CREDENTIAL_PREFIX, openCredentials, problemOf, secretIsMissing } from "./upstream-credentials.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abc123";
const box = secretBox(Buffer.alloc(32, 1));
let state: WholeState;
let key: KeyRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  // Any key will do; this one is quickly made.
  key = ensureAwsManagedKey({ state, secrets: box, scope, now: 1, ids }, "alias/aws/ssm");
});

const parts = () => ({ state, secrets: box, now: 1 });
const disable = (): void => state.commit(() => void state.table(keys).put({ ...key, enabled: false }));
const secretOf = (changes: Partial<SecretRecord> = {}): SecretRecord => ({
  ...scope,
  arn: ARN,
  name: "db",
  tags: [],
  versions: [],
  createdAt: 0,
  lastChangedAt: 0,
  ...changes,
});
function version(owner: SecretRecord, id: string, text: string, stages: readonly string[]): SecretVersionRecord {
  const sealed = sealVersion(parts(), owner, id, Buffer.from(text));
  if ("refusal" in sealed) throw new Error(sealed.refusal.message);
  return { id, stages, kind: "string", createdAt: 0, ...sealed };
}
const opened = (owner: SecretRecord, one: SecretVersionRecord | undefined): string => {
  const value = one && openVersion(parts(), owner, one);
  return value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value);
};

describe("a secret is found", () => {
  beforeEach(() => void state.commit(() => state.table(secrets).put(secretOf())));

  test.each<[string, string, boolean]>([
    ["its name", "db", true],
    ["its ARN", ARN, true],
    ["its ARN without the six characters", ARN.slice(0, -7), true],
    ["another name", "other", false],
    ["its name in another region", ARN.slice(0, -7).replace("us-east-1", "eu-west-1"), false],
    ["its name in another account", ARN.slice(0, -7).replace("123456789012", "210987654321"), false],
    ["its name behind something", "secret:db", false],
  ])("by %s", (_, id, there) => {
    expect(findSecret(state, scope, id, 5)?.arn).toBe(there ? ARN : undefined);
  });

  test("until its recovery window ends, and then the one that took its name", () => {
    state.commit(() => state.table(secrets).put(secretOf({ deletionDate: 10 })));
    const later = `${ARN.slice(0, -6)}xyz789`;
    expect([findSecret(state, scope, "db", 9)?.arn, findSecret(state, scope, ARN, 9)?.arn]).toEqual([ARN, ARN]);
    expect([findSecret(state, scope, "db", 10), findSecret(state, scope, ARN, 10)]).toEqual([undefined, undefined]);
    state.commit(() => state.table(secrets).put(secretOf({ arn: later })));
    expect(findSecret(state, scope, "db", 10)?.arn).toBe(later);
    expect([isGone(secretOf(), 10), isReplica(secretOf()), isReplica(secretOf({ primaryRegion: "eu-west-1" }))]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

test.each<[object, string | undefined]>([
  [{}, "new"],
  [{ stage: "AWSPREVIOUS" }, "old"],
  [{ id: "old" }, "old"],
  [{ id: "bare" }, "bare"],
  [{ id: "old", stage: "AWSPREVIOUS" }, "old"],
  [{ id: "old", stage: "AWSCURRENT" }, undefined],
  [{ id: "empty" }, undefined],
  [{ stage: "AWSPENDING" }, undefined],
  [{ id: "none" }, undefined],
])("the version of %o is %s", (wanted, id) => {
  const one = (name: string, stages: readonly string[], kind: "string" | "empty" = "string") => ({
    id: name,
    stages,
    kind,
    sealed: "",
    createdAt: 0,
  });
  const versions = [one("bare", []), one("old", ["AWSPREVIOUS"]), one("empty", ["AWSPENDING"], "empty"), one("new", ["AWSCURRENT"])];
  expect(versionOf(secretOf({ versions }), wanted)?.id).toBe(id);
});

describe("a value is sealed", () => {
  test.each([
    ["of its own", "alias/mine", true],
    ["by default", undefined, false],
    ["that is empty", "", false],
    ["by its name", "alias/aws/secretsmanager", false],
    ["by its ARN", "arn:aws:kms:us-east-1:123456789012:alias/aws/secretsmanager", false],
  ])("under a key %s", (_, kmsKeyId, own) => {
    expect(hasOwnKey(kmsKeyId === undefined ? {} : { kmsKeyId })).toBe(own);
  });

  test("for its secret and version alone", () => {
    for (const owner of [secretOf(), secretOf({ kmsKeyId: key.id })]) {
      const one = version(owner, "v", "text", []);
      expect(one.keyArn).toBe(owner.kmsKeyId === undefined ? undefined : key.arn);
      expect(opened(owner, one)).toBe("text");
      const elsewhere = (): string => opened(secretOf({ arn: `${ARN}x` }), one);
      const otherwise = (): string => opened(owner, { ...one, id: "w" });
      for (const attempt of [elsewhere, otherwise]) {
        let found = "";
        try {
          found = attempt();
        } catch (error) {
          found = String(error);
        }
        expect(found).toMatch(/authenticate data|InvalidCiphertextException/);
      }
    }
  });

  test("and neither sealed nor opened under a key that cannot", () => {
    const owner = secretOf({ kmsKeyId: key.id });
    const one = version(owner, "v", "text", []);
    disable();
    expect(sealVersion(parts(), owner, "v", Buffer.from("x"))).toMatchObject({ refusal: { code: "DisabledException" } });
    expect(openVersion(parts(), owner, one)).toMatchObject({ refusal: { code: "DisabledException" } });
    expect(
      resealed(parts(), secretOf({ ...owner, versions: [] }), secretOf({ versions: [{ ...one, stages: ["AWSCURRENT"] }] })),
    ).toMatchObject({ refusal: {} });
  });

  test("anew under another key, as far as it is in use", () => {
    const before = secretOf();
    const versions = [
      ...["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "MINE"].map((stage) => version(before, stage, stage, [stage])),
      { id: "empty", stages: ["AWSPENDING"], kind: "empty", sealed: "", createdAt: 0 } as const,
    ];
    const after = secretOf({ kmsKeyId: key.id, versions });
    const found = resealed(parts(), before, after) as readonly SecretVersionRecord[];
    expect(found.map(({ id, keyArn }) => [id, keyArn])).toEqual([
      ["AWSCURRENT", key.arn],
      ["AWSPENDING", key.arn],
      ["AWSPREVIOUS", key.arn],
      ["MINE", undefined],
      ["empty", undefined],
    ]);
    for (const one of found.slice(0, 4)) expect(opened(after, one)).toBe(one.id);
    const back = resealed(parts(), after, { ...before, versions: found }) as readonly SecretVersionRecord[];
    expect(back[0]).not.toHaveProperty("keyArn");
    expect(opened(before, back[0])).toBe("AWSCURRENT");
    disable();
    expect(resealed(parts(), before, after)).toMatchObject({ refusal: { code: "DisabledException" } });
  });
});

describe("replicas", () => {
  const there = replicaArn(secretOf(), "eu-west-1");
  const replica = () => state.table(secrets).get(there);
  const write = (changes: Partial<SecretRecord> = {}, now = 7): SecretRecord =>
    state.commit(() =>
      writeSecret(
        parts(),
        secretOf({
          versions: [version(secretOf(), "v", "text", ["AWSCURRENT"])],
          replicas: [{ region: "eu-west-1", status: "InSync" }],
          ...changes,
        }),
        now,
      ),
    );

  test("are what their primary is, but for what belongs to one place", () => {
    expect(there).toBe(ARN.replace("us-east-1", "eu-west-1"));
    const rotation = { enabled: true, functionArn: "f", rules: {} } as never;
    const written = write({
      description: "d",
      rotation,
      lastAccessedAt: 3,
      kmsKeyId: key.id,
      versions: [version(secretOf({ kmsKeyId: key.id }), "v", "text", ["AWSCURRENT"])],
    });
    expect(written.replicas).toEqual([{ region: "eu-west-1", status: "InSync" }]);
    expect(state.table(secrets).get(ARN)).toEqual(written);
    const copied = replica();
    expect(copied).toEqual({
      ...secretOf({ arn: there, region: "eu-west-1", primaryRegion: "us-east-1", description: "d", createdAt: 7 }),
      versions: [{ id: "v", stages: ["AWSCURRENT"], kind: "string", createdAt: 0, sealed: expect.any(String) as string }],
    });
    expect(copied && opened(copied, copied.versions[0])).toBe("text");
  });

  test("keep what they have: when they were made and read, and values that are sealed already", () => {
    write();
    const before = replica();
    const [one] = before?.versions ?? [];
    if (!before || !one) throw new Error("there is no replica");
    state.commit(() => state.table(secrets).put({ ...before, lastAccessedAt: 4, versions: [{ ...one, lastAccessedAt: 4 }] }));
    const empty = { id: "w", stages: ["AWSPENDING"], kind: "empty", sealed: "", createdAt: 8 } as const;
    write({ versions: [version(secretOf(), "v", "text", ["MINE"]), empty] }, 9);
    expect(replica()).toMatchObject({
      createdAt: 7,
      lastAccessedAt: 4,
      versions: [{ ...one, lastAccessedAt: 4, stages: ["MINE"] }, empty],
    });
    write({ versions: [version(secretOf(), "v", "text", ["MINE"]), { ...version(secretOf(), "w", "new", ["AWSCURRENT"]) }] }, 10);
    const filled = replica();
    expect(filled && opened(filled, filled.versions[1])).toBe("new");
  });

  test("that cannot be sealed stay as they are, and are said to have failed", () => {
    write();
    const before = replica();
    const refused = write({ replicas: [{ region: "eu-west-1", status: "InSync", kmsKeyId: "alias/none" }] }, 9);
    expect(refused.replicas).toEqual([
      {
        region: "eu-west-1",
        status: "Failed",
        kmsKeyId: "alias/none",
        statusMessage: "Replication failed: Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found.",
      },
    ]);
    write({ ...refused, description: "later" }, 10);
    expect(replica()).toEqual(before);
  });

  test("there are none of a secret that has none", () => {
    const { replicas: _, ...alone } = secretOf();
    expect(state.commit(() => writeSecret(parts(), alone, 7))).toEqual(alone);
    expect(state.table(secrets).size).toBe(1);
  });
});

describe("a parameter", () => {
  const named = { ...scope, name: "/db", more: "not kept" };
  const keep = (keyId: string) => {
    const sealed = sealParameter(parts(), named, { version: 2, keyId }, "text");
    if ("refusal" in sealed) throw new Error(sealed.refusal.message);
    return { type: "SecureString", version: 2, ...sealed } as never;
  };

  test.each([
    ["alias/mine", true],
    ["", false],
    ["alias/aws/ssm", false],
    ["arn:aws:kms:us-east-1:123456789012:alias/aws/ssm", false],
  ])("has a key of its own in %j: %s", (keyId, own) => {
    expect(isOwnKey(keyId)).toBe(own);
  });

  test("is sealed for its name and version, and opens so", () => {
    for (const keyId of ["", key.id]) {
      const kept = keep(keyId) as { readonly value: string; readonly keyArn?: string };
      expect([kept.keyArn, kept.value.includes("text")]).toEqual([keyId === "" ? undefined : key.arn, false]);
      expect(openParameter(parts(), named, kept as never)).toEqual({ clear: "text" });
    }
    expect(openParameter(parts(), { ...named, name: "/other" }, keep(key.id))).toMatchObject({
      refusal: { code: "InvalidCiphertextException" },
    });
    expect(() => openParameter(parts(), { ...named, name: "/other" }, keep(""))).toThrow(/authenticate data/);
    expect(() => openParameter(parts(), named, { ...(keep("") as object), version: 3 } as never)).toThrow(/authenticate data/);
  });

  test("that is no secret is in clear, and under a key that cannot, nothing is", () => {
    expect(openParameter(parts(), named, { type: "String", version: 1, value: "text" } as never)).toEqual({ clear: "text" });
    const kept = keep(key.id);
    disable();
    expect(openParameter(parts(), named, kept)).toMatchObject({ refusal: { code: "DisabledException" } });
    expect(sealParameter(parts(), named, { version: 3, keyId: key.id }, "x")).toMatchObject({ refusal: { code: "DisabledException" } });
  });
});

describe("credentials of an upstream registry", () => {
  const open = (text: string | undefined, changes: Partial<SecretRecord> = {}) => {
    const owner = secretOf(changes);
    const held = { ...owner, versions: text === undefined ? [] : [version(owner, "v", text, ["AWSCURRENT"])] };
    return [openCredentials(parts(), held), problemOf(parts(), held)];
  };
  const OUT_OF_REACH = {
    problem: "UnableToAccessSecretException",
    message: "The secret is unable to be accessed. Verify the resource permissions for the secret and try again.",
  };
  const MALFORMED = {
    problem: "UnableToAccessSecretException",
    message: "The secret must be a JSON object with the texts username and accessToken.",
  };

  test.each<[string, string | undefined, object, object | undefined]>([
    ["are a user and a token", '{"username":"u","accessToken":"t"}', { username: "u", password: "t" }, undefined],
    ["need a token", '{"username":"u"}', MALFORMED, undefined],
    ["need a user", '{"accessToken":"t"}', MALFORMED, undefined],
    ["are texts", '{"username":1,"accessToken":"t"}', MALFORMED, undefined],
    ["are texts both", '{"username":"u","accessToken":1}', MALFORMED, undefined],
    ["are not null", "null", MALFORMED, undefined],
    ["are JSON", "u:t", MALFORMED, undefined],
    ["are not there yet", undefined, OUT_OF_REACH, undefined],
  ])("%s", (_, text, found, problem) => {
    expect(open(text)).toEqual([found, problem]);
  });

  test("are out of reach where the secret is about to go, or its key cannot decrypt", () => {
    expect(open('{"username":"u","accessToken":"t"}', { deletionDate: 99 })).toEqual([OUT_OF_REACH, OUT_OF_REACH]);
    const owner = secretOf({ kmsKeyId: key.id });
    const held = { ...owner, versions: [version(owner, "v", "{}", ["AWSCURRENT"])] };
    disable();
    const problem = {
      problem: "UnableToDecryptSecretValueException",
      message: "The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again.",
    };
    expect([openCredentials(parts(), held), problemOf(parts(), held)]).toEqual([problem, problem]);
    expect(secretIsMissing()).toEqual({
      problem: "SecretNotFoundException",
      message:
        "The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.",
    });
    expect(CREDENTIAL_PREFIX).toBe("ecr-pullthroughcache/");
  });
});
