import {
  InvalidLoadBalancerActionException,
  type JwtValidationActionAdditionalClaim,
  type JwtValidationActionConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { because } from "../operation.ts";
import { isFullUrl } from "./authenticate-oidc.ts";
import { checkEnum, invalid } from "./elb-operation.ts";

const LONGEST = 256;
const MOST_CLAIMS = 10;
const MOST_VALUES = 10;
const FORMATS = ["single-string", "string-array", "space-separated-values"];
/** What is always looked at. */
const OWN_CLAIMS = ["exp", "iss", "nbf", "iat"];

/**
 * Checks which tokens an action lets pass. Source: ELB API, `JwtValidationActionConfig` and `JwtValidationActionAdditionalClaim`.
 * @param path as AWS names the action in the request
 */
export function checkJwtValidation(config: JwtValidationActionConfig | undefined, path: string): JwtValidationActionConfig {
  if (!config) throw invalid("A jwt-validation configuration must be specified");
  const { JwksEndpoint, Issuer = "", AdditionalClaims = [] } = config;
  if (!isFullUrl(JwksEndpoint) || JwksEndpoint.length > LONGEST)
    throw refused(
      `The JWKS endpoint '${JwksEndpoint ?? ""}' must be a full URL, including the HTTPS protocol, the domain, and the path, of at most ${LONGEST} characters`,
    );
  if (!/^[\x21-\x7e]{1,256}$/.test(Issuer)) throw refused(`The issuer '${Issuer}' must have 1 to ${LONGEST} characters`);
  if (AdditionalClaims.length > MOST_CLAIMS) throw refused(`You can specify at most ${MOST_CLAIMS} additional claims`);
  const names = AdditionalClaims.map(({ Name }) => Name);
  if (new Set(names).size < names.length) throw refused("Each additional claim must have a name of its own");
  AdditionalClaims.forEach((claim, at) => checkClaim(claim, `${path}.jwtValidationConfig.additionalClaims.${at + 1}.member`));
  return { JwksEndpoint, Issuer, ...(AdditionalClaims.length > 0 && { AdditionalClaims }) };
}

function checkClaim({ Name = "", Format, Values = [] }: JwtValidationActionAdditionalClaim, path: string): void {
  checkEnum(Format, `${path}.format`, FORMATS);
  if (OWN_CLAIMS.includes(Name)) throw refused(`The claim '${Name}' is validated by default and cannot be specified`);
  // The proxy reads a claim by its path in the token, in which other signs mean something.
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(Name))
    throw refused(`Airfield reads claims whose names have letters, digits, '_' and '-' alone: the claim '${Name}' is refused`);
  if (Values.length === 0 || Values.length > MOST_VALUES) throw refused(`The claim '${Name}' must have 1 to ${MOST_VALUES} values`);
  if (Format === "single-string" && Values.length > 1) throw refused(`The claim '${Name}' of format 'single-string' must have one value`);
  for (const value of Values) {
    if (!/^[\x20-\x7e]{1,256}$/.test(value)) throw refused(`A value of the claim '${Name}' must have 1 to ${LONGEST} characters of ASCII`);
    if (Format === "space-separated-values" && value.includes(" "))
      throw refused(`A value of the claim '${Name}' of format 'space-separated-values' cannot contain a space`);
  }
}

function refused(message: string): InvalidLoadBalancerActionException {
  return new InvalidLoadBalancerActionException(because(message));
}
