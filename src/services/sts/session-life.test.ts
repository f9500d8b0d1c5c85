import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { accessKeys, roleKey, roles, users } from "../../state/iam.ts";
import { apiWorld, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { policyText, putRole } from "../../testing/role-record.ts";

const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };
const TRUST = [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }];
const ROLE = { name: "deploy", trust: TRUST, may: [EVERYTHING] };

/** Calls in each of the three families of protocols. */
const CALLS = {
  json: (world: World, keys: Keys) => client(world, ECSClient, keys).send(new ListClustersCommand()),
  query: (world: World, keys: Keys) => client(world, STSClient, keys).send(new GetCallerIdentityCommand()),
  ec2: (world: World, keys: Keys) => client(world, EC2Client, keys).send(new DescribeVpcsCommand()),
} as const;
const FAMILIES = Object.keys(CALLS) as (keyof typeof CALLS)[];

interface World extends AsyncDisposable {
  readonly api: ApiWorld;
  readonly clock: ManualClock;
  readonly ana: Keys;
  readonly session: Keys;
}

/** A user who has taken a role, under a clock that stands still. */
async function sessionWorld(): Promise<World> {
  const clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
  const api = await apiWorld({ clock });
  putRole(api.platform, ROLE);
  const ana = api.user("ana", { Version: "2012-10-17", Statement: [EVERYTHING] });
  const world = { api, clock, ana, session: ana, [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose]() };
  return { ...world, session: await assume(world, ana) };
}

async function assume(world: Pick<World, "api" | "clock">, keys: Keys): Promise<Keys> {
  const input = { RoleArn: "arn:aws:iam::123456789012:role/deploy", RoleSessionName: "session" };
  const { Credentials } = await client(world, STSClient, keys).send(new AssumeRoleCommand(input));
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
}

/** A client whose clock is the world's. */
function client<C>({ api, clock }: Pick<World, "api" | "clock">, constructor: new (config: never) => C, credentials: Keys): C {
  const systemClockOffset = clock.now() - Date.now();
  return new constructor({ endpoint: api.url, region: "us-east-1", credentials, maxAttempts: 1, systemClockOffset } as never);
}

describe("a session is over after its hour", () => {
  test.each<[keyof typeof CALLS, string, string]>([
    ["json", "ExpiredTokenException", "The security token included in the request is expired"],
    ["query", "ExpiredToken", "The security token included in the request is expired"],
    ["ec2", "RequestExpired", "Request has expired."],
  ])("and told so in the %s family", async (family, name, message) => {
    await using world = await sessionWorld();
    world.clock.advance(3_599_000);
    await CALLS[family](world, world.session);
    world.clock.advance(1000);
    await expect(CALLS[family](world, world.session)).rejects.toMatchObject({ name, message });
  });
});

const UNKNOWN = { json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" } as const;

describe.each(FAMILIES)("in the %s family, credentials count for nothing", (family) => {
  test.each<[string, (world: World) => Keys | Promise<Keys>]>([
    [
      "with the token of another session",
      async (world) => ({ ...world.session, sessionToken: (await assume(world, world.ana)).sessionToken! }),
    ],
    ["with the key of another session", async (world) => ({ ...world.session, accessKeyId: (await assume(world, world.ana)).accessKeyId })],
    ["with a token that was changed", ({ session }) => ({ ...session, sessionToken: session.sessionToken!.replace(/.{4}$/, "AAA=") })],
    ["with a token that is made up", ({ session }) => ({ ...session, sessionToken: "made-up" })],
    ["without their token", ({ session: { accessKeyId, secretAccessKey } }) => ({ accessKeyId, secretAccessKey })],
    ["with a token beside a user's own key", ({ ana, session }) => ({ ...ana, sessionToken: session.sessionToken! })],
    [
      "when the role is gone",
      ({ api, session }) => {
        api.state.commit(() => api.state.table(roles).delete(roleKey("123456789012", "deploy")));
        return session;
      },
    ],
    [
      "when the role is a new one of the same name",
      ({ api, session }) => {
        putRole(api.platform, ROLE);
        return session;
      },
    ],
  ])("%s", async (_what, change) => {
    await using world = await sessionWorld();
    const keys = await change(world);
    await expect(CALLS[family](world, keys)).rejects.toMatchObject({ name: UNKNOWN[family] });
    expect(world.api.defects).toEqual([]);
  });
});

test("a wrong secret beside a good token is a wrong signature, also when the session is over", async () => {
  await using world = await sessionWorld();
  const keys = { ...world.session, secretAccessKey: "wrong" };
  await expect(CALLS.query(world, keys)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  world.clock.advance(3_600_000);
  await expect(CALLS.query(world, keys)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
});

test("a session outlives the key and the user that asked for it, as on AWS", async () => {
  await using world = await sessionWorld();
  const { api, session, ana } = world;
  api.state.commit(() => {
    api.state.table(accessKeys).delete(ana.accessKeyId);
    api.state.table(users).delete(roleKey("123456789012", "ana"));
  });
  expect(await CALLS.query(world, session)).toMatchObject({ Arn: "arn:aws:sts::123456789012:assumed-role/deploy/session" });
});

test("older sessions are revoked by a policy on the time of their tokens, later ones are not", async () => {
  await using world = await sessionWorld();
  const { api, clock, session } = world;
  const revoked = { DateLessThan: { "aws:TokenIssueTime": new Date(clock.now() + 1000).toISOString() } };
  const role = api.state.table(roles).get(roleKey("123456789012", "deploy"))!;
  const AWSRevokeOlderSessions = policyText([{ Effect: "Deny", Action: "*", Resource: "*", Condition: revoked }]);
  api.state.commit(() => api.state.table(roles).put({ ...role, inlinePolicies: { ...role.inlinePolicies, AWSRevokeOlderSessions } }));
  await expect(CALLS.json(world, session)).rejects.toThrow("with an explicit deny in an identity-based policy");
  clock.advance(1000);
  const later = await assume(world, world.ana);
  expect(await CALLS.json(world, later)).toMatchObject({ clusterArns: [] });
});

test("a changed role is what its sessions may from then on", async () => {
  await using world = await sessionWorld();
  const { api, session } = world;
  const role = api.state.table(roles).get(roleKey("123456789012", "deploy"))!;
  api.state.commit(() => api.state.table(roles).put({ ...role, inlinePolicies: {} }));
  await expect(CALLS.json(world, session)).rejects.toThrow("because no identity-based policy allows the ecs:ListClusters action");
});
