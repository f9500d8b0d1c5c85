/** What a policy is read for: what is attached to identities (also boundaries and session policies), to resources, or a role's trust. */
export type PolicyUse = "identity" | "resource" | "trust";

/** A policy as `parsePolicy` read it: every element is there in one form, whichever way it was written. */
export interface PolicyDocument {
  /** A policy without `Version` counts as one of 2008, which knows no policy variables. */
  readonly version: "2008-10-17" | "2012-10-17";
  readonly id?: string;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  /** Of resource-based policies only. */
  readonly principal?: PrincipalElement;
  /** `Action`, or `NotAction` where it is negated. */
  readonly action: PatternList;
  /** `Resource` or `NotResource`. Absent in trust policies, and in policies of resources that mean themselves, such as repositories. */
  readonly resource?: PatternList;
  readonly conditions: readonly ConditionElement[];
  /** Where the statement stands in the text. */
  readonly span: Span;
}

export interface PatternList {
  readonly negated: boolean;
  readonly patterns: readonly string[];
}

/** `Principal`, or `NotPrincipal` where it is negated. */
export interface PrincipalElement {
  readonly negated: boolean;
  /** Whether it is `"*"` and not a map. */
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly service: readonly string[];
  readonly federated: readonly string[];
  readonly canonicalUser: readonly string[];
}

/** One key below one operator: `"StringLike": { "aws:PrincipalTag/team": ["a", "b"] }`. */
export interface ConditionElement {
  /** As it was written: `ForAllValues:StringEqualsIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** From the first character to the last one. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}
