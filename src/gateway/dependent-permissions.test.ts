import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { SERVICES } from "../services/catalogue.ts";
import { TEST_KEYS, type Keys } from "../testing/api-world.ts";
import { allowing, type Asked } from "../testing/asked-permissions.ts";
import { callerOf, type Outcome } from "../testing/caller.ts";
import { NAME } from "../testing/furnished-account.ts";
import { PLANTED } from "../testing/populated-account.ts";
import { populatedWorld, type PopulatedWorld } from "../testing/populated-world.ts";
import { loadService } from "./loaded-service.ts";

// What operations find out to need only while they run, left out one by one. `one-permission.test.ts` has what they ask for before.

let world: PopulatedWorld;
let key: string;
let upstreamSecret: string;
beforeAll(async () => {
  world = await populatedWorld();
  key = world.aim("KeyId", "kms");
  const KmsKeyId = key;
  await call(TEST_KEYS, "secretsmanager", "CreateSecret", { Name: "sealed", SecretString: PLANTED, KmsKeyId });
  await call(TEST_KEYS, "ssm", "PutParameter", { Name: "sealed", Value: PLANTED, Type: "SecureString", KeyId: KmsKeyId });
  const SecretString = JSON.stringify({ username: PLANTED, accessToken: PLANTED });
  const { told } = await call(TEST_KEYS, "secretsmanager", "CreateSecret", { Name: "ecr-pullthroughcache/hub", SecretString });
  upstreamSecret = (told as { readonly ARN: string }).ARN;
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

interface Dependent {
  readonly input: object;
  /** What the operation takes beside its own permission on `resource`. */
  readonly more: readonly Asked[];
  readonly resource: string;
}

const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:${resource}`;
const secret = (name: string): string => arnOf("secretsmanager", `secret:${name}-??????`);
const withKey = (...actions: readonly string[]): readonly Asked[] => actions.map((action) => ({ action: `kms:${action}`, resource: key }));

test.each<[service: string, operation: string, dependent: () => Dependent]>([
  [
    "secretsmanager",
    "CreateSecret",
    () => ({
      input: { Name: "new", SecretString: PLANTED, KmsKeyId: key },
      resource: secret("new"),
      more: withKey("GenerateDataKey", "Decrypt"),
    }),
  ],
  [
    "secretsmanager",
    "PutSecretValue",
    () => ({
      input: { SecretId: "sealed", SecretString: PLANTED },
      resource: secret("sealed"),
      more: withKey("GenerateDataKey", "Decrypt"),
    }),
  ],
  [
    "secretsmanager",
    "UpdateSecret",
    () => ({ input: { SecretId: NAME, KmsKeyId: key }, resource: secret(NAME), more: withKey("GenerateDataKey", "Decrypt") }),
  ],
  ["secretsmanager", "GetSecretValue", () => ({ input: { SecretId: "sealed" }, resource: secret("sealed"), more: withKey("Decrypt") })],
  [
    "secretsmanager",
    "BatchGetSecretValue",
    () => ({
      input: { SecretIdList: ["sealed"] },
      resource: "*",
      more: [{ action: "secretsmanager:GetSecretValue", resource: secret("sealed") }, ...withKey("Decrypt")],
    }),
  ],
  [
    "secretsmanager",
    "ReplicateSecretToRegions",
    () => ({
      input: { SecretId: "sealed", AddReplicaRegions: [{ Region: "eu-west-1" }] },
      resource: secret("sealed"),
      more: withKey("Decrypt"),
    }),
  ],
  [
    "ssm",
    "PutParameter",
    () => ({
      input: { Name: "new", Value: PLANTED, Type: "SecureString", KeyId: key },
      resource: arnOf("ssm", "parameter/new"),
      more: withKey("Encrypt"),
    }),
  ],
  ...(["GetParameter", "GetParameterHistory"] as const).map((operation): [string, string, () => Dependent] => [
    "ssm",
    operation,
    () => ({ input: { Name: "sealed", WithDecryption: true }, resource: arnOf("ssm", "parameter/sealed"), more: withKey("Decrypt") }),
  ]),
  [
    "ssm",
    "GetParameters",
    () => ({ input: { Names: ["sealed"], WithDecryption: true }, resource: arnOf("ssm", "parameter/sealed"), more: withKey("Decrypt") }),
  ],
  [
    "ssm",
    "GetParametersByPath",
    () => ({ input: { Path: "/", WithDecryption: true }, resource: arnOf("ssm", "parameter/"), more: withKey("Decrypt") }),
  ],
  [
    "ecr",
    "CreatePullThroughCacheRule",
    () => ({
      input: { ecrRepositoryPrefix: "hub", upstreamRegistryUrl: "registry-1.docker.io", credentialArn: upstreamSecret },
      resource: "*",
      more: [{ action: "secretsmanager:GetSecretValue", resource: upstreamSecret }],
    }),
  ],
  [
    "ecr",
    "CreateRepository",
    () => ({
      input: { repositoryName: "new", encryptionConfiguration: { encryptionType: "KMS", kmsKey: key } },
      resource: arnOf("ecr", "repository/new"),
      more: withKey("DescribeKey", "CreateGrant"),
    }),
  ],
])("%s:%s takes all of its permissions", async (service, operation, dependent) => {
  const { input, resource, more } = dependent();
  const all = [{ action: `${service}:${operation}`, resource }, ...more];
  for (const missing of all) {
    const user = world.api.user(`without-${world.written.length}`, allowing(all.filter((one) => one !== missing)));
    const before = world.written.length;
    const outcome = await call(user, service, operation, input);
    expect([missing.action, worked(outcome)]).toEqual([missing.action, false]);
    expect(inspect(outcome.told, { depth: 20 })).not.toContain(PLANTED);
    expect(world.written.slice(before)).toEqual([]);
  }
  const outcome = await call(world.api.user(`with-${world.written.length}`, allowing(all)), service, operation, input);
  expect([outcome.message, worked(outcome)]).toEqual(["", true]);
  expect(world.api.defects).toEqual([]);
});

async function call(keys: Keys, id: string, operation: string, input: object): Promise<Outcome> {
  const descriptor = SERVICES.find((service) => service.id === id);
  if (!descriptor) throw new Error(`there is no service ${id}`);
  using caller = callerOf(world.api.url, await loadService(descriptor), keys);
  return caller.attempt(operation, input);
}

/** What is asked for many at once tells of those that it could not do. */
function worked({ code, told }: Outcome): boolean {
  const { Errors = [] } = told as { readonly Errors?: readonly unknown[] };
  return code === "done" && Errors.length === 0;
}
