import type { CompiledPolicy } from "./compile-policy.ts";
import type { KeyValues } from "./policy-variables.ts";
import type { PrincipalView } from "./principal-view.ts";

/** One action on one resource. */
export interface AccessRequest {
  readonly principal: PrincipalView;
  /** Such as `ecs:RunTask`. */
  readonly action: string;
  /** An ARN, or `*` where the action has no resource. */
  readonly resource: string;
  /** The account that owns the resource. */
  readonly resourceAccount: string;
  readonly context: KeyValues;
}

/** Everything that a decision depends on. Equal views give equal decisions. */
export interface AccessView {
  readonly request: AccessRequest;
  /** Managed and inline policies of the user and of the user's groups, or of the role. Not looked at for root. */
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  /** The policies that were handed over when the session was made: what they do not allow, the session may not. */
  readonly session?: readonly CompiledPolicy[];
  /** The policy of the resource: a repository's, a secret's, a key's, a role's trust policy. */
  readonly resource?: CompiledPolicy;
  /**
   * Whether the resource's policy has to allow also within its own account: of KMS keys and of trust policies. Identity policies count
   * then only where the resource's policy allows the account itself (`arn:aws:iam::<account>:root`).
   */
  readonly resourceDecides?: boolean;
  /** The policy of the VPC endpoint through which the request came, where there is one: what it does not allow, nobody may, root neither. */
  readonly endpoint?: CompiledPolicy;
}

/** Which kind of policy decided, in the words of AWS's messages. */
export type PolicyKind =
  | "identity-based policy"
  | "resource-based policy"
  | "permissions boundary"
  | "session policy"
  | "VPC endpoint policy";

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly explicit: boolean; readonly by: PolicyKind };
