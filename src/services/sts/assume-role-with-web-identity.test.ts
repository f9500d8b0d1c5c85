import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
  type AssumeRoleWithWebIdentityCommandOutput,
} from "@aws-sdk/client-sts";
import fc from "fast-check";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { readSessionToken } from "../../authorization/session-token.ts";
import { DEFAULT_ACCOUNT } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import { oidcProviders } from "../../state/iam.ts";
import { apiWorld, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { cliEnvironment, runCommand } from "../../testing/aws-cli.ts";
import { fakeIdentityProviders } from "../../testing/fake-identity-providers.ts";
import { DISCOVERY_PATH, issuerKey, KEYS_PATH, oidcIssuer, signToken, type IssuerKey, type OidcIssuer } from "../../testing/oidc-issuer.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { putRole } from "../../testing/role-record.ts";

// The flow of aws-actions/configure-aws-credentials with `role-to-assume` and no keys, against an issuer that does as GitHub's does.

const ROLE = "arn:aws:iam::123456789012:role/github-actions-role";
const SUBJECT = "repo:acme/shop:ref:refs/heads/main";
const ECR_LOGIN = [{ Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" }];

let key: IssuerKey;
let otherKey: IssuerKey;
beforeAll(async () => {
  [key, otherKey] = await Promise.all([issuerKey("key-1"), issuerKey("key-1")]);
});

interface World extends AsyncDisposable {
  readonly api: ApiWorld;
  readonly issuer: OidcIssuer;
  /** The claims of a token of a workflow on the main branch. */
  readonly claims: (more?: object) => Record<string, unknown>;
  readonly assume: (token: string, more?: object) => ReturnType<typeof assumeWith>;
}

/** A role that trusts workflows of one repository, and an issuer that runs. */
async function workflowWorld(clock?: Clock): Promise<World> {
  const issuer = await oidcIssuer([key.published]);
  const api = await apiWorld(clock ? { clock } : {});
  const provider = putProvider(api, issuer.url);
  putRole(api.platform, { name: "github-actions-role", trust: trusting(issuer.url, provider), may: ECR_LOGIN });
  const now = Math.floor(Date.now() / 1000);
  return {
    api,
    issuer,
    claims: (more = {}) => ({ iss: issuer.url, aud: "sts.amazonaws.com", sub: SUBJECT, iat: now, nbf: now, exp: now + 300, ...more }),
    assume: (token, more) => assumeWith(api, token, more),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

/** A token of `https://shop.example.com/`, and an account whose provider and role name that issuer so. */
async function slashWorld(url: string) {
  const iss = "https://shop.example.com/";
  const api = await apiWorld({ identityProviders: fakeIdentityProviders(new Map([[iss, [key.published]]])) });
  putRole(api.platform, { name: "github-actions-role", trust: trusting(url, putProvider(api, url)) });
  const now = Math.floor(Date.now() / 1000);
  const token = await signToken(key, { iss, aud: "sts.amazonaws.com", sub: SUBJECT, iat: now, exp: now + 300 });
  return { api, token, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function putProvider(api: ApiWorld, url: string, clientIds = ["sts.amazonaws.com"]): string {
  const arn = `arn:aws:iam::${DEFAULT_ACCOUNT}:oidc-provider/${url}`;
  const record = { arn, account: DEFAULT_ACCOUNT, url, clientIds, thumbprints: [], tags: [], createdAt: 0 };
  api.state.commit(() => api.state.table(oidcProviders).put(record));
  return arn;
}

const trusting = (url: string, provider: string) => [
  {
    Effect: "Allow",
    Principal: { Federated: provider },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${url}:aud`]: "sts.amazonaws.com" }, StringLike: { [`${url}:sub`]: "repo:acme/shop:*" } },
  },
];

function assumeWith(api: ApiWorld, token: string, more: object = {}) {
  const input = { RoleArn: ROLE, RoleSessionName: "GitHubActions", WebIdentityToken: token, DurationSeconds: 3600, ...more };
  return api.client(STSClient).send(new AssumeRoleWithWebIdentityCommand(input));
}

const keysOf = ({ Credentials }: AssumeRoleWithWebIdentityCommandOutput): Keys => ({
  accessKeyId: Credentials!.AccessKeyId!,
  secretAccessKey: Credentials!.SecretAccessKey!,
  sessionToken: Credentials!.SessionToken!,
});

test("a workflow gets the role's credentials for its token, and is who the role is", async () => {
  await using world = await workflowWorld();
  const { api, issuer } = world;
  const answer = await world.assume(await signToken(key, world.claims()));
  expect(answer).toMatchObject({
    SubjectFromWebIdentityToken: SUBJECT,
    Audience: "sts.amazonaws.com",
    Provider: `arn:aws:iam::123456789012:oidc-provider/${issuer.url}`,
    AssumedRoleUser: { Arn: "arn:aws:sts::123456789012:assumed-role/github-actions-role/GitHubActions" },
  });
  const keys = keysOf(answer);
  const who = await api.client(STSClient, undefined, keys).send(new GetCallerIdentityCommand());
  expect(who).toMatchObject({ Account: DEFAULT_ACCOUNT, UserId: answer.AssumedRoleUser!.AssumedRoleId });
  expect((await api.client(ECRClient, undefined, keys).send(new GetAuthorizationTokenCommand())).authorizationData).toHaveLength(1);
  await expect(api.client(ECSClient, undefined, keys).send(new CreateClusterCommand({ clusterName: "a" }))).rejects.toThrow(
    "is not authorized to perform: ecs:CreateCluster",
  );
  expect(readSessionToken(api.platform.secrets, keys.sessionToken!)?.principal.session?.context).toEqual({
    "aws:FederatedProvider": answer.Provider,
    [`${issuer.url}:sub`]: SUBJECT,
    [`${issuer.url}:aud`]: "sts.amazonaws.com",
  });
  expect(api.defects).toEqual([]);
});

test("the audit log tells who came, and from which issuer; of who was refused, only that somebody came", async () => {
  await using world = await workflowWorld();
  const { api, issuer } = world;
  const tokens = [await signToken(key, world.claims()), await signToken(otherKey, world.claims())];
  await world.assume(tokens[0]!);
  await expect(world.assume(tokens[1]!)).rejects.toMatchObject({ name: "InvalidIdentityTokenException" });
  const wanted = ({ eventName }: { readonly eventName: string }): boolean => eventName === "AssumeRoleWithWebIdentity";
  const { records } = await api.platform.audit.find({ holding: [], wanted, limit: 10 });
  const identityProvider = `arn:aws:iam::123456789012:oidc-provider/${issuer.url}`;
  const principalId = `${identityProvider}:sts.amazonaws.com:${SUBJECT}`;
  expect(records.toReversed()).toMatchObject([
    {
      userIdentity: { type: "WebIdentityUser", principalId, userName: SUBJECT, identityProvider },
      requestParameters: { roleArn: ROLE, roleSessionName: "GitHubActions" },
      recipientAccountId: DEFAULT_ACCOUNT,
    },
    { errorCode: "InvalidIdentityTokenException", recipientAccountId: DEFAULT_ACCOUNT },
  ]);
  expect(records[0]?.userIdentity).toEqual({ type: "WebIdentityUser" });
  expect(records[0]?.["requestParameters"]).toBeNull();
  for (const token of tokens) expect(JSON.stringify(records)).not.toContain(token);
});

test("the command line finds its way from a token file to the role", { timeout: 60_000 }, async () => {
  await using world = await workflowWorld();
  const home = await mkdtemp(join(tmpdir(), "airfield-web-identity-"));
  try {
    const file = join(home, "token");
    await writeFile(file, await signToken(key, world.claims()));
    const {
      AWS_ACCESS_KEY_ID: _key,
      AWS_SECRET_ACCESS_KEY: _secret,
      ...environment
    } = cliEnvironment({
      url: world.api.url,
      accessKeyId: "",
      secretAccessKey: "",
      home,
    });
    const withRole = { ...environment, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE, AWS_ROLE_SESSION_NAME: "GitHubActions" };
    const who = await runCommand("aws", ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"], withRole);
    expect(who).toMatchObject({ code: 0, stdout: "arn:aws:sts::123456789012:assumed-role/github-actions-role/GitHubActions\n" });
    expect((await runCommand("aws", ["ecr", "get-login-password"], withRole)).code).toBe(0);
    await writeFile(file, await signToken(otherKey, world.claims()));
    // Under another name, since the command line keeps the credentials that it has.
    const refused = await runCommand("aws", ["sts", "get-caller-identity"], { ...withRole, AWS_ROLE_SESSION_NAME: "again" });
    expect(refused.stderr).toContain("(InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation");
  } finally {
    await rm(home, { recursive: true });
  }
  expect(world.api.defects).toEqual([]);
});

test("what the command line sets up lets the workflow in", { timeout: 60_000 }, async () => {
  await using issuer = await oidcIssuer([key.published]);
  await using api = await apiWorld();
  const aws = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await api.aws(...args, "--output", "text");
    expect(code, stderr).toBe(0);
    return stdout.trim();
  };
  const client = ["--client-id-list", "sts.amazonaws.com"];
  const provider = await aws(
    "iam",
    "create-open-id-connect-provider",
    "--url",
    issuer.url,
    ...client,
    "--query",
    "OpenIDConnectProviderArn",
  );
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: trusting(issuer.url, provider) });
  await aws("iam", "create-role", "--role-name", "github-actions-role", "--assume-role-policy-document", trust);
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: ECR_LOGIN });
  await aws("iam", "put-role-policy", "--role-name", "github-actions-role", "--policy-name", "ecr", "--policy-document", policy);
  const now = Math.floor(Date.now() / 1000);
  const token = await signToken(key, { iss: issuer.url, aud: "sts.amazonaws.com", sub: SUBJECT, iat: now, exp: now + 300 });
  const keys = keysOf(await assumeWith(api, token));
  expect((await api.client(ECRClient, undefined, keys).send(new GetAuthorizationTokenCommand())).authorizationData).toHaveLength(1);
  expect(api.defects).toEqual([]);
});

test("GitHub's own issuer is known by its claims", async () => {
  const iss = "https://token.actions.githubusercontent.com";
  await using api = await apiWorld({ identityProviders: fakeIdentityProviders(new Map([[iss, [key.published]]])) });
  const url = iss.replace("https://", "");
  const [trust] = trusting(url, putProvider(api, url));
  const Condition = {
    StringEquals: { [`${url}:aud`]: "sts.amazonaws.com", [`${url}:repository`]: "acme/shop", [`${url}:environment`]: "production" },
  };
  putRole(api.platform, { name: "github-actions-role", trust: [{ ...trust, Condition }] });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss,
    aud: "sts.amazonaws.com",
    sub: "repo:acme/shop:environment:production",
    iat: now,
    exp: now + 300,
    repository: "acme/shop",
  };
  expect((await assumeWith(api, await signToken(key, { ...claims, environment: "production" }))).SubjectFromWebIdentityToken).toBe(
    claims.sub,
  );
  await expect(assumeWith(api, await signToken(key, { ...claims, environment: "test" }))).rejects.toThrow("Not authorized");
  await expect(assumeWith(api, await signToken(key, claims))).rejects.toThrow("Not authorized");
});

describe("a token is refused", () => {
  const now = () => Math.floor(Date.now() / 1000);
  const UNVERIFIABLE =
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
  const NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
  const BAD_SIGNATURE = "The signature of the token is not valid";
  const BAD_ALGORITHM = "The algorithm with which the token is signed is not supported";
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test.each<[string, (world: World) => Promise<string>, string, string | RegExp]>([
    [
      "signed with another key of the same id",
      ({ claims }) => signToken(otherKey, claims()),
      "InvalidIdentityTokenException",
      BAD_SIGNATURE,
    ],
    [
      "changed after it was signed",
      async ({ claims }) => {
        const [header, , signature] = (await signToken(key, claims())).split(".");
        return `${header}.${base64(claims({ sub: "repo:acme/shop:ref:refs/heads/other" }))}.${signature}`;
      },
      "InvalidIdentityTokenException",
      BAD_SIGNATURE,
    ],
    [
      "without its signature",
      async ({ claims }) => (await signToken(key, claims())).replace(/\.[^.]*$/, "."),
      "InvalidIdentityTokenException",
      BAD_SIGNATURE,
    ],
    [
      "with the algorithm none",
      ({ claims }) => Promise.resolve(`${base64({ alg: "none", kid: "key-1" })}.${base64(claims())}.`),
      "InvalidIdentityTokenException",
      BAD_ALGORITHM,
    ],
    [
      "with the public key for a shared secret",
      ({ claims }) =>
        new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(Buffer.from(JSON.stringify(key.published))),
      "InvalidIdentityTokenException",
      BAD_ALGORITHM,
    ],
    [
      "of a key that the issuer does not publish",
      async ({ claims }) => signToken({ ...otherKey, id: "key-9" }, claims()),
      "InvalidIdentityTokenException",
      UNVERIFIABLE,
    ],
    [
      "of a key for another algorithm",
      async ({ claims }) => (await signToken(key, claims())).replace(/^[^.]*/, base64({ alg: "RS512", kid: "key-1" })),
      "InvalidIdentityTokenException",
      UNVERIFIABLE,
    ],
    [
      "of an issuer that the account does not know",
      ({ claims }) => signToken(key, claims({ iss: "https://issuer.example" })),
      "InvalidIdentityTokenException",
      "No OpenIDConnect provider found in your account for https://issuer.example",
    ],
    [
      "of no issuer",
      ({ claims }) => signToken(key, claims({ iss: undefined })),
      "InvalidIdentityTokenException",
      "Missing a required claim: iss",
    ],
    [
      "for nobody",
      ({ claims }) => signToken(key, claims({ aud: undefined })),
      "InvalidIdentityTokenException",
      "Missing a required claim: aud",
    ],
    [
      "of nobody",
      ({ claims }) => signToken(key, claims({ sub: undefined })),
      "InvalidIdentityTokenException",
      "Missing a required claim: sub",
    ],
    [
      "that never expires",
      ({ claims }) => signToken(key, claims({ exp: undefined })),
      "InvalidIdentityTokenException",
      "Missing a required claim: exp",
    ],
    [
      "for another audience",
      ({ claims }) => signToken(key, claims({ aud: "https://github.com/acme" })),
      "InvalidIdentityTokenException",
      "Incorrect token audience",
    ],
    [
      "for another authorized party",
      ({ claims }) => signToken(key, claims({ azp: "somebody-else" })),
      "InvalidIdentityTokenException",
      "Incorrect token audience",
    ],
    [
      "that expired six minutes ago",
      ({ claims }) => signToken(key, claims({ exp: now() - 360 })),
      "ExpiredTokenException",
      /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
    ],
    [
      "that is not good yet",
      ({ claims }) => signToken(key, claims({ nbf: now() + 600 })),
      "InvalidIdentityTokenException",
      "Token is not yet valid",
    ],
    [
      "from the future",
      ({ claims }) => signToken(key, claims({ iat: now() + 600 })),
      "InvalidIdentityTokenException",
      "Token is not yet valid",
    ],
    ["that is an access token", () => Promise.resolve("gho_16C7e42F292c6912E7710c838347Ae178B4a"), "InvalidIdentityTokenException", NO_JWT],
    ["that is truncated", async ({ claims }) => (await signToken(key, claims())).slice(0, 60), "InvalidIdentityTokenException", NO_JWT],
    [
      "that is huge",
      () => Promise.resolve("a".repeat(20_001)),
      "ValidationError",
      /^1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000$/,
    ],
    [
      "that is huge within its claims",
      ({ claims }) => signToken(key, claims({ big: "a".repeat(20_000) })),
      "ValidationError",
      /webIdentityToken/,
    ],
    [
      "of another repository",
      ({ claims }) => signToken(key, claims({ sub: "repo:evil/shop:ref:refs/heads/main" })),
      "AccessDenied",
      "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ],
    [
      "with tags that the role does not take",
      ({ claims }) => signToken(key, claims({ "https://aws.amazon.com/tags": { principal_tags: { team: ["web"] } } })),
      "AccessDenied",
      "Not authorized to perform sts:TagSession",
    ],
    [
      "with a source identity that the role does not take",
      ({ claims }) => signToken(key, claims({ "https://aws.amazon.com/source_identity": "ana" })),
      "AccessDenied",
      "Not authorized to perform sts:SetSourceIdentity",
    ],
    [
      "with tags that are none",
      ({ claims }) => signToken(key, claims({ "https://aws.amazon.com/tags": "team" })),
      "InvalidIdentityTokenException",
      /tags of the token is not valid/,
    ],
  ])("%s", async (_what, token, name, message) => {
    await using world = await workflowWorld();
    const refused = world.assume(await token(world));
    await expect(refused).rejects.toMatchObject({ name });
    await expect(refused).rejects.toThrow(message);
    expect(world.api.defects).toEqual([]);
  });

  test("wherever one character of it is another one, or whatever else it is", async () => {
    await using world = await workflowWorld();
    const good = await signToken(key, world.claims());
    const refusals = ["InvalidIdentityTokenException", "ValidationError"];
    // The last character of a signature has bits that mean nothing.
    const changed = fc
      .tuple(fc.nat(good.length - 2), fc.constantFrom(..."aZ0-_.="))
      .map(([at, by]) => (good[at] === by ? `${good}x.` : `${good.slice(0, at)}${by}${good.slice(at + 1)}`));
    const claimed = fc.json().map((json) => `${base64({ alg: "RS256", kid: "key-1" })}.${Buffer.from(json).toString("base64url")}.AAAA`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, claimed, fc.string({ minLength: 4 })), async (token) => {
        const name = await world.assume(token).then(
          () => "done",
          (cause: unknown) => (cause as Error).name,
        );
        expect(refusals).toContain(name);
      }),
      { numRuns: 150 },
    );
    expect(world.api.defects).toEqual([]);
  });

  test("for a role that is not there, as for one that does not trust it", async () => {
    await using world = await workflowWorld();
    const token = await signToken(key, world.claims());
    putRole(world.api.platform, {
      name: "users-only",
      trust: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:*" }],
    });
    for (const name of ["none", "users-only"])
      await expect(world.assume(token, { RoleArn: `arn:aws:iam::123456789012:role/${name}` })).rejects.toMatchObject({
        name: "AccessDenied",
        message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        $metadata: { httpStatusCode: 403 },
      });
  });

  test("for a role of another account, which does not know the issuer", async () => {
    await using world = await workflowWorld();
    const token = await signToken(key, world.claims());
    await expect(world.assume(token, { RoleArn: "arn:aws:iam::210987654321:role/github-actions-role" })).rejects.toThrow(
      `No OpenIDConnect provider found in your account for ${world.issuer.url}`,
    );
  });

  test("while the issuer is down, and may be tried again", async () => {
    await using world = await workflowWorld();
    const token = await signToken(key, world.claims());
    world.issuer.answers.set(KEYS_PATH, (_request, response) => void response.writeHead(503).end());
    await expect(world.assume(token)).rejects.toMatchObject({ name: "IDPCommunicationErrorException", $retryable: expect.anything() });
    world.issuer.answers.clear();
    expect((await world.assume(token)).Credentials).toBeDefined();
  });

  test("when nobody listens where the issuer was", async () => {
    await using world = await workflowWorld();
    const token = await signToken(key, world.claims());
    await world.issuer[Symbol.asyncDispose]();
    await expect(world.assume(token)).rejects.toMatchObject({
      name: "IDPCommunicationErrorException",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("when the issuer's documents are another one's", async () => {
    await using world = await workflowWorld();
    world.issuer.answers.set(
      DISCOVERY_PATH,
      (_request, response) =>
        void response.end(JSON.stringify({ issuer: "https://issuer.example", jwks_uri: `${world.issuer.url}${KEYS_PATH}` })),
    );
    await expect(world.assume(await signToken(key, world.claims()))).rejects.toMatchObject({
      name: "InvalidIdentityTokenException",
      message: UNVERIFIABLE,
    });
  });
});

describe("a token is taken", () => {
  test.each(["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"])("with the algorithm %s", async (algorithm) => {
    await using world = await workflowWorld();
    const own = await issuerKey("own", algorithm);
    world.issuer.keys = [key.published, own.published];
    expect((await world.assume(await signToken(own, world.claims()))).Credentials).toBeDefined();
  });

  test("with a key that the issuer came to use later, though not at once: anybody can make up the id of a key", async () => {
    const clock = new ManualClock(Date.now());
    await using world = await workflowWorld(clock);
    await world.assume(await signToken(key, world.claims()));
    const next = await issuerKey("key-2");
    world.issuer.keys = [key.published, next.published];
    const token = await signToken(next, world.claims());
    await expect(world.assume(token)).rejects.toMatchObject({ name: "InvalidIdentityTokenException" });
    clock.advance(10_000);
    expect((await world.assume(token)).Credentials).toBeDefined();
  });

  test("four minutes past its expiration, since clocks differ", async () => {
    await using world = await workflowWorld();
    expect(
      (await world.assume(await signToken(key, world.claims({ exp: Math.floor(Date.now() / 1000) - 240 })))).Credentials,
    ).toBeDefined();
  });

  test("of an issuer whose name ends in a slash, which its provider, its ARN and its condition keys have, too", async () => {
    await using world = await slashWorld("shop.example.com/");
    const answer = await assumeWith(world.api, world.token);
    expect(answer.Provider).toBe("arn:aws:iam::123456789012:oidc-provider/shop.example.com/");
  });

  test("not of an issuer whose provider has no slash at its end", async () => {
    await using world = await slashWorld("shop.example.com");
    await expect(assumeWith(world.api, world.token)).rejects.toMatchObject({
      name: "InvalidIdentityTokenException",
      message: "No OpenIDConnect provider found in your account for https://shop.example.com/",
    });
  });

  test("for one of several audiences, and the keys of its session say which", async () => {
    await using world = await workflowWorld();
    const answer = await world.assume(await signToken(key, world.claims({ aud: ["other", "sts.amazonaws.com"] })));
    expect(answer.Audience).toBe("sts.amazonaws.com");
  });

  test("with the tags and the source identity that it brings, where the role takes them", async () => {
    await using world = await workflowWorld();
    const { api, issuer } = world;
    const [trust] = trusting(issuer.url, `arn:aws:iam::${DEFAULT_ACCOUNT}:oidc-provider/${issuer.url}`);
    const Action = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"];
    putRole(api.platform, { name: "github-actions-role", trust: [{ ...trust, Action }] });
    const answer = await world.assume(
      await signToken(
        key,
        world.claims({
          "https://aws.amazon.com/tags": { principal_tags: { team: ["web"] }, transitive_tag_keys: ["team"] },
          "https://aws.amazon.com/tags/principal_tags/stage": "test",
          "https://aws.amazon.com/source_identity": "ana",
        }),
      ),
    );
    expect(answer).toMatchObject({ SourceIdentity: "ana", PackedPolicySize: expect.any(Number) });
    expect(readSessionToken(api.platform.secrets, keysOf(answer).sessionToken!)?.principal.session).toMatchObject({
      tags: [
        { Key: "team", Value: "web" },
        { Key: "stage", Value: "test" },
      ],
      transitiveTagKeys: ["team"],
      sourceIdentity: "ana",
    });
  });

  test("for half a day where the role allows, since no role's session asked", async () => {
    await using world = await workflowWorld();
    const role = putRole(world.api.platform, {
      name: "long",
      trust: trusting(world.issuer.url, `arn:aws:iam::${DEFAULT_ACCOUNT}:oidc-provider/${world.issuer.url}`),
      maxSessionDuration: 43_200,
    });
    const token = await signToken(key, world.claims());
    expect((await world.assume(token, { RoleArn: role.arn, DurationSeconds: 43_200 })).Credentials).toBeDefined();
    await expect(world.assume(token, { DurationSeconds: 3601 })).rejects.toThrow("exceeds the MaxSessionDuration set for this role.");
  });
});
