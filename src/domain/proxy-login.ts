/** Who may pass a route: clients with a session that was made for it (`domain/login-session.ts`). */
export interface ProxyLogin {
  /** Names the sessions that count: those of one listener with one provider. `[a-z0-9]+`. */
  readonly gate: string;
  /** Key of AES-256-GCM that opens these sessions, in base64. */
  readonly key: string;
  /** Name of the cookies that hold a session, without the number at the end. `[A-Za-z0-9_.-]+`. */
  readonly cookie: string;
  /** What becomes of requests without a session. `authenticate`: they are sent to the login, which the control plane serves. */
  readonly otherwise: "deny" | "allow" | "authenticate";
}
