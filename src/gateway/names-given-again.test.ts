import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
} from "@aws-sdk/client-ecr";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import {
  CreateAccessKeyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
  type Credentials,
} from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "../domain/principal.ts";
import { SERVICES } from "../services/catalogue.ts";
import { FOREIGN_ACCOUNT, FOREIGN_KEYS, type Keys } from "../testing/api-world.ts";
import { issuerKey, oidcIssuer, signToken } from "../testing/oidc-issuer.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { membersOf } from "../testing/schema-members.ts";
import { digestOf, pushImageTo, smallImage } from "../testing/small-image.ts";
import { definitionRecord, putTask, taskRecord } from "../testing/task-record.ts";
import { loadService } from "./loaded-service.ts";
import { TaskCredentials } from "./task-endpoint/task-credentials.ts";

// A name is given again when its bearer is gone, and nothing that the first one held may work for the second. Made from two tables: every
// kind of principal, and every operation that hands out something to come in with. The types and the schemas tell of one that is missing.

const ALL = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
const HELPER = "arn:aws:iam::123456789012:user/helper";
const trust = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
const TRUST = trust({ Principal: { AWS: HELPER, Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" });
const ROLE = "arn:aws:iam::123456789012:role/deploy";

let world: RegistryWorld;
let helper: Keys;
beforeEach(async () => {
  world = await registryWorld();
  world.roots.set(FOREIGN_ACCOUNT, { account: FOREIGN_ACCOUNT, ...FOREIGN_KEYS });
  helper = await makeUser("helper");
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
});
afterEach(() => world[Symbol.asyncDispose]());

/** What is said of credentials that count for nothing any more, by the APIs and by the registry. */
const GONE = /^(The security token included in the request is invalid\.?|the registry answers 403)$/;

const iam = (): IAMClient => world.client(IAMClient);
const sts = (keys?: Keys): STSClient => world.client(STSClient, "us-east-1", keys);
const keysOf = ({ AccessKeyId, SecretAccessKey, SessionToken }: Credentials): Keys => ({
  accessKeyId: AccessKeyId!,
  secretAccessKey: SecretAccessKey!,
  sessionToken: SessionToken!,
});

async function makeUser(UserName: string): Promise<Keys> {
  await iam().send(new CreateUserCommand({ UserName }));
  await iam().send(new PutUserPolicyCommand({ UserName, PolicyName: "all", PolicyDocument: ALL }));
  const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
}

async function dropUser(UserName: string): Promise<void> {
  const { AccessKeyMetadata = [] } = await iam().send(new ListAccessKeysCommand({ UserName }));
  for (const { AccessKeyId } of AccessKeyMetadata) await iam().send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
  await iam().send(new DeleteUserPolicyCommand({ UserName, PolicyName: "all" }));
  await iam().send(new DeleteUserCommand({ UserName }));
}

async function makeRole(AssumeRolePolicyDocument = TRUST): Promise<void> {
  await iam().send(new CreateRoleCommand({ RoleName: "deploy", AssumeRolePolicyDocument }));
  await iam().send(new PutRolePolicyCommand({ RoleName: "deploy", PolicyName: "all", PolicyDocument: ALL }));
}

async function dropRole(): Promise<void> {
  await iam().send(new DeleteRolePolicyCommand({ RoleName: "deploy", PolicyName: "all" }));
  await iam().send(new DeleteRoleCommand({ RoleName: "deploy" }));
}

/** A principal that can be deleted. */
interface Bearer {
  /** Makes it, and gives keys under which it asks. */
  make(): Promise<Keys>;
  /** Deletes it, and makes another one of the same name that may do the same. */
  makeAnew(): Promise<unknown>;
}

const USER: Bearer = {
  make: () => makeUser("bob"),
  async makeAnew() {
    await dropUser("bob");
    await makeUser("bob");
  },
};

const BEARERS: Readonly<Record<Exclude<Principal["kind"], "anonymous">, Bearer>> = {
  root: {
    make: () => Promise.resolve(FOREIGN_KEYS),
    async makeAnew() {
      world.roots.delete(FOREIGN_ACCOUNT);
      world.roots.set(FOREIGN_ACCOUNT, { account: FOREIGN_ACCOUNT, accessKeyId: "AKIAFOREIGNROOTAGAIN", secretAccessKey: "another" });
      await Promise.resolve();
    },
  },
  user: USER,
  "role-session": {
    async make() {
      await makeRole();
      return await issued("sts:AssumeRole", helper);
    },
    async makeAnew() {
      await dropRole();
      await makeRole();
    },
  },
  "federated-user": { ...USER, make: async () => await issued("sts:GetFederationToken", await makeUser("bob")) },
};

/** Something to come in with: rejects where it is refused. */
type Use = () => Promise<unknown>;

/** Credentials that are keys, by the operation that hands them out. */
const KEYS: Readonly<Record<string, (by: Keys) => Promise<Keys>>> = {
  "iam:CreateAccessKey": async (by) => {
    // It is for the caller itself, who may have another one already.
    const { AccessKey } = await world.client(IAMClient, "us-east-1", by).send(new CreateAccessKeyCommand({}));
    return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  },
  "sts:GetSessionToken": async (by) => keysOf((await sts(by).send(new GetSessionTokenCommand({}))).Credentials!),
  "sts:GetFederationToken": async (by) =>
    keysOf((await sts(by).send(new GetFederationTokenCommand({ Name: "bob", Policy: ALL }))).Credentials!),
  "sts:AssumeRole": async (by) =>
    keysOf((await sts(by).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "bob" }))).Credentials!),
};

