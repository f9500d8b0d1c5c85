import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryAuditLog } from "../drivers/memory/audit-log.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { JournalChange } from "../ports/journal.ts";
import { SERVICES } from "../services/catalogue.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld } from "../testing/api-world.ts";
import { RECIPES } from "../testing/border-recipes.ts";
import { callerOf } from "../testing/caller.ts";
import { furnish, NAME, plantedIn, POLICY, type AccountNames } from "../testing/furnished-account.ts";
import { sampleValue } from "../testing/sample-value.ts";
import { watchedJournal } from "../testing/watched-journal.ts";
import { loadService, type LoadedService } from "./loaded-service.ts";

// Two accounts that have the same things under the same names. The administrator of one, who may do everything at home, puts a name of the
// other into each place that takes a name, of every operation: nothing of the other account changes, nothing of it is told, and nothing at
// home points to it. Made from the schemas, so that an operation that is added without a thought of accounts fails here.

let api: ApiWorld;
let victim: AccountNames;
let home: AccountNames;
const journal = watchedJournal();
let made = 0;
const fresh = (): string => `fresh-${++made}`;

beforeAll(async () => {
  api = await apiWorld({ state: new JournaledState(journal), logs: sqliteLogStore(":memory:"), audit: memoryAuditLog() });
  victim = await furnish(api, DEFAULT_ACCOUNT, TEST_KEYS);
  home = await furnish(api, FOREIGN_ACCOUNT, FOREIGN_KEYS);
});
afterAll(() => api[Symbol.asyncDispose]());

/**
 * Operations that may write another account's name into a record of their own: what they write there gives that account something, or means
 * nothing until the other account's policies agree when it is used. Each with its reason.
 */
const MAY_NAME_OTHERS: Readonly<Record<string, string>> = {
  "kms:CreateGrant": "a grant gives to its grantee; AWS takes principals of other accounts",
  "ecr:PutReplicationConfiguration": "images go to a registry whose own policy has to take them",
  "ecs:RegisterTaskDefinition": "secrets and parameters of other accounts are asked for when a task starts, under their own policies",
  "ecr:RegisterPullTimeUpdateExclusion": "whose pulls are not recorded may be of another account, which has to be allowed to pull",
  "ecr:DeregisterPullTimeUpdateExclusion": "the same, taken back",
};

/** What a recipe's operation does with another account's name without being refused; nothing of the other account is in the answer. */
const ANSWERED: Readonly<Record<string, string>> = {
  "ecs:DescribeTasks": "failures, MISSING",
  "ecs:DescribeClusters": "failures, MISSING",
  "ecs:DescribeServiceDeployments": "failures, MISSING",
  "ecs:RegisterTaskDefinition": "a secret's ARN is looked at when a task starts",
  "secretsmanager:BatchGetSecretValue": "errors, by secret",
  "ssm:GetParameters": "invalid parameters",
  "kms:ListGrants": "none has that id",
};

describe("with a request that succeeds at home", () => {
  test.each(RECIPES.map((recipe, at) => [`${recipe.operation} (${at})`, recipe] as const))("%s", async (_, { operation, input }) => {
    const service = await serviceOf(operation);
    const answered: string[] = [];
    for (const place of placesOf(input(home, "x"))) {
      const { outcome } = await trespass(service, operation, replaced(input(home, fresh()), place));
      if (outcome === "done" && ANSWERED[operation] === undefined) answered.push(place.path.join("."));
    }
    expect(answered, "members in which another account's name was not refused").toEqual([]);
    expect(await send(service, operation.split(":")[1] ?? "", input(home, fresh()))).toMatchObject({ outcome: "done" });
    expect(api.defects).toEqual([]);
  });
});

describe.each(SERVICES.map((service) => [service.id, service] as const))("with every member of %s", (id, descriptor) => {
  test("nothing changes, nothing is told, nothing points there", { timeout: 120_000 }, async () => {
    const service = await loadService(descriptor);
    for (const { name } of service.operations.values()) {
      const shape = service.schema(name)?.input;
      if (!shape) continue;
      const sample = sampleValue(shape, 9, aimAt(home)) as object;
      for (const place of placesOf(sample)) await trespass(service, `${id}:${name}`, replaced(sample, place));
      // All at once, too.
      await trespass(service, `${id}:${name}`, sampleValue(shape, 9, aimAt(victim)) as object);
    }
    expect(api.defects).toEqual([]);
  });
});

test("the audit of the other account tells nothing of it", () => {
  const seen = JSON.stringify(auditOf(DEFAULT_ACCOUNT));
  expect(seen).not.toContain(FOREIGN_KEYS.accessKeyId);
});

interface Place {
  readonly path: readonly (string | number)[];
  readonly kind: keyof AccountNames;
}

