import { ExclusionAlreadyExistsException, ExclusionNotFoundException, LimitExceededException } from "@aws-sdk/client-ecr";
import { pullTimeExclusionKey, pullTimeExclusions, registryKey } from "../../state/ecr-registries.ts";
import { because } from "../operation.ts";
import { mustHaveLength, mustMatch, operation, pageOf } from "./ecr-operation.ts";

/** Source: Amazon ECR User Guide, "Pull-time update exclusions": "up to 100 exclusions per account". */
const MOST = 100;
const PRINCIPAL_SOURCE = "^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\\w+=,.@-]+(/[\\w+=,.@-]+)*$";

/** @throws InvalidParameterException */
function readPrincipal(principalArn = ""): string {
  mustHaveLength("principalArn", principalArn, 0, 200);
  mustMatch("principalArn", principalArn, new RegExp(PRINCIPAL_SOURCE), PRINCIPAL_SOURCE);
  return principalArn;
}

export const registerPullTimeUpdateExclusion = operation("RegisterPullTimeUpdateExclusion", {
  authorize: () => ({ action: "ecr:RegisterPullTimeUpdateExclusion", resource: "*" }),
  run(input, { state, account, region, now }) {
    const principalArn = readPrincipal(input.principalArn);
    const scope = { account, region };
    const table = state.table(pullTimeExclusions);
    if (table.has(pullTimeExclusionKey(scope, principalArn)))
      throw new ExclusionAlreadyExistsException(
        because(`The pull time update exclusion for '${principalArn}' already exists in the registry with id '${account}'`),
      );
    if (table.by("registry", registryKey(scope)).length >= MOST)
      throw new LimitExceededException(
        because(`The registry with id '${account}' has ${MOST} pull time update exclusions, the most that it may have`),
      );
    state.commit(() => table.put({ ...scope, principalArn, createdAt: now }));
    return { principalArn, createdAt: new Date(now) };
  },
});

export const deregisterPullTimeUpdateExclusion = operation("DeregisterPullTimeUpdateExclusion", {
  authorize: () => ({ action: "ecr:DeregisterPullTimeUpdateExclusion", resource: "*" }),
  run(input, { state, account, region }) {
    const principalArn = readPrincipal(input.principalArn);
    const table = state.table(pullTimeExclusions);
    const key = pullTimeExclusionKey({ account, region }, principalArn);
    if (!table.has(key))
      throw new ExclusionNotFoundException(
        because(`The pull time update exclusion for '${principalArn}' does not exist in the registry with id '${account}'`),
      );
    state.commit(() => table.delete(key));
    return { principalArn };
  },
});

export const listPullTimeUpdateExclusions = operation("ListPullTimeUpdateExclusions", {
  authorize: () => ({ action: "ecr:ListPullTimeUpdateExclusions", resource: "*" }),
  run({ maxResults, nextToken }, context) {
    const { account, region, state } = context;
    const all = state.table(pullTimeExclusions).by("registry", registryKey({ account, region }));
    const page = pageOf(all, ({ principalArn }) => principalArn, { maxResults, nextToken }, context);
    return {
      pullTimeUpdateExclusions: page.items.map(({ principalArn }) => principalArn),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});
