import { parameterNamed, parameters } from "../../state/parameters.ts";
import { lengthWithin } from "../constraints.ts";
import type { OperationContext } from "../operation.ts";
import { notFound, onParameter, operation, refuse, resourceOf } from "./parameter.ts";

export const deleteParameter = operation("DeleteParameter", {
  authorize: onParameter("DeleteParameter"),
  run({ Name = "" }, context) {
    if (!context.state.commit(() => removed(Name, context))) throw notFound(Name);
    return {};
  },
});

export const deleteParameters = operation("DeleteParameters", {
  authorize: ({ Names = [] }, at) => ({ action: "ssm:DeleteParameters", resource: Names.map((name) => resourceOf(name, at)) }),
  run({ Names = [] }, context) {
    refuse(lengthWithin("names", Names, 1, 10));
    const names = [...new Set(Names)];
    return context.state.commit(() => {
      const gone = new Set(names.filter((name) => removed(name, context)));
      return { DeletedParameters: [...gone], InvalidParameters: names.filter((name) => !gone.has(name)) };
    });
  },
});

function removed(name: string, context: OperationContext): boolean {
  const found = parameterNamed(context.state, context, name);
  return found !== undefined && context.state.table(parameters).delete(parameters.key(found));
}
