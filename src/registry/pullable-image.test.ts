import { describe, expect, test } from "vitest";
import { credentials } from "../authorization/credentials.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { plainSession, serviceSession } from "../authorization/role-session.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { putImage } from "../state/ecr-images.ts";
import { pullThroughRules } from "../state/ecr-pull-through.ts";
import { repositories } from "../state/ecr.ts";
import { readRegistryToken, type RegistryHolder } from "../state/registry-token.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { EXECUTION_POLICY, putRole, type TestRole } from "../testing/roles.ts";
import { pullableImage } from "./pullable-image.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const elsewhere = { account: "210987654321", region: "eu-west-1" };
const digest = `sha256:${"a".repeat(64)}`;
const APP = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1";
const secrets = secretBox(Buffer.alloc(32, 1));
const clock = new ManualClock();

function world(policy?: object) {
  const state = new JournaledState(memoryJournal());
  for (const home of [scope, elsewhere]) {
    const repository = {
      ...home,
      arn: `arn:aws:ecr:${home.region}:${home.account}:repository/app`,
      name: "app",
      tagMutability: "MUTABLE" as const,
      tagMutabilityExclusions: [],
      scanOnPush: false,
      encryption: { encryptionType: "AES256" as const },
      tags: [],
      createdAt: 0,
      ...(policy ? { policy: JSON.stringify(policy) } : {}),
    };
    state.commit(() => state.table(repositories).put(repository));
    const manifest = { kind: "image" as const, mediaType: "m", blobs: [], manifests: [], size: 0 };
    putImage(state, repository, { digest, manifest, manifestSize: 1, tag: "v1", now: 0 });
  }
  const pull = pullableImage({
    state,
    registryHost: "localhost:4566",
    secrets,
    clock,
    credentials: credentials({ state, secrets, roots: () => [] }),
  });
  const session = (role: TestRole): RegistryHolder => {
    const principal = serviceSession(putRole(state, "exec", role), "t1", plainSession(clock.now(), 1000), systemIds);
    return { kind: "principal", principal };
  };
  return { state, pull, session };
}

const FARGATE = { ...scope, launchType: "FARGATE" } as const;
const EC2 = { ...scope, launchType: "EC2" } as const;
const INSTANCE = { kind: "container-instance", account: scope.account } as const;
const on = (...actions: readonly string[]): TestRole => ({ allows: [{ Effect: "Allow", Action: actions, Resource: "*" }] });

test("the execution role gets a token of its own for the image's registry", () => {
  const { pull, session } = world();
  const holder = session({ attached: [EXECUTION_POLICY] });
  const found = pull(APP, FARGATE, holder);
  expect(found).toMatchObject({ pullReference: `localhost:4566/app@${digest}`, imageDigest: digest, storedImage: "granted" });
  const password = "registryAuth" in found ? found.registryAuth?.password : undefined;
  expect(readRegistryToken(secrets, password ?? "")).toMatchObject({ ...scope, holder });
});

