import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ProxyClaim, ProxyTokens } from "../../domain/proxy-tokens.ts";
import { signingKeys, signingKeysKey } from "../../state/elb-signing-keys.ts";
import type { WholeState } from "../../state/state.ts";

/** Which tokens lead on to the last of some actions; `undefined` where none is asked for. Nobody's do before the keys of their issuer are there. */
export function tokensOf(state: WholeState, account: string, actions: readonly Action[]): ProxyTokens | undefined {
  const config = actions.find(({ Type }) => Type === "jwt-validation")?.JwtValidationConfig;
  if (!config) return undefined;
  const { Issuer: issuer = "", JwksEndpoint: endpoint = "", AdditionalClaims = [] } = config;
  const claims = AdditionalClaims.map(({ Name: name = "", Format: format = "single-string", Values: values = [] }): ProxyClaim => {
    return { name, format, values };
  });
  return { issuer, claims, keys: state.table(signingKeys).get(signingKeysKey({ account, endpoint }))?.keys ?? [] };
}
