/** Who makes a request. Times are milliseconds since the Unix epoch. */
export type Principal = RootPrincipal | UserPrincipal | RoleSessionPrincipal | FederatedUserPrincipal | AnonymousPrincipal;

interface Caller {
  readonly account: string;
  /** What policies and messages call it: `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/role/session`. */
  readonly arn: string;
  /** The `aws:userid` of IAM's table "principal key values": an account, `AIDA…`, `AROA…:session-name`. */
  readonly userId: string;
  /** The key that signed, or under which a registry token was made. */
  readonly accessKeyId: string;
  /** Of temporary credentials only. */
  readonly session?: SessionFacts;
}

export interface RootPrincipal extends Caller {
  readonly kind: "root";
  /** The id of the key that the operator has for this root: sessions of root end with it. */
  readonly rootKeyId?: string;
}

export interface UserPrincipal extends Caller {
  readonly kind: "user";
  readonly userName: string;
}

export interface RoleSessionPrincipal extends Caller {
  readonly kind: "role-session";
  readonly roleArn: string;
  readonly roleName: string;
  readonly session: SessionFacts;
}

/** Of GetFederationToken: the user's permissions, cut down by the session's policies. */
export interface FederatedUserPrincipal extends Caller {
  readonly kind: "federated-user";
  /** The user that asked for the token; absent where root did. */
  readonly userName?: string;
  /** The unique id of that user, or the `rootKeyId` of root. Tokens of earlier versions lack it, and count for nothing. */
  readonly sponsorId?: string;
  readonly session: SessionFacts;
}

/** Who did not sign: a few operations, such as AssumeRoleWithWebIdentity, take their proof in the request. */
export interface AnonymousPrincipal extends Caller {
  readonly kind: "anonymous";
}

export const ANONYMOUS: AnonymousPrincipal = { kind: "anonymous", account: "", arn: "", userId: "", accessKeyId: "" };

/** What temporary credentials carry with them, fixed when they are issued. */
export interface SessionFacts {
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** JSON texts of the session policies that were passed inline, and the ARNs of those passed by reference. */
  readonly policy?: string;
  readonly policyArns: readonly string[];
  /** The unique ids of these policies, in the same order: what is made later under an ARN is another policy. */
  readonly policyIds?: readonly string[];
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** The keys among `tags` that a chained session inherits. */
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
  /** Whether a role's session assumed this role: such sessions last an hour at most. */
  readonly chained?: boolean;
  /** Whether a multi-factor code was given. */
  readonly mfa?: boolean;
  /** Whether the console's sign-in made it: such a session is its user's or root's like a key of their own. */
  readonly console?: boolean;
  /** Condition keys that hold for the whole session, such as `token.actions.githubusercontent.com:sub`, `aws:FederatedProvider`. */
  readonly context: Readonly<Record<string, string>>;
}