async function issued(operation: string, by: Keys): Promise<Keys> {
  const issue = KEYS[operation];
  if (!issue) throw new Error(`${operation} is not in the table`);
  return await issue(by);
}

const call =
  (keys: Keys): Use =>
  () =>
    world.client(ECSClient, "us-east-1", keys).send(new ListClustersCommand());

async function dockerLogin(keys: Keys): Promise<Use> {
  const { authorizationData } = await world.client(ECRClient, "us-east-1", keys).send(new GetAuthorizationTokenCommand());
  const headers = { authorization: `Basic ${authorizationData![0]!.authorizationToken}` };
  return async () => {
    const { status } = await world.fetch("/v2/", { headers });
    if (status !== 200) throw new Error(`the registry answers ${status}`);
  };
}

/** Which principals get what: a row for each operation that gives out something to come in with. */
const CREDENTIALS: Readonly<Record<string, readonly (readonly [kind: keyof typeof BEARERS, get: (by: Keys) => Promise<Use>])[]>> = {
  "iam:CreateAccessKey": [["user", async (by) => call(await issued("iam:CreateAccessKey", by))]],
  "sts:GetSessionToken": [
    ["user", async (by) => call(await issued("sts:GetSessionToken", by))],
    ["root", async (by) => call(await issued("sts:GetSessionToken", by))],
  ],
  "sts:GetFederationToken": [
    ["user", async (by) => call(await issued("sts:GetFederationToken", by))],
    ["root", async (by) => call(await issued("sts:GetFederationToken", by))],
    ["federated-user", (by) => Promise.resolve(call(by))],
  ],
  "sts:AssumeRole": [["role-session", (by) => Promise.resolve(call(by))]],
  "ecr:GetAuthorizationToken": (["root", "user", "role-session", "federated-user"] as const).map((kind) => [kind, dockerLogin] as const),
};

/** Tried by themselves, below: their bearers are no principals, or made by others. */
const OTHERS = ["sts:AssumeRoleWithWebIdentity", "ecr:GetDownloadUrlForLayer"];
/** It opens nothing by itself: who brings it along is asked for, and a grant forgets who is deleted (`forgotten-principal.test.ts`). */
const OPENS_NOTHING = ["kms:CreateGrant"];

const ROWS = Object.entries(CREDENTIALS).flatMap(([operation, rows]) => rows.map(([kind, get]) => [operation, kind, get] as const));

test.each(ROWS)("%s: what a %s got works for it, and not for the next one of its name", async (_operation, kind, get) => {
  const use = await get(await BEARERS[kind].make());
  await use();
  await BEARERS[kind].makeAnew();
  await expect(use()).rejects.toThrow(GONE);
});

test("every operation that hands out something to come in with is in the table", async () => {
  const found: string[] = [];
  for (const descriptor of SERVICES) {
    const service = await loadService(descriptor);
    for (const { name } of service.operations.values()) {
      const { output } = service.schema(name) ?? {};
      if (
        output &&
        membersOf(output).some((member) => /^(secretaccesskey|sessiontoken|authorizationtoken|downloadurl|granttoken)$/i.test(member))
      )
        found.push(`${descriptor.id}:${name}`);
    }
  }
  expect(found.toSorted()).toEqual([...Object.keys(CREDENTIALS), ...OTHERS, ...OPENS_NOTHING].toSorted());
});

test("every kind of principal is in the table", () => {
  expect(new Set(ROWS.map(([, kind]) => kind))).toEqual(new Set(Object.keys(BEARERS)));
});

