import { inspect } from "node:util";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { mintSessionToken } from "../authorization/session-token.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { Principal } from "../domain/principal.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Access, Operation } from "../services/operation.ts";
import { roleKey, roles } from "../state/iam.ts";
import { FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../testing/api-world.ts";
import { callerOf } from "../testing/caller.ts";
import { aimedInput, PLANTED, smallAimedInputs, type Aim } from "../testing/populated-account.ts";
import { populatedWorld, type PopulatedWorld } from "../testing/populated-world.ts";
import { taskOfAnotherAccount } from "../testing/task-of-another-account.ts";
import { familyOf, type Family } from "./errors.ts";
import { loadService, type LoadedService } from "./loaded-service.ts";

// Made from the list of operations, so that a new one is in it by birth: everybody who may not tries everything, on an account in which
// there is something to find and to break.

type Intruder = "nobody" | "a wrong key" | "a wrong signature" | "an expired session" | "a user without permission";

const REFUSALS: Readonly<Record<Intruder, Readonly<Record<Family, string>>>> = {
  nobody: {
    json: "MissingAuthenticationTokenException",
    rest: "MissingAuthenticationTokenException",
    query: "MissingAuthenticationToken",
    ec2: "MissingAuthenticationToken",
  },
  "a wrong key": {
    json: "UnrecognizedClientException",
    rest: "UnrecognizedClientException",
    query: "InvalidClientTokenId",
    ec2: "AuthFailure",
  },
  "a wrong signature": {
    json: "InvalidSignatureException",
    rest: "InvalidSignatureException",
    query: "SignatureDoesNotMatch",
    ec2: "AuthFailure",
  },
  "an expired session": { json: "ExpiredTokenException", rest: "ExpiredTokenException", query: "ExpiredToken", ec2: "RequestExpired" },
  "a user without permission": {
    json: "AccessDeniedException",
    rest: "AccessDeniedException",
    query: "AccessDenied",
    ec2: "UnauthorizedOperation",
  },
};

/** Whoever signed may call these, as on AWS. Each stands here because AWS's documentation says so; a new one has to be looked up. */
const UNGOVERNED = ["sts:GetCallerIdentity", "sts:GetSessionToken"];
/** These bring their proof in the input. */
const UNSIGNED = ["sts:AssumeRoleWithWebIdentity"];

let world: PopulatedWorld;
let api: ApiWorld;
let aim: Aim;
let keysOf: Readonly<Record<Intruder, Keys>>;
/** They may do everything in their own account, and nothing in the populated one. */
const STRANGERS = ["the root of another account", "a task of another account, whose role may do everything there"] as const;
let strangers: Readonly<Record<(typeof STRANGERS)[number], Keys>>;
beforeAll(async () => {
  world = await populatedWorld();
  ({ api, aim } = world);
  keysOf = {
    nobody: TEST_KEYS,
    "a wrong key": { accessKeyId: "AKIANOBODYHASTHISKEY", secretAccessKey: "wrong" },
    "a wrong signature": { ...TEST_KEYS, secretAccessKey: "wrong" },
    "an expired session": expiredSession(),
    "a user without permission": api.user("intruder"),
  };
  strangers = {
    "the root of another account": FOREIGN_KEYS,
    "a task of another account, whose role may do everything there": await taskOfAnotherAccount(api),
  };
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

/** What has to come of an intruder's attempt; `undefined` where the intruder may. */
function due({ access }: Operation, intruder: Intruder, family: Family): string | undefined {
  if (access === "unsigned") return REFUSED;
  if (access === "ungoverned" && intruder === "a user without permission") return undefined;
  return REFUSALS[intruder][family];
}

/** In whatever words, such as those of operations that look at a proof of their own. */
const REFUSED = "refused";

describe.each(SERVICES.map((service) => [service.id, service] as const))("%s", (id, descriptor) => {
  test("leaves no operation open but those that AWS leaves open", async () => {
    const service = await loadService(descriptor);
    const open = (access: Access): string[] =>
      [...service.operations.values()].flatMap((operation) => (operation.access === access ? [`${id}:${operation.name}`] : []));
    const ofThis = (name: string): boolean => name.startsWith(`${id}:`);
    expect(open("unsigned").toSorted()).toEqual(UNSIGNED.filter(ofThis));
    expect(open("ungoverned").toSorted()).toEqual(UNGOVERNED.filter(ofThis));
  });

  test.each(Object.keys(REFUSALS) as Intruder[])("refuses %s, whatever is asked, and nothing changes", async (intruder) => {
    const service = await loadService(descriptor);
    using caller = callerOf(api.url, service, keysOf[intruder], { sign: intruder !== "nobody" });
    const before = world.written.length;
    const outcomes: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const operation of service.operations.values()) {
      const expected = due(operation, intruder, familyOf(descriptor.protocol));
      const input = aimedInput(service, operation.name, aim);
      const { code: outcome } = await caller.attempt(operation.name, input);
      if (expected === undefined) continue;
      wanted[operation.name] = expected;
      outcomes[operation.name] = expected === REFUSED && outcome !== "done" ? REFUSED : outcome;
    }
    expect(outcomes).toEqual(wanted);
    expect(world.written.slice(before)).toEqual([]);
    expect(api.defects).toEqual([]);
  });

  test.each(STRANGERS)("keeps %s away from what is not its own, and tells nothing of it", async (stranger) => {
    const service = await loadService(descriptor);
    const before = world.written.length;
    const told = await toldTo(strangers[stranger], service, [...service.operations.keys()]);
    const elsewhere = world.written
      .slice(before)
      .filter((change) => !`${change.key} ${change.value ?? ""} ${change.before ?? ""}`.includes(FOREIGN_ACCOUNT));
    expect(elsewhere).toEqual([]);
    expect(told).toEqual([]);
    expect(api.defects).toEqual([]);
  });
});

test("no operation of ECR lets the root of another account into a registry that it names by `registryId`", async () => {
  const ecr = SERVICES.find(({ id }) => id === "ecr");
  if (!ecr) throw new Error("there is no ECR");
  const service = await loadService(ecr);
  using caller = callerOf(api.url, service, FOREIGN_KEYS);
  const outcomes: string[] = [];
  for (const operation of service.operations.keys()) {
    const input = service.schema(operation)?.input;
    if (input?.kind !== "structure" || !input.byName.has("registryId")) continue;
    for (const one of aimedInputs(service, operation)) {
      if (!Object.hasOwn(one as object, "registryId")) continue;
      const { code, message } = await caller.attempt(operation, one);
      const refused = code === "AccessDeniedException" && message.includes(`:${DEFAULT_ACCOUNT}:repository/`);
      if (!refused) outcomes.push(`${operation}: ${code} ${message}`);
    }
  }
  expect(outcomes).toEqual([]);
});

// That what is planted would be seen: otherwise nothing above could fail.
test.each([
  ["ecr", "ListTagsForResource"],
  ["ecs", "DescribeTaskDefinition"],
  ["elasticloadbalancing", "DescribeTags"],
  ["logs", "ListTagsForResource"],
  ["secretsmanager", "GetSecretValue"],
  ["ssm", "GetParameters"],
  ["iam", "GetRole"],
  ["kms", "DescribeKey"],
])("the root of the account itself is told something by %s:%s", async (id, operation) => {
  const descriptor = SERVICES.find((one) => one.id === id);
  if (!descriptor) throw new Error(`there is no service ${id}`);
  expect(await toldTo(TEST_KEYS, await loadService(descriptor), [operation])).toEqual([operation]);
});

/** The operations that tell something of the populated account, however they are asked for it. */
async function toldTo(keys: Keys, service: LoadedService, operations: readonly string[]): Promise<readonly string[]> {
  using caller = callerOf(api.url, service, keys);
  const told = new Set<string>();
  for (const operation of operations)
    for (const input of aimedInputs(service, operation)) {
      const outcome = await caller.attempt(operation, input);
      if (inspect(outcome.told, { depth: 20, maxArrayLength: null, maxStringLength: null }).includes(PLANTED)) told.add(operation);
    }
  return [...told];
}

function aimedInputs(service: LoadedService, operation: string): readonly unknown[] {
  return [aimedInput(service, operation, aim), ...smallAimedInputs(service, operation, aim)];
}

function expiredSession(): Keys {
  const role = api.state.table(roles).get(roleKey(DEFAULT_ACCOUNT, "production"));
  if (!role) throw new Error("the populated account has no role");
  const keys = { accessKeyId: "ASIAEXPIREDSESSIONXX", secretAccessKey: "the-secret-of-an-expired-session" };
  const principal: Principal = {
    kind: "role-session",
    account: DEFAULT_ACCOUNT,
    arn: `arn:aws:sts::${DEFAULT_ACCOUNT}:assumed-role/production/session`,
    userId: `${role.id}:session`,
    roleArn: role.arn,
    roleName: role.name,
    accessKeyId: keys.accessKeyId,
    session: { issuedAt: 0, expiresAt: 3_600_000, policyArns: [], tags: [], transitiveTagKeys: [], context: {} },
  };
  return { ...keys, sessionToken: mintSessionToken(api.platform.secrets, { secretAccessKey: keys.secretAccessKey, principal }) };
}
