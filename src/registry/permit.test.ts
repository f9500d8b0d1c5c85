import { describe, expect, test } from "vitest";
import { systemIds } from "../drivers/system/ids.ts";
import { plainSession, serviceSession } from "../authorization/role-session.ts";
import type { Principal } from "../domain/principal.ts";
import { accessKeys, roleKey, roles, sealAccessKey, users } from "../state/iam.ts";
import { repositories } from "../state/ecr.ts";
import { mintRegistryToken } from "../state/registry-token.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { putRole } from "../testing/roles.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const KEY = "AKIAREGISTRYREADER00";
const READ = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];
const PUSH = [...READ, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"];

function putRepository({ platform: { state } }: RegistryWorld, name: string, policy?: object): void {
  const repository = {
    ...SCOPE,
    arn: `arn:aws:ecr:us-east-1:123456789012:repository/${name}`,
    name,
    tagMutability: "MUTABLE" as const,
    tagMutabilityExclusions: [],
    scanOnPush: false,
    encryption: { encryptionType: "AES256" as const },
    tags: [],
    createdAt: 0,
  };
  state.commit(() => state.table(repositories).put(policy ? { ...repository, policy: JSON.stringify(policy) } : repository));
}

/** A user with an access key and one policy; gives the principal that signs with it. */
function putReader({ platform }: RegistryWorld, actions: readonly string[], resource = "*"): Principal {
  const { state, secrets, credentials } = platform;
  const { account } = SCOPE;
  const user = { id: "AIDAREADER", arn: `arn:aws:iam::${account}:user/reader`, name: "reader", path: "/", account };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: resource }] });
  const rest = { attachedPolicies: [], groups: [], tags: [], createdAt: 0 };
  state.commit(() => {
    state.table(users).put({ ...user, inlinePolicies: { all: policy }, ...rest });
    const sealed = sealAccessKey(secrets, KEY, "secret");
    state.table(accessKeys).put({ id: KEY, account, userName: "reader", status: "Active", sealed, createdAt: 0 });
  });
  const found = credentials.find(KEY, undefined, 0);
  if (found.kind !== "found") throw new Error("the key was just made");
  return found.principal;
}

function tokenOf({ platform: { secrets, clock } }: RegistryWorld, principal: Principal, scope = SCOPE): { readonly authorization: string } {
  const now = clock.now();
  const claims = { ...scope, holder: { kind: "principal", principal }, issuedAt: now, expiresAt: now + 60_000 } as const;
  return { authorization: `Basic ${Buffer.from(`AWS:${mintRegistryToken(secrets, claims)}`).toString("base64")}` };
}

async function said(answer: Response): Promise<string> {
  if (answer.ok) return String(answer.status);
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return `${answer.status} ${errors[0]?.code}: ${errors[0]?.message}`;
}

const blob = `sha256:${"0".repeat(64)}`;

describe("each request asks for the action that ECR maps it to", () => {
  test.each([
    ["GET", "/v2/app/manifests/v1", "ecr:BatchGetImage"],
    ["GET", `/v2/app/blobs/${blob}`, "ecr:GetDownloadUrlForLayer"],
    ["POST", "/v2/app/blobs/uploads/", "ecr:InitiateLayerUpload"],
    ["PATCH", "/v2/app/blobs/uploads/x", "ecr:UploadLayerPart"],
    ["PUT", "/v2/app/blobs/uploads/x", "ecr:CompleteLayerUpload"],
    ["PUT", "/v2/app/manifests/v1", "ecr:PutImage"],
    ["DELETE", "/v2/app/manifests/v1", "ecr:BatchDeleteImage"],
    ["DELETE", `/v2/app/blobs/${blob}`, "ecr:BatchDeleteImage"],
    ["GET", "/v2/app/tags/list", "ecr:ListImages"],
    ["GET", "/v2/app/blobs/uploads/x", "ecr:UploadLayerPart"],
    ["DELETE", "/v2/app/blobs/uploads/x", "ecr:UploadLayerPart"],
    ["GET", `/v2/app/referrers/${blob}`, "ecr:BatchGetImage"],
    ["GET", "/v2/app/_airfield/sbom/v1", "ecr:GetDownloadUrlForLayer"],
  ])("%s %s: %s", async (method, path, action) => {
    await using world = await registryWorld();
    putRepository(world, "app");
    const headers = tokenOf(world, putReader(world, ["sts:GetCallerIdentity"]));
    expect(await said(await world.fetch(path, { method, headers }))).toBe(
      `403 DENIED: User: arn:aws:iam::123456789012:user/reader is not authorized to perform: ${action} on resource: arn:aws:ecr:us-east-1:123456789012:repository/app because no identity-based policy allows the ${action} action`,
    );
    const allowed = tokenOf(world, putReader(world, [action], "arn:aws:ecr:us-east-1:123456789012:repository/app"));
    expect((await world.fetch(path, { method, headers: allowed })).status).not.toBe(403);
    expect((await world.fetch(path.replace("app", "other"), { method, headers: allowed })).status).toBe(403);
  });

  test("GET of the catalog: ecr:DescribeRepositories, for all repositories of the registry", async () => {
    await using world = await registryWorld();
    const ask = async (resource: string): Promise<string> =>
      said(await world.fetch("/v2/_catalog", { headers: tokenOf(world, putReader(world, ["ecr:DescribeRepositories"], resource)) }));
    const all = "arn:aws:ecr:us-east-1:123456789012:repository/*";
    expect(await ask("arn:aws:ecr:us-east-1:123456789012:repository/app")).toContain(
      `ecr:DescribeRepositories on resource: ${all} because`,
    );
    expect([await ask(all), await ask("*")]).toEqual(["200", "200"]);
  });

  test("HEAD of a blob: ecr:BatchCheckLayerAvailability", async () => {
    await using world = await registryWorld();
    putRepository(world, "app");
    const ask = (headers: object): Promise<Response> => world.fetch(`/v2/app/blobs/${blob}`, { method: "HEAD", headers: { ...headers } });
    expect((await ask(tokenOf(world, putReader(world, ["ecr:BatchGetImage"])))).status).toBe(403);
    expect((await ask(tokenOf(world, putReader(world, ["ecr:BatchCheckLayerAvailability"])))).status).toBe(404);
  });
});

