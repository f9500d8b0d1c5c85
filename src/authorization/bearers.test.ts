import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { Principal, SessionFacts } from "../domain/principal.ts";
import { repositories, type RepositoryRecord } from "../state/ecr.ts";
import { accessKeys, sealAccessKey, users } from "../state/iam.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { policyText, putRole } from "../testing/role-record.ts";
import { decide } from "./authorize.ts";
import { credentials } from "./credentials.ts";
import { plainSession, serviceSession } from "./role-session.ts";

const ACCOUNT = "123456789012";
const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };
const APP = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/app`;
const secrets = secretBox(Buffer.alloc(32, 7));
const session: SessionFacts = plainSession(0, 3600);

let state: JournaledState;
beforeEach(() => {
  state = new JournaledState(memoryJournal());
  // Its policy grants directly, which nothing on the side of who asks limits but a deny.
  const policy = policyText([{ Effect: "Allow", Principal: "*", Action: "*" }]);
  state.commit(() =>
    state.table(repositories).put({ account: ACCOUNT, region: "us-east-1", name: "app", policy, tags: [] } as unknown as RepositoryRecord),
  );
});

function putUser(id: string, key?: string): void {
  const user = { id, arn: `arn:aws:iam::${ACCOUNT}:user/bob`, name: "bob", path: "/", account: ACCOUNT };
  state.commit(() => {
    state
      .table(users)
      .put({ ...user, inlinePolicies: { all: policyText([EVERYTHING]) }, attachedPolicies: [], groups: [], tags: [], createdAt: 0 });
    const record = { account: ACCOUNT, userName: "bob", status: "Active" as const, createdAt: 0 };
    if (key !== undefined) state.table(accessKeys).put({ id: key, ...record, sealed: sealAccessKey(secrets, key, "secret") });
  });
}

const BOB = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/bob`, userId: "AIDAFIRST", userName: "bob", accessKeyId: "AKIABOB" };
const FEDERATED = {
  kind: "federated-user",
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/fed`,
  userId: `${ACCOUNT}:fed`,
  userName: "bob",
  accessKeyId: "ASIAFED",
  session: { ...session, policy: policyText([EVERYTHING]) },
} as const;

/** Each with a way to put its bearer, and then another of the same name. */
const PRINCIPALS: Readonly<Record<string, readonly [principal: () => Principal, first: () => void, second: () => void]>> = {
  "a user": [() => ({ kind: "user", ...BOB }), () => putUser("AIDAFIRST"), () => putUser("AIDASECOND")],
  "a user's session": [() => ({ kind: "user", ...BOB, session }), () => putUser("AIDAFIRST"), () => putUser("AIDASECOND")],
  "a federated user": [() => ({ ...FEDERATED, sponsorId: "AIDAFIRST" }), () => putUser("AIDAFIRST"), () => putUser("AIDASECOND")],
  "a role's session": [
    () => serviceSession(role("AROAFIRST"), "s", session, systemIds),
    () => void role("AROAFIRST"),
    () => void role("AROASECOND"),
  ],
};

function role(id: string) {
  const platform = { state, ids: systemIds, clock: { now: () => 0 } } as unknown as Parameters<typeof putRole>[0];
  return putRole(platform, { name: "deploy", id, trust: [], may: [EVERYTHING] });
}

describe.each(Object.entries(PRINCIPALS))("%s", (_kind, [of, first, second]) => {
  test("may nothing once another has the name, whatever that one may and whoever lets everybody in", () => {
    const principal = of();
    first();
    expect(decide({ state, now: 0 }, principal, { action: "ecs:RunTask", resource: "*" })).toEqual({ allowed: true });
    second();
    const denied = { allowed: false, explicit: true, by: "identity-based policy" };
    expect(decide({ state, now: 0 }, principal, { action: "ecs:RunTask", resource: "*" })).toEqual(denied);
    expect(decide({ state, now: 0 }, principal, { action: "ecr:BatchGetImage", resource: APP })).toEqual(denied);
  });
});

describe("what was asked for with a key stands", () => {
  const stand = (principal: Principal): boolean => credentials({ state, secrets, roots: () => [] }).stand(principal, 0);

  test("as long as the key is that user's", () => {
    putUser("AIDAFIRST", "AKIABOB");
    expect(stand({ kind: "user", ...BOB })).toBe(true);
    putUser("AIDASECOND", "AKIABOB");
    expect(stand({ kind: "user", ...BOB })).toBe(false);
    expect(stand({ kind: "root", account: ACCOUNT, arn: "", userId: ACCOUNT, accessKeyId: "AKIABOB" })).toBe(false);
  });

  test("not for a federated user of an earlier version's token, which tells no id", () => {
    putUser("AIDAFIRST");
    expect(stand({ ...FEDERATED, sponsorId: "AIDAFIRST" })).toBe(true);
    expect(stand(FEDERATED)).toBe(false);
  });
});
