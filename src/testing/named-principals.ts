import { expect, test } from "vitest";
import { loadService } from "../gateway/loaded-service.ts";
import { SERVICES } from "../services/catalogue.ts";
import { membersOf } from "./schema-members.ts";

/** What becomes of a principal, a role or a policy that an input names. */
type Fate =
  | "kept, and forgets who is deleted: forgotten-principal.test.ts"
  | "a role's ARN, kept, looked up at each use and asked for its trust, as on AWS"
  | "not carried out, so that no role is taken on"
  | "a policy that names nobody"
  | "kept in a session, with the unique id: names-given-again.test.ts"
  | "not kept";

const NAMES_SOMEBODY = /^((assumeRole)?policyDocument|policyText|policy|(resource|repository)policy|\w*principal(Arn)?|\w*role(Arn)?)$/i;

/** Looks whether a service's tests account for every member that may name a principal: a member that is new has to be looked at. */
export function accountsForPrincipals(service: string, fates: Readonly<Partial<Record<Fate, readonly string[]>>>): void {
  test(`every member of an input of ${service} that may name a principal is accounted for`, async () => {
    expect(Object.values(fates).flat().toSorted()).toEqual(await principalsNamedIn(service));
  });
}

/** Such members of a service's operations, as `Operation.member`. */
export async function principalsNamedIn(id: string): Promise<readonly string[]> {
  const descriptor = SERVICES.find((one) => one.id === id);
  if (!descriptor) throw new Error(`there is no service ${id}`);
  const service = await loadService(descriptor);
  const found = new Set<string>();
  for (const { name } of service.operations.values())
    for (const member of membersOf(service.schema(name)?.input)) if (NAMES_SOMEBODY.test(member)) found.add(`${name}.${member}`);
  return [...found].toSorted();
}
