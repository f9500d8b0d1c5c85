import { findParameter, parameterReference } from "../../state/parameters.ts";
import { lengthWithin } from "../constraints.ts";
import { onParameter, operation, refuse, requireParameter, resourceOf } from "./parameter.ts";
import { shownValue } from "./shown-parameter.ts";

export const getParameter = operation("GetParameter", {
  authorize: onParameter("GetParameter"),
  run({ Name = "", WithDecryption }, context) {
    const { parameter, version, selector } = requireParameter(context, Name);
    return { Parameter: shownValue(parameter, version, WithDecryption, context, selector) };
  },
});

export const getParameters = operation("GetParameters", {
  authorize: ({ Names = [] }, at) => ({ action: "ssm:GetParameters", resource: Names.map((name) => resourceOf(name, at)) }),
  run({ Names = [], WithDecryption }, context) {
    refuse(lengthWithin("names", Names, 1, 10));
    const found = [];
    const missing: string[] = [];
    for (const name of new Set(Names)) {
      const reference = parameterReference(context, name);
      const { parameter, version } = findParameter(context.state, reference);
      if (version && parameter.region === context.region)
        found.push(shownValue(parameter, version, WithDecryption, context, reference.selector));
      else missing.push(name);
    }
    return { Parameters: found, InvalidParameters: missing };
  },
});
