/** Who asks, as policies see them. */
export interface PrincipalView {
  readonly kind: "root" | "user" | "role-session" | "federated-user" | "web-identity" | "service" | "anonymous";
  /** The account of the principal; empty for a service and for nobody. */
  readonly account: string;
  /**
   * The ARNs under which a `Principal` element may name it, the most exact one first: of a role's session the session's ARN, then the
   * role's; of a web identity its provider's. A service has its name here: `ecs-tasks.amazonaws.com`.
   */
  readonly names: readonly string[];
}