test("a login is good whatever its holder may do", async () => {
  await using world = await registryWorld();
  expect((await world.fetch("/v2/", { headers: tokenOf(world, putReader(world, ["sts:GetCallerIdentity"])) })).status).toBe(200);
});

describe("a token is not better than the credentials it was made with", () => {
  const over = "403 DENIED: Your authorization token has expired. Reauthenticate and try again.";

  test.each([
    ["the key is deactivated", (world: RegistryWorld) => changeKey(world, "Inactive")],
    ["the key is deleted", (world: RegistryWorld) => changeKey(world, undefined)],
    [
      "the user is gone",
      ({ platform: { state } }: RegistryWorld) => state.commit(() => state.table(users).delete(roleKey(SCOPE.account, "reader"))),
    ],
  ])("%s", async (_what, change) => {
    await using world = await registryWorld();
    const headers = tokenOf(world, putReader(world, READ));
    expect((await world.fetch("/v2/", { headers })).status).toBe(200);
    change(world);
    expect(await said(await world.fetch("/v2/", { headers }))).toBe(over);
  });

  test.each([
    ["the role's session is over", 0, () => undefined],
    [
      "the role is gone",
      60,
      ({ platform: { state } }: RegistryWorld) => state.commit(() => state.table(roles).delete(roleKey(SCOPE.account, "ci"))),
    ],
    ["the role was made anew", 60, ({ platform: { state } }: RegistryWorld) => renew(state)],
  ])("%s", async (_what, lifetime, change) => {
    await using world = await registryWorld();
    const { state, clock } = world.platform;
    const session = plainSession(clock.now(), lifetime);
    const headers = tokenOf(world, serviceSession(putRole(state, "ci"), "deploy", session, systemIds));
    change(world);
    expect(await said(await world.fetch("/v2/", { headers }))).toBe(over);
  });

  function changeKey({ platform: { state } }: RegistryWorld, status: "Inactive" | undefined): void {
    const key = state.table(accessKeys).get(KEY);
    state.commit(() => (key && status ? state.table(accessKeys).put({ ...key, status }) : state.table(accessKeys).delete(KEY)));
  }

  function renew(state: RegistryWorld["platform"]["state"]): void {
    const role = putRole(state, "ci");
    state.commit(() => state.table(roles).put({ ...role, id: "AROAANOTHERONE000000" }));
  }
});

describe("a repository's policy counts", () => {
  const statement = (Effect: string, who: string): object => ({
    Version: "2012-10-17",
    Statement: [{ Effect, Principal: { AWS: who }, Action: "ecr:BatchGetImage" }],
  });
  const ask = (world: RegistryWorld, principal: Principal): Promise<Response> =>
    world.fetch("/v2/app/manifests/v1", { headers: tokenOf(world, principal) });

  test("it opens what the user's own policies do not", async () => {
    await using world = await registryWorld();
    putRepository(world, "app", statement("Allow", "arn:aws:iam::123456789012:user/reader"));
    expect((await ask(world, putReader(world, ["sts:GetCallerIdentity"]))).status).toBe(404);
  });

  test("it denies what they allow, and the text says so", async () => {
    await using world = await registryWorld();
    putRepository(world, "app", statement("Deny", "*"));
    expect(await said(await ask(world, putReader(world, READ)))).toMatch(/with an explicit deny in a resource-based policy$/);
  });

  test("it opens the repository to a role of another account, in that account's registry", async () => {
    await using world = await registryWorld();
    putRepository(world, "app");
    const foreign = putRole(world.platform.state, "puller", {
      account: "210987654321",
      allows: [{ Effect: "Allow", Action: "ecr:*", Resource: "*" }],
    });
    const session = serviceSession(foreign, "s", plainSession(world.platform.clock.now(), 60), systemIds);
    expect((await ask(world, session)).status).toBe(403);
    putRepository(world, "app", statement("Allow", foreign.arn));
    expect((await ask(world, session)).status).toBe(404);
  });
});

test.each(["&from=secret", ""])("a blob of a repository that one may not read is not mounted into one's own (mount%s)", async (from) => {
  await using world = await registryWorld();
  putRepository(world, "secret");
  putRepository(world, "mine");
  const bytes = Buffer.from("layer");
  const digest = "sha256:" + (await crypto.subtle.digest("SHA-256", bytes).then((hash) => Buffer.from(hash).toString("hex")));
  expect((await world.fetch(`/v2/secret/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes })).status).toBe(201);
  const mount = (headers?: object): Promise<Response> =>
    world.fetch(`/v2/mine/blobs/uploads/?mount=${digest}${from}`, { method: "POST", headers: { ...headers } });
  const mine = "arn:aws:ecr:us-east-1:123456789012:repository/mine";
  expect((await mount(tokenOf(world, putReader(world, PUSH, mine)))).status).toBe(202);
  expect((await mount(tokenOf(world, putReader(world, PUSH)))).status).toBe(201);
});
