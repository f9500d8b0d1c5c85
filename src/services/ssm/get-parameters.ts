import { findParameter, parameterReference } from "../../state/parameters.ts";
import { lengthWithin } from "../constraints.ts";
import type { OperationContext } from "../operation.ts";
import { onParameter, operation, refuse, requireParameter, resourceOf } from "./parameter.ts";
import { publicParameters } from "./public-parameters.ts";
import { onReferencedSecret, referencedSecret, shownSecret } from "./secret-reference.ts";
import { shownPublic, shownValue } from "./shown-parameter.ts";

export const getParameter = operation("GetParameter", {
  authorize: (input, at) => [onParameter("GetParameter")(input, at), ...onReferencedSecret(input.Name ?? "", at)],
  async run({ Name = "", WithDecryption }, context) {
    const kept = await keptByAws(Name, WithDecryption, context);
    if (kept) return { Parameter: kept };
    const { parameter, version, selector } = requireParameter(context, Name);
    return { Parameter: shownValue(parameter, version, WithDecryption, context, selector) };
  },
});

export const getParameters = operation("GetParameters", {
  authorize: ({ Names = [] }, at) => [
    { action: "ssm:GetParameters", resource: Names.map((name) => resourceOf(name, at)) },
    ...Names.flatMap((name) => onReferencedSecret(name, at)),
  ],
  async run({ Names = [], WithDecryption }, context) {
    refuse(lengthWithin("names", Names, 1, 10));
    const found = [];
    const missing: string[] = [];
    for (const name of new Set(Names)) {
      const kept = await keptByAws(name, WithDecryption, context).catch(unlessNotFound);
      const reference = parameterReference(context, name);
      const { parameter, version } = findParameter(context.state, reference);
      if (kept) found.push(kept);
      else if (version && parameter.region === context.region)
        found.push(shownValue(parameter, version, WithDecryption, context, reference.selector));
      else missing.push(name);
    }
    return { Parameters: found, InvalidParameters: missing };
  },
});

/** A secret by its reference, or what AWS keeps for everybody; `undefined` for what may be a parameter of one's own. */
async function keptByAws(name: string, decrypt: boolean | undefined, context: OperationContext) {
  if (referencedSecret(name) !== undefined) return shownSecret(name, decrypt, context);
  const known = publicParameters(context.region).get(name);
  return known && shownPublic(known, context.region);
}

function unlessNotFound(thrown: unknown): undefined {
  if (thrown instanceof Error && thrown.name === "ParameterNotFound") return undefined;
  throw thrown;
}
