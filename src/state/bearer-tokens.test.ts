import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { Principal, RoleSessionPrincipal, UserPrincipal } from "../domain/principal.ts";
import { putRole } from "../testing/roles.ts";
import { roleBehind, userBehind } from "./bearers.ts";
import {
  defaultVersion,
  openAccessKey,
  roles,
  sealAccessKey,
  users,
  type AccessKeyRecord,
  type PolicyRecord,
  type UserRecord,
} from "./iam.ts";
import { JournaledState } from "./journaled-state.ts";
import { LAYER_DOWNLOAD_LIFETIME_MS, layerDownloadPath, readLayerDownload } from "./layer-download.ts";
import { mintRegistryToken, readRegistryToken, registryTokenEnd, REGISTRY_TOKEN_LIFETIME_MS, REGISTRY_USER } from "./registry-token.ts";

const box = secretBox(Buffer.alloc(32, 1));
const other = secretBox(Buffer.alloc(32, 2));
const scope = { account: "123456789012", region: "us-east-1" };

describe("a download URL", () => {
  const download = { ...scope, repository: "team/app", madeAt: 5, digest: "sha256:ab12", expiresAt: 99 };
  const path = layerDownloadPath(box, download);
  const read = (url: string, secrets = box) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    return readLayerDownload(secrets, pathname, searchParams);
  };

  test("names one layer, and is read by who made it", () => {
    expect(path).toMatch(/^\/ecr-download\/123456789012\/us-east-1\/team\/app\/sha256:ab12\?made=5&expires=99&signature=[0-9a-f]{64}$/);
    expect(read(path)).toEqual(download);
    expect(read(path, other)).toBeUndefined();
    expect(LAYER_DOWNLOAD_LIFETIME_MS).toBe(3_600_000);
  });

  test.each<[string, RegExp, string]>([
    ["account", /123456789012/, "210987654321"],
    ["account that is none", /123456789012/, "1"],
    ["region", /us-east-1/, "us-east-2"],
    ["region that is none", /us-east-1/, "US"],
    ["repository", /team/, "meat"],
    ["digest", /ab12/, "ab13"],
    ["digest that is none", /ab12/, "xyz"],
    ["time of making", /made=5/, "made=6"],
    ["time that is none", /made=5/, "made=0x5"],
    ["no time of making", /made=5&/, ""],
    ["end", /expires=99/, "expires=100"],
    ["end beyond all", /expires=99/, "expires=9999999999999999"],
    ["no end", /expires=99&/, ""],
    ["signature", /signature=./, "signature=x"],
    ["short signature", /.$/, ""],
    ["no signature", /&signature=.*/, ""],
    ["place before it", /^/, "/x"],
  ])("with another %s opens nothing", (_, part, changed) => {
    expect(read(path.replace(part, changed))).toBeUndefined();
  });
});

describe("a registry's token", () => {
  const claims = { ...scope, holder: { kind: "container-instance", account: scope.account }, issuedAt: 1, expiresAt: 2 } as const;

  test("says what was written, to who wrote it", () => {
    const token = mintRegistryToken(box, claims);
    expect(readRegistryToken(box, token)).toEqual(claims);
    expect(readRegistryToken(box, token)).toBe(readRegistryToken(box, token));
    expect(readRegistryToken(other, token)).toBeUndefined();
    for (const text of ["", "x", token.slice(1), box.seal(Buffer.from("{}"), "something else")])
      expect(readRegistryToken(box, text)).toBeUndefined();
    expect(REGISTRY_USER).toBe("AWS");
  });

  test("is read anew after a thousand others", () => {
    const first = mintRegistryToken(box, claims);
    const read = readRegistryToken(box, first);
    for (let at = 0; at < 1000; at += 1) readRegistryToken(box, mintRegistryToken(box, { ...claims, issuedAt: at }));
    expect(readRegistryToken(box, first)).toEqual(read);
    expect(readRegistryToken(box, first)).not.toBe(read);
  });

  test("ends after twelve hours, or with the session that it was asked for with", () => {
    expect(REGISTRY_TOKEN_LIFETIME_MS).toBe(43_200_000);
    const principal = (expiresAt?: number) => (expiresAt === undefined ? {} : { session: { expiresAt } }) as Principal;
    expect([principal(), principal(50), principal(1e9)].map((one) => registryTokenEnd(one, 10))).toEqual([43_200_010, 50, 43_200_010]);
  });
});

describe("who a principal is", () => {
  const state = new JournaledState(memoryJournal());
  const role = putRole(state, "app");
  const user = state.commit(() =>
    state.table(users).put({ account: scope.account, name: "ada", id: "AIDA1", groups: [], attachedPolicies: [] } as unknown as UserRecord),
  );
  const session = (parts: object): RoleSessionPrincipal =>
    ({
      kind: "role-session",
      account: scope.account,
      roleName: "app",
      userId: `${role.id}:s`,
      ...parts,
    }) as unknown as RoleSessionPrincipal;
  const asUser = (parts: object): UserPrincipal =>
    ({ kind: "user", account: scope.account, userName: "ada", userId: "AIDA1", ...parts }) as unknown as UserPrincipal;

  test.each<[string, object, boolean]>([
    ["the role itself", {}, true],
    ["one of its name", { userId: "AROAOTHER:s" }, false],
    ["one of another account", { account: "210987654321" }, false],
    ["one that is gone", { roleName: "gone" }, false],
  ])("the role of a session: %s", (_, parts, there) => {
    expect(roleBehind(state, session(parts))).toBe(there ? state.table(roles).get(`${scope.account}/app`) : undefined);
  });

  test.each<[string, object, boolean]>([
    ["a user", {}, true],
    ["one of its name", { userId: "AIDA2" }, false],
    ["one of another account", { account: "210987654321" }, false],
    ["one that is gone", { userName: "gone" }, false],
    ["one without a name", { userName: undefined }, false],
    ["who asked for a federated one", { kind: "federated-user", userId: "other", sponsorId: "AIDA1" }, true],
    ["who did not", { kind: "federated-user", userId: "AIDA1", sponsorId: "AIDA2" }, false],
  ])("a user: %s", (_, parts, there) => {
    expect(userBehind(state, asUser(parts))).toBe(there ? user : undefined);
  });
});

test("a secret access key opens for its own id, by who sealed it", () => {
  const sealed = sealAccessKey(box, "AKIA1", "secret");
  const record = (id: string) => ({ id, sealed }) as AccessKeyRecord;
  expect([openAccessKey(box, record("AKIA1")), sealed.includes("secret")]).toEqual(["secret", false]);
  expect(() => openAccessKey(box, record("AKIA2"))).toThrow(/authenticate data/);
  expect(() => openAccessKey(other, record("AKIA1"))).toThrow(/authenticate data/);
});

test("a policy says what its default version does", () => {
  const versions = ["v1", "v3"].map((id) => ({ id, document: id, createdAt: 0 }));
  const policy = (defaultVersionId: string) => ({ arn: "arn:policy", versions, defaultVersionId }) as unknown as PolicyRecord;
  expect(["v1", "v3"].map((id) => defaultVersion(policy(id)).document)).toEqual(["v1", "v3"]);
  expect(() => defaultVersion(policy("v2"))).toThrow("the policy arn:policy has no version v2");
});
