import {
  InvalidLoadBalancerActionException,
  type Action,
  type AuthenticateOidcActionConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { defined } from "../../domain/defined.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { openClientSecret, sealClientSecret } from "../../state/elb-client-secret.ts";
import { because } from "../operation.ts";
import { checkEnum, checkRange, invalid } from "./elb-operation.ts";

/** Seven days, in seconds; also what a session has unless told otherwise. */
const LONGEST_SESSION = 604_800;
const USUAL_COOKIE = "AWSELBAuthSessionCookie";
const MOST_PARAMS = 10;
/** What the load balancer itself tells the provider. */
const OWN_PARAMS = ["client_id", "nonce", "redirect_uri", "response_mode", "response_type", "scope", "state"];

export interface SecretPlace {
  readonly secrets: SecretBox;
  readonly loadBalancerArn: string;
  /** As the action is in the record; absent where there is none yet. */
  readonly before: AuthenticateOidcActionConfig | undefined;
}

/**
 * Checks how an action logs users in, and returns it with its defaults, its client's secret sealed. A secret that is as before stays sealed as it was, so
 * that equal actions stay equal. Source: ELB API, `AuthenticateOidcActionConfig`.
 * @param path as AWS names the action in the request
 */
export function checkAuthenticateOidc(
  config: AuthenticateOidcActionConfig | undefined,
  path: string,
  at: SecretPlace,
): AuthenticateOidcActionConfig {
  if (!config) throw invalid("An authenticate-oidc configuration must be specified");
  const { Issuer, ClientId, OnUnauthenticatedRequest } = config;
  if (!isFullUrl(Issuer)) throw refused(`The issuer '${Issuer ?? ""}' must be a full URL, including the HTTPS protocol and the domain`);
  const AuthorizationEndpoint = endpoint(config.AuthorizationEndpoint, "authorization endpoint");
  const TokenEndpoint = endpoint(config.TokenEndpoint, "token endpoint");
  const UserInfoEndpoint = endpoint(config.UserInfoEndpoint, "user info endpoint");
  if (ClientId === undefined || !/^[\x20-\x7e]+$/.test(ClientId)) throw refused("A client ID must be specified");
  const { SessionCookieName = USUAL_COOKIE, Scope = "openid", SessionTimeout = LONGEST_SESSION } = config;
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(SessionCookieName))
    throw refused(
      `The session cookie name '${SessionCookieName}' is not valid: it has letters, digits, '_', '.' and '-', at most 128 of them`,
    );
  if (!Scope.split(" ").includes("openid") || !/^[\x20-\x7e]+$/.test(Scope)) throw refused(`The scope '${Scope}' must include 'openid'`);
  checkRange(SessionTimeout, `${path}.authenticateOidcConfig.sessionTimeout`, 1, LONGEST_SESSION);
  checkEnum(OnUnauthenticatedRequest, `${path}.authenticateOidcConfig.onUnauthenticatedRequest`, ["deny", "allow", "authenticate"]);
  return {
    Issuer,
    AuthorizationEndpoint,
    TokenEndpoint,
    UserInfoEndpoint,
    ClientId,
    ClientSecret: sealedSecret(config, at),
    SessionCookieName,
    Scope,
    SessionTimeout,
    ...defined({ AuthenticationRequestExtraParams: checkedParams(config.AuthenticationRequestExtraParams) }),
    OnUnauthenticatedRequest: OnUnauthenticatedRequest ?? "authenticate",
  };
}

/** Actions as they may be shown: a client's secret is never told again. */
export function describeActions(actions: readonly Action[]): Action[] {
  return actions.map((action) => {
    if (!action.AuthenticateOidcConfig) return action;
    const { ClientSecret: _secret, ...shown } = action.AuthenticateOidcConfig;
    return { ...action, AuthenticateOidcConfig: shown };
  });
}

function sealedSecret({ ClientSecret, UseExistingClientSecret = false }: AuthenticateOidcActionConfig, at: SecretPlace): string {
  const { secrets, loadBalancerArn, before } = at;
  const known = before?.ClientSecret;
  if (UseExistingClientSecret) {
    if (ClientSecret !== undefined) throw refused("You cannot both specify a client secret and set UseExistingClientSecret to true");
    if (known === undefined) throw refused("UseExistingClientSecret can be true only where the action has a client secret already");
    return known;
  }
  if (!ClientSecret) throw refused("A client secret must be specified");
  const isSame = known !== undefined && openClientSecret(secrets, loadBalancerArn, known) === ClientSecret;
  return isSame ? known : sealClientSecret(secrets, loadBalancerArn, ClientSecret);
}

function checkedParams(params: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  const names = Object.keys(params ?? {});
  if (names.length === 0) return undefined;
  if (names.length > MOST_PARAMS) throw refused(`You can specify at most ${MOST_PARAMS} extra parameters of the authentication request`);
  const own = names.find((name) => OWN_PARAMS.includes(name.toLowerCase()));
  if (own !== undefined) throw refused(`The authentication request parameter '${own}' cannot be specified`);
  return { ...params };
}

function endpoint(url: string | undefined, name: string): string {
  if (!isFullUrl(url))
    throw refused(`The ${name} '${url ?? ""}' must be a full URL, including the HTTPS protocol, the domain, and the path`);
  return url;
}

/** An issuer is compared letter by letter, so that it stays as it was written. */
export function isFullUrl(text: string | undefined): text is string {
  if (text === undefined || !/^https:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === "" && password === "" && hash === "";
}

function refused(message: string): InvalidLoadBalancerActionException {
  return new InvalidLoadBalancerActionException(because(message));
}
