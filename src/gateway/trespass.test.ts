import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { mintSessionToken } from "../authorization/session-token.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { Principal } from "../domain/principal.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Access, Operation } from "../services/operation.ts";
import { roleKey, roles } from "../state/iam.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal, JournalChange } from "../ports/journal.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../testing/api-world.ts";
import { populate, type Aim } from "../testing/populated-account.ts";
import { sampleValue } from "../testing/sample-value.ts";
import { familyOf, type Family } from "./errors.ts";
import { loadService, type LoadedService } from "./loaded-service.ts";

// Made from the list of operations, so that a new one is in it by birth: everybody who may not tries everything, on an account in which
// there is something to find and to break.

type Intruder = "nobody" | "a wrong key" | "a wrong signature" | "an expired session" | "a user without permission";

const REFUSALS: Readonly<Record<Intruder, Readonly<Record<Family, string>>>> = {
  nobody: { json: "MissingAuthenticationTokenException", query: "MissingAuthenticationToken", ec2: "MissingAuthenticationToken" },
  "a wrong key": { json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
  "a wrong signature": { json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
  "an expired session": { json: "ExpiredTokenException", query: "ExpiredToken", ec2: "RequestExpired" },
  "a user without permission": { json: "AccessDeniedException", query: "AccessDenied", ec2: "UnauthorizedOperation" },
};

/** Whoever signed may call these, as on AWS. Each stands here because AWS's documentation says so; a new one has to be looked up. */
const UNGOVERNED = ["sts:GetCallerIdentity", "sts:GetSessionToken"];
/** These bring their proof in the input. */
const UNSIGNED = ["sts:AssumeRoleWithWebIdentity"];

let api: ApiWorld;
let aim: Aim;
const journal = watchedJournal();
let keysOf: Readonly<Record<Intruder, Keys>>;
beforeAll(async () => {
  api = await apiWorld({ state: new JournaledState(journal) });
  aim = await populate(api);
  keysOf = {
    nobody: TEST_KEYS,
    "a wrong key": { accessKeyId: "AKIANOBODYHASTHISKEY", secretAccessKey: "wrong" },
    "a wrong signature": { ...TEST_KEYS, secretAccessKey: "wrong" },
    "an expired session": expiredSession(),
    "a user without permission": api.user("intruder"),
  };
});
afterAll(() => api[Symbol.asyncDispose]());

/** What has to come of an intruder's attempt; `undefined` where the intruder may. */
function due({ access }: Operation, intruder: Intruder, family: Family): string | undefined {
  if (access === "unsigned") return REFUSED;
  if (access === "ungoverned" && intruder === "a user without permission") return undefined;
  return REFUSALS[intruder][family];
}

/** Of operations that look at a proof of their own, which refuse with errors of their own. */
const REFUSED = "refused by itself";

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
    const before = journal.written.length;
    const outcomes: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const operation of service.operations.values()) {
      const expected = due(operation, intruder, familyOf(descriptor.protocol));
      const outcome = await attempt(service, operation.name, keysOf[intruder], intruder !== "nobody");
      if (expected === undefined) continue;
      wanted[operation.name] = expected;
      outcomes[operation.name] = expected === REFUSED && outcome !== "done" ? REFUSED : outcome;
    }
    expect(outcomes).toEqual(wanted);
    expect(journal.written.slice(before)).toEqual([]);
    expect(api.defects).toEqual([]);
  });

  test("keeps the root of another account away from what is not its own", async () => {
    const service = await loadService(descriptor);
    const before = journal.written.length;
    for (const operation of service.operations.values()) await attempt(service, operation.name, FOREIGN_KEYS, true);
    const elsewhere = journal.written.slice(before).filter(({ key, value = "" }) => !`${key} ${value}`.includes(FOREIGN_ACCOUNT));
    expect(elsewhere).toEqual([]);
    expect(api.defects).toEqual([]);
  });
});

/** Sends an operation with every member set, aimed at what the account holds. The code of the refusal, or `done`. */
async function attempt(service: LoadedService, name: string, credentials: Keys, sign: boolean): Promise<string> {
  const input = service.schema(name)?.input;
  const constructors = service.client as Readonly<Record<string, new (input: unknown) => unknown>>;
  const [, Client] = Object.entries(constructors).find(([key]) => /^[A-Za-z0-9]+Client$/.test(key) && key !== "__Client") ?? [];
  const Command = constructors[`${name}Command`];
  if (!Client || !Command) throw new Error(`the SDK has no ${name}`);
  const client = new Client({
    endpoint: api.url,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    ...(sign ? {} : { signer: { sign: (request: unknown) => Promise.resolve(request) } }),
  }) as { send(command: unknown): Promise<unknown>; destroy(): void };
  try {
    await client.send(new Command(input ? sampleValue(input, 9, aim) : {}));
    return "done";
  } catch (thrown) {
    return (thrown as Error).name;
  } finally {
    client.destroy();
  }
}

/** A journal that tells what is written. That a key was used is no change of what it may be used for. */
function watchedJournal(): Journal & { readonly written: JournalChange[] } {
  const memory = memoryJournal();
  const written: JournalChange[] = [];
  return {
    written,
    load: () => memory.load(),
    append(changes) {
      written.push(...changes.filter(({ table }) => table !== "iam.access-keys"));
      return memory.append(changes);
    },
    close: () => memory.close(),
  };
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