/** Where in an input names of the home account stand. */
function placesOf(input: unknown, path: readonly (string | number)[] = []): readonly Place[] {
  if (typeof input === "string") {
    const kind = (Object.keys(home) as (keyof AccountNames)[]).find((one) => home[one] === input);
    return kind ? [{ path, kind }] : [];
  }
  if (typeof input !== "object" || input === null || input instanceof Uint8Array || input instanceof Date) return [];
  const entries = Array.isArray(input) ? [...input.entries()] : Object.entries(input);
  return entries.flatMap(([key, value]) => placesOf(value, [...path, key]));
}

function replaced(input: object, { path, kind }: Place): object {
  const copy = structuredClone(input) as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  at[path.at(-1) ?? ""] = victim[kind];
  return copy;
}

/** Sends a request as the stranger, and holds it to the laws. */
async function trespass(service: LoadedService, operation: string, input: object): Promise<{ readonly outcome: string }> {
  const before = journal.written.length;
  const { outcome, told } = await send(service, operation.split(":")[1] ?? "", input);
  const names = new Set(Object.values(victim).filter((name) => name !== victim.account));
  const written = journal.written.slice(before);
  // What a permitted operation writes stays among the stranger's own records.
  const own = ({ key, value = "" }: JournalChange): boolean => `${key} ${value}`.includes(FOREIGN_ACCOUNT);
  const touching = written
    .filter(({ key, value = "" }) => [...names, victim.account].some((name) => `${key} ${value}`.includes(name)))
    .filter((change) => MAY_NAME_OTHERS[operation] === undefined || !own(change));
  expect(touching, `${operation} ${JSON.stringify(input)}`).toEqual([]);
  expect(told, `${operation} ${JSON.stringify(input)}`).not.toContain(plantedIn(victim.account));
  return { outcome };
}

async function send(service: LoadedService, name: string, input: object): Promise<{ readonly outcome: string; readonly told: string }> {
  using caller = callerOf(api.url, service, FOREIGN_KEYS);
  const { code, message, told } = await caller.attempt(name, input);
  return { outcome: code === "done" ? code : `${code}: ${message}`, told: code === "done" ? JSON.stringify(told) : message };
}

async function serviceOf(operation: string): Promise<LoadedService> {
  const descriptor = SERVICES.find(({ id }) => id === operation.split(":")[0]);
  if (!descriptor) throw new Error(`the catalogue has no ${operation}`);
  return loadService(descriptor);
}

/** What a member of that name would have to say to mean something of an account. */
function aimAt(names: AccountNames): (member: string) => string {
  const kinds: readonly (readonly [RegExp, string])[] = [
    [/^(registryIds?|accountId|AccountId|OwnerId|UserId)$/, names.account],
    [/^cluster(Arn|s)?$/, names.cluster],
    [/^taskDefinitions?$/, names.taskDefinition],
    [/^(tasks?|resourceArn)$/, names.task],
    [/^(services?|serviceName)$/, names.service],
    [/^serviceDeploymentArns?$/, names.serviceDeployment],
    [/^(ListenerArns?)$/, names.listener],
    [/^(RuleArns?)$/, names.listenerRule],
    [/^(TargetGroupArns?|targetGroupArn)$/, names.targetGroup],
    [/^(LoadBalancerArns?|ResourceArns)$/, names.loadBalancer],
    [/^VpcIds?$/, names.vpc],
    [/^(SubnetIds?|Subnets|subnets)$/, names.subnet],
    [/^(GroupId|GroupIds|SecurityGroups|securityGroups|Resources)$/, names.securityGroup],
    [/^SecurityGroupRuleIds?$/, names.securityGroupRule],
    [/^(InstanceIds?|Id)$/, names.instance],
    [/^(RoleArn|RoleARN|taskRoleArn|executionRoleArn|roleArn|customRoleArn|role)$/, names.role],
    [/^(PolicyArn|PermissionsBoundary|PolicyArns|arn)$/, names.policy],
    [/^(PolicySourceArn|principalArn|GranteePrincipal|RetiringPrincipal)$/, names.user],
    [/^OpenIDConnectProviderArn$/, names.oidcProvider],
    [/^AccessKeyId$/, names.accessKeyId],
    [/^(KeyId|TargetKeyId|KmsKeyId|SourceKeyId|DestinationKeyId|kmsKey|kmsKeyId)$/, names.key],
    [/^AliasName$/, names.alias],
    [/^GrantId$/, names.grantId],
    [/^(SecretIds?|SecretIdList|credentialArn|valueFrom|credentialsParameter)$/, names.secret],
    [/^(ResourceArn|ResourceId|Name|Names)$/, names.parameter],
    [/^(logGroupIdentifiers?|logGroupArn)$/, names.logGroup],
    [/^repositoryArn$/, names.repository],
    [/^(PolicyDocument|AssumeRolePolicyDocument|ResourcePolicy|policyText|policy|Policy)$/, POLICY],
    [/^effect$/, "Allow"],
  ];
  return (member) => kinds.find(([pattern]) => pattern.test(member))?.[1] ?? NAME;
}

function auditOf(account: string): readonly unknown[] {
  return [...(api.platform.audit as ReturnType<typeof memoryAuditLog>).records].filter((record) =>
    JSON.stringify(record).includes(`"recipientAccountId":"${account}"`),
  );
}