describe("what the execution role lacks stops the task in ECS's words", () => {
  const user = "User: arn:aws:sts::123456789012:assumed-role/exec/t1 is not authorized to perform:";
  const no = (action: string, resource: string): string =>
    `${user} ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  const repository = "arn:aws:ecr:us-east-1:123456789012:repository/app";
  const forbidden = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${APP}: pulling from host 123456789012.dkr.ecr.us-east-1.amazonaws.com failed with status code [manifests v1]: 403 Forbidden`;
  const deniedByDocker = `CannotPullContainerError: Error response from daemon: pull access denied for 123456789012.dkr.ecr.us-east-1.amazonaws.com/app, repository does not exist or may require 'docker login': denied: `;
  test.each([
    [
      "a token, on Fargate",
      on("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
      FARGATE,
      {
        failure: `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: ${no("ecr:GetAuthorizationToken", "*")}`,
      },
    ],
    [
      "a token, on EC2",
      {},
      EC2,
      { pullFailure: `CannotPullECRContainerError: AccessDeniedException: ${no("ecr:GetAuthorizationToken", "*")}` },
    ],
    ["the manifest, on Fargate", on("ecr:GetAuthorizationToken"), FARGATE, { pullFailure: forbidden }],
    ["the manifest, on EC2", on("ecr:GetAuthorizationToken"), EC2, { pullFailure: deniedByDocker + no("ecr:BatchGetImage", repository) }],
    [
      "the layers, on EC2",
      on("ecr:GetAuthorizationToken", "ecr:BatchGetImage"),
      EC2,
      { pullFailure: deniedByDocker + no("ecr:GetDownloadUrlForLayer", repository) },
    ],
  ] as const)("%s", (_what, role, task, outcome) => {
    const { pull, session } = world();
    expect(pull(APP, task, session(role))).toMatchObject(outcome);
  });

  test("whether a repository is there is not told to who may not read it", () => {
    const { pull, session } = world();
    expect(pull(APP.replace("app:", "none:"), FARGATE, session(on("ecr:GetAuthorizationToken")))).toMatchObject({
      pullFailure: expect.stringContaining("403 Forbidden"),
    });
  });

  test("on Fargate there must be an execution role", () => {
    expect(world().pull(APP, FARGATE, undefined)).toEqual({
      failure: "Fargate requires task definition to have execution role ARN to support ECR images.",
    });
  });
});

describe("an image of another account", () => {
  const foreign = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/app:v1";
  const open = (who: string): object => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: who }, Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }],
  });

  test.each([
    ["is not pulled where its repository says nothing", undefined, false],
    ["is pulled where its repository's policy names the account", open("arn:aws:iam::123456789012:root"), true],
    ["is not pulled where that names another one", open("arn:aws:iam::111122223333:root"), false],
  ])("%s, by the execution role and by the instance alike", (_what, policy, allowed) => {
    const { pull, session } = world(policy);
    for (const holder of [session({ attached: [EXECUTION_POLICY] }), INSTANCE]) {
      const found = pull(foreign, EC2, holder);
      expect("pullFailure" in found).toBe(!allowed);
      const { registryAuth } = found as { registryAuth?: { password: string } };
      expect(registryAuth && readRegistryToken(secrets, registryAuth.password)?.account).toBe(allowed ? elsewhere.account : undefined);
    }
  });
});

test("an instance pulls what its account has, without an execution role", () => {
  expect(world().pull(APP, EC2, INSTANCE)).toMatchObject({ imageDigest: digest });
});

test("a tag below a pull-through cache is the registry's to find for each task anew: on the engine it may be another account's", () => {
  const { state, pull } = world();
  const rule = { ...scope, prefix: "hub", upstreamUrl: "registry.example", upstreamPrefix: "ROOT", createdAt: 0, updatedAt: 0 };
  state.commit(() => state.table(pullThroughRules).put(rule));
  expect(pull("localhost:4566/hub/app:1", EC2, INSTANCE)).toMatchObject({
    pullReference: "localhost:4566/hub/app:1",
    storedImage: "never",
    registryAuth: expect.anything(),
  });
});

test("an image of elsewhere is the engine's to find, whoever asks", () => {
  expect(world().pull("nginx:1", FARGATE, undefined)).toEqual({ pullReference: "docker.io/library/nginx:1" });
  expect(world().pull("localhost:5000/app", EC2, INSTANCE)).toEqual({ pullReference: "localhost:5000/app:latest", storedImage: "never" });
});

test.each([
  [FARGATE, "Repo/App:1", 'failed to normalize image reference "Repo/App:1"'],
  [EC2, "Repo/App:1", "Error response from daemon: invalid reference format: repository name must be lowercase"],
  [EC2, "a".repeat(64), "Error response from daemon: invalid reference format"],
])("%o: what is no reference is a failed pull: %s", (task, reference, words) => {
  expect(world().pull(reference, task, INSTANCE)).toEqual({ pullReference: reference, pullFailure: `CannotPullContainerError: ${words}` });
});

test("an image that is not there is a failed pull", () => {
  expect(world().pull("localhost:4566/none:1", EC2, INSTANCE)).toMatchObject({ pullFailure: expect.stringContaining("not found") });
});