test("sts:AssumeRoleWithWebIdentity: the session ends with its role", async () => {
  const key = await issuerKey("key-1");
  await using issuer = await oidcIssuer([key.published]);
  const { OpenIDConnectProviderArn } = await iam().send(
    new CreateOpenIDConnectProviderCommand({ Url: issuer.url, ClientIDList: ["sts.amazonaws.com"], ThumbprintList: ["0".repeat(40)] }),
  );
  const trusting = trust({ Principal: { Federated: OpenIDConnectProviderArn }, Action: "sts:AssumeRoleWithWebIdentity" });
  await makeRole(trusting);
  const now = Math.floor(Date.now() / 1000);
  const WebIdentityToken = await signToken(key, { iss: issuer.url, aud: "sts.amazonaws.com", sub: "job", iat: now, exp: now + 300 });
  const { Credentials } = await sts().send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: "job", WebIdentityToken }),
  );
  const uses = [call(keysOf(Credentials!)), await dockerLogin(keysOf(Credentials!))];
  for (const use of uses) await use();
  await dropRole();
  await makeRole(trusting);
  for (const use of uses) await expect(use()).rejects.toThrow(GONE);
});

test("the credentials of a task end with its role", async () => {
  await makeRole();
  const { state } = world.platform;
  const task = putTask(state, taskRecord("0123", { lastStatus: "RUNNING" }), definitionRecord({ taskRoleArn: ROLE }));
  const tasks = new TaskCredentials(world.platform);
  const keys = (): Keys => {
    const { AccessKeyId, SecretAccessKey, Token } = tasks.of(task)!;
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  };
  const first = call(keys());
  await first();
  await dropRole();
  await makeRole();
  await expect(first()).rejects.toThrow(GONE);
  // The task is told those of the role that its definition names now, as on AWS.
  await call(keys())();
});

test("a download URL ends with its repository", async () => {
  const image = smallImage({ content: "0123456789" });
  const ecr = world.client(ECRClient);
  await pushImageTo(world, "app", "v1", image);
  const input = { repositoryName: "app", layerDigest: digestOf("0123456789") };
  const { downloadUrl } = await ecr.send(new GetDownloadUrlForLayerCommand(input));
  expect((await fetch(downloadUrl!)).status).toBe(200);
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "app", force: true }));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  await pushImageTo(world, "app", "v1", image);
  expect((await fetch(downloadUrl!)).status).toBe(404);
  // Nor may it be told that the new one is meant.
  expect((await fetch(downloadUrl!.replace(/made=\d+/, "made=1"))).status).toBe(403);
});

test("a policy that is made again under an ARN allows nothing to sessions that were given the first one", async () => {
  await makeRole();
  const make = (): Promise<unknown> => iam().send(new CreatePolicyCommand({ PolicyName: "session", PolicyDocument: ALL }));
  await make();
  const PolicyArns = [{ arn: "arn:aws:iam::123456789012:policy/session" }];
  const { Credentials } = await sts(helper).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "bob", PolicyArns }));
  const use = call(keysOf(Credentials!));
  await use();
  await iam().send(new DeletePolicyCommand({ PolicyArn: PolicyArns[0]!.arn }));
  await make();
  await expect(use()).rejects.toThrow("because no session policy allows");
});

describe("what somebody has in hand when a key ends", () => {
  // IAM User Guide, "Disabling permissions for temporary security credentials": they live until they expire, or until the user is gone.
  test.each([
    ["deactivated", (AccessKeyId: string) => new UpdateAccessKeyCommand({ UserName: "bob", AccessKeyId, Status: "Inactive" })],
    ["deleted", (AccessKeyId: string) => new DeleteAccessKeyCommand({ UserName: "bob", AccessKeyId })],
  ] as const)("%s: sessions live on, and a registry token that was asked for with the key does not", async (_how, end) => {
    const bob = await makeUser("bob");
    const sessions = [await issued("sts:GetSessionToken", bob), await issued("sts:GetFederationToken", bob)];
    const lasting = [...sessions.map(call), ...(await Promise.all(sessions.map(dockerLogin)))];
    const ending = [call(bob), await dockerLogin(bob)];
    for (const use of [...lasting, ...ending]) await use();
    await iam().send(end(bob.accessKeyId) as DeleteAccessKeyCommand);
    for (const use of lasting) await use();
    for (const use of ending) await expect(use()).rejects.toThrow(GONE);
    await dropUser("bob");
    for (const use of lasting) await expect(use()).rejects.toThrow(GONE);
  });

  test("of root's, which the operator replaces: its sessions end too", async () => {
    const session = await issued("sts:GetSessionToken", FOREIGN_KEYS);
    expect(await sts(session).send(new GetCallerIdentityCommand())).toMatchObject({ Account: FOREIGN_ACCOUNT });
    await BEARERS.root.makeAnew();
    await expect(sts(session).send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });
});
