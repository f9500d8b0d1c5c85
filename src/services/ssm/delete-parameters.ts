import { parameterKey, parameters } from "../../state/parameters.ts";
import { lengthWithin } from "../constraints.ts";
import { notFound, onParameter, operation, refuse, resourceOf } from "./parameter.ts";

export const deleteParameter = operation("DeleteParameter", {
  authorize: onParameter("DeleteParameter"),
  run({ Name = "" }, { state, account, region }) {
    const key = parameterKey({ account, region }, Name);
    if (!state.table(parameters).has(key)) throw notFound(Name);
    state.commit(() => state.table(parameters).delete(key));
    return {};
  },
});

export const deleteParameters = operation("DeleteParameters", {
  authorize: ({ Names = [] }, at) => ({ action: "ssm:DeleteParameters", resource: Names.map((name) => resourceOf(name, at)) }),
  run({ Names = [] }, { state, account, region }) {
    refuse(lengthWithin("names", Names, 1, 10));
    const names = [...new Set(Names)];
    return state.commit(() => {
      const gone = new Set(names.filter((name) => state.table(parameters).delete(parameterKey({ account, region }, name))));
      return { DeletedParameters: [...gone], InvalidParameters: names.filter((name) => !gone.has(name)) };
    });
  },
});
