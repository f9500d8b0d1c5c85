import type { Action, AuthenticateOidcActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { createHash } from "node:crypto";
import type { ProxyLogin } from "../../domain/proxy-login.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { listeners, rules, type ListenerRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** Where users log in: a listener with a provider, as its actions name it. */
export interface Gate {
  readonly id: string;
  readonly loadBalancerArn: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userInfoEndpoint: string;
  readonly clientId: string;
  /** Sealed for the load balancer. */
  readonly sealedSecret: string;
  readonly cookie: string;
  readonly scope: string;
  /** Seconds. */
  readonly timeout: number;
  readonly extraParams: Readonly<Record<string, string>>;
}

type Place = Pick<ListenerRecord, "arn" | "loadBalancerArn">;

/**
 * The gate of an action of this listener. Actions of one listener that say the same of the provider and of sessions have one gate: who has passed one
 * passes all. Anything else about them, and sessions do not count for each other.
 */
export function gateOf({ arn, loadBalancerArn }: Place, config: AuthenticateOidcActionConfig): Gate {
  const gate = {
    loadBalancerArn,
    issuer: config.Issuer ?? "",
    authorizationEndpoint: config.AuthorizationEndpoint ?? "",
    tokenEndpoint: config.TokenEndpoint ?? "",
    userInfoEndpoint: config.UserInfoEndpoint ?? "",
    clientId: config.ClientId ?? "",
    cookie: config.SessionCookieName ?? "",
    scope: config.Scope ?? "",
    timeout: Number(config.SessionTimeout),
    extraParams: config.AuthenticationRequestExtraParams ?? {},
  };
  const id = `g${createHash("sha256")
    .update(JSON.stringify([arn, gate]))
    .digest("hex")
    .slice(0, 24)}`;
  return { id, ...gate, sealedSecret: config.ClientSecret ?? "" };
}

/** The key of a gate's sessions: other gates, of other listeners too, cannot open them. */
export function gateKey(secrets: SecretBox, gate: string): Uint8Array {
  return secrets.derive(`elb:login:${gate}`);
}

/** Makes of the actions of a listener who gets to their last one; `undefined` where everybody does. */
export type LoginOf = (listener: Place, actions: readonly Action[]) => ProxyLogin | undefined;

export function loginOf(secrets: SecretBox): LoginOf {
  return (listener, actions) => {
    const config = configIn(actions);
    if (!config) return undefined;
    const { id, cookie } = gateOf(listener, config);
    const key = Buffer.from(gateKey(secrets, id)).toString("base64");
    return { gate: id, key, cookie, otherwise: config.OnUnauthenticatedRequest ?? "authenticate" };
  };
}

/** The gates there are, looked for anew after a listener or a rule changed. */
export class Gates implements Disposable {
  readonly #state: WholeState;
  readonly #watches: readonly Disposable[];
  #known: ReadonlyMap<string, Gate> | undefined;

  constructor(state: WholeState) {
    this.#state = state;
    const forget = (): void => void (this.#known = undefined);
    this.#watches = [state.watch(listeners, forget), state.watch(rules, forget)];
  }

  find(id: string): Gate | undefined {
    this.#known ??= new Map(this.#all().map((gate) => [gate.id, gate]));
    return this.#known.get(id);
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #all(): Gate[] {
    return [...this.#state.table(listeners).values()].flatMap((listener) =>
      [
        listener.defaultActions,
        ...this.#state
          .table(rules)
          .by("listener", listener.arn)
          .map(({ actions }) => actions),
      ].flatMap((actions) => {
        const config = configIn(actions);
        return config ? [gateOf(listener, config)] : [];
      }),
    );
  }
}

function configIn(actions: readonly Action[]): AuthenticateOidcActionConfig | undefined {
  return actions.find(({ Type }) => Type === "authenticate-oidc")?.AuthenticateOidcConfig;
}
