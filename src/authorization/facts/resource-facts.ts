import type { Arn } from "../../domain/arn.ts";
import type { Principal } from "../../domain/principal.ts";
import type { WholeState } from "../../state/state.ts";

/** What a resource brings to a decision about it. */
export interface ResourceFacts {
  readonly tags?: Readonly<Record<string, string>>;
  /** Its own policy, JSON text. */
  readonly policy?: string;
  /** Whether that policy is a role's trust policy, which has no `Resource`. */
  readonly trust?: boolean;
  /** Whether its policy has to allow also within its own account: of KMS keys and of trust policies. */
  readonly policyDecides?: boolean;
  /** Condition keys of the resource itself, such as `ecs:cluster` of a task. */
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Looks at the records behind an ARN of one service; `undefined` where there is no such resource. */
export type FactsOf = (
  state: WholeState,
  resource: Arn,
  text: string,
  now: number,
  action: string,
  /** Who asks: a resource may have more to say to some than its policy does. */
  principal: Principal,
) => ResourceFacts | undefined;

/** Tags in whatever case a service writes them. */
export function tagFacts(
  tags: readonly {
    readonly Key?: string | undefined;
    readonly Value?: string | undefined;
    readonly key?: string | undefined;
    readonly value?: string | undefined;
  }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? tag.key ?? "", tag.Value ?? tag.value ?? ""]));
}
