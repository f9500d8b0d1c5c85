import type { CompiledPolicy } from "./compile-policy.ts";
import { askedBy } from "./evaluate.ts";
import { applies } from "./match-statements.ts";
import type { Statement } from "./policy-document.ts";
import type { AccessView } from "./view.ts";

/** A statement that applies to a request, whichever way the decision went. */
export interface MatchedStatement {
  readonly source: "identity" | "boundary" | "session" | "resource";
  /** The policy's place within the view's list; 0 for boundary and resource. */
  readonly policy: number;
  readonly statement: Statement;
}

/** All statements that apply to a request: what SimulatePrincipalPolicy and SimulateCustomPolicy tell in `MatchedStatements`. */
export function matchedStatements(view: AccessView): readonly MatchedStatement[] {
  const asked = askedBy(view);
  const { action, resource } = view.request;
  const of = (source: MatchedStatement["source"], policies: readonly CompiledPolicy[]): readonly MatchedStatement[] =>
    policies.flatMap((compiled, policy) => {
      const { deny, allow } = compiled.relevant(action, resource, asked.parts);
      const matching = [...deny, ...allow].filter((one) => applies(one, asked)).map((one) => one.statement);
      const inOrder = compiled.document.statements.filter((statement) => matching.includes(statement));
      return inOrder.map((statement) => ({ source, policy, statement }));
    });
  return [
    ...of("identity", view.identity),
    ...of("boundary", view.boundary ? [view.boundary] : []),
    ...of("session", view.session ?? []),
    ...of("resource", view.resource ? [view.resource] : []),
  ];
}
