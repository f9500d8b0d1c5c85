import { services } from "../../state/ecs.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { requireConnectNamespace } from "./connect-namespace.ts";
import { invalid, operation } from "./ecs-operation.ts";

/** The services of all clusters that use Service Connect in a namespace. */
export const listServicesByNamespace = operation("ListServicesByNamespace", {
  authorize: ({ namespace }) => ({ action: "ecs:ListServicesByNamespace", resource: "*", context: { "ecs:namespace": namespace } }),
  run({ namespace = "", nextToken, maxResults = 10 }, context) {
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const { id } = requireConnectNamespace(namespace, context);
    const arns = context.state
      .table(services)
      .by("connect", id)
      .map(({ arn }) => arn)
      .toSorted(compareKeys);
    const page = paginate(arns, (arn) => arn, { token: nextToken, limit: maxResults }, context.secrets);
    if (!page) throw invalid("Invalid token.");
    return { serviceArns: [...page.items], nextToken: page.nextToken };
  },
});
