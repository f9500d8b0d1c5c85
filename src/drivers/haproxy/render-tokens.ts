import { createHash } from "node:crypto";
import type { ProxyClaim, ProxyTokens } from "../../domain/proxy-tokens.ts";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { section } from "./configuration-text.ts";
import { page, serverName } from "./error-pages.ts";
import { quote } from "./quote.ts";

const BEARER = "http_auth_bearer";
/** Of a list in a token; what comes after these is not looked at. */
const MOST_ITEMS = 20;

/**
 * Notes for each kind of token that routes ask for whether the request has one. Of a request without a token nothing is asked but that; a signature is looked at last, with the
 * key that the token names. Source: Elastic Load Balancing, "Verify JWTs using an Application Load Balancer"; RFC 7519, section 4.1.
 */
export function renderTokens(all: readonly ProxyTokens[]): readonly string[] {
  const kinds = new Map(all.map((tokens) => [nameOf(tokens), tokens]));
  if (kinds.size === 0) return [];
  const has = "if { req.fhdr_cnt(authorization) eq 1 }";
  const told = (name: string, query: string): string => `http-request set-var(txn.token_${name}) ${BEARER},${query} ${has}`;
  const early = (name: string): string =>
    `http-request set-var(txn.token_early) int(1) if { var(txn.token_${name}) -m found } { date,sub(txn.token_${name}) lt 0 }`;
  return [
    told("alg", "jwt_header_query('$.alg')"),
    told("kid", "jwt_header_query('$.kid')"),
    told("iss", "jwt_payload_query('$.iss')"),
    ...["exp", "nbf", "iat"].map((name) => told(name, `jwt_payload_query('$.${name}','int')`)),
    ...["nbf", "iat"].map(early),
    ...[...kinds].flatMap(([name, tokens]) => renderKind(name, tokens)),
  ];
}

/** A line of HAProxy's has 64 words at most, so that each thing that a token has to say has a line of its own, which notes where it does not. */
function renderKind(name: string, { issuer, claims, keys }: ProxyTokens): readonly string[] {
  const isBad = `{ var(txn.${name}_bad) -m found }`;
  const isShown = "{ var(txn.token_alg) -m found }";
  const wanted = [
    "{ var(txn.token_alg) -m str RS256 }",
    `{ var(txn.token_iss) -m str ${quote(issuer)} }`,
    "{ date,sub(txn.token_exp) lt 0 }",
    ...claims.flatMap((claim) => conditionsOf(claim, name)),
  ];
  return [
    ...claims.flatMap((claim) => namedConditions(claim, name)),
    `http-request set-var(txn.${name}_bad) int(1) if { var(txn.token_early) -m found }`,
    ...wanted.map((condition) => `http-request set-var(txn.${name}_bad) int(1) if ${isShown} !${isBad} !${condition}`),
    ...keys.map(({ kid, pem }) => {
      const isNamed = kid === undefined ? "" : ` { var(txn.token_kid) -m str ${quote(kid)} }`;
      const isSigned = `{ ${BEARER},jwt_verify("RS256","${keyFile(pem)}") -m int 1 }`;
      return `http-request set-var(txn.${name}) int(1) if ${isShown} !${isBad} !{ var(txn.${name}) -m found }${isNamed} ${isSigned}`;
    }),
  ];
}

/** Each value has to be there. */
function conditionsOf(claim: ProxyClaim, kind: string): readonly string[] {
  const read = `${BEARER},jwt_payload_query('$.${claim.name}')`;
  switch (claim.format) {
    case "single-string":
      return claim.values.map((value) => `{ ${read} -m str ${quote(value)} }`);
    case "space-separated-values":
      return claim.values.map(
        (value) => `{ ${read} -m reg ${quote(`(^| )${value.replace(/[^A-Za-z0-9]/g, (sign) => `\\${sign}`)}( |$)`)} }`,
      );
    case "string-array":
      return claim.values.map((_value, at) => nameOfValue(claim, kind, at));
  }
}

/** Of a list, HAProxy 2.6 reads one item at a time: that one of them is a value has several lines of one name. */
function namedConditions(claim: ProxyClaim, kind: string): readonly string[] {
  if (claim.format !== "string-array") return [];
  const items = Array.from({ length: MOST_ITEMS }, (_, index) => index);
  return claim.values.flatMap((value, at) =>
    items.map(
      (index) => `acl ${nameOfValue(claim, kind, at)} ${BEARER},jwt_payload_query('$.${claim.name}[${index}]') -m str ${quote(value)}`,
    ),
  );
}

function nameOfValue({ name }: ProxyClaim, kind: string, at: number): string {
  return `${kind}_${name}_${at}`;
}

/** The line that turns away who has no such token. */
export function renderTokenGate(tokens: ProxyTokens, when: (...conditions: readonly string[]) => string): string {
  return `use_backend token_denied${when(`!{ var(txn.${nameOf(tokens)}) -m found }`)}`;
}

/** Where requests go that may not pass. */
export function tokenBackends(): readonly string[] {
  return [
    section([
      "backend token_denied",
      `http-request return status 401 content-type text/html string ${quote(page("401 Authorization Required"))} hdr Server ${serverName} hdr Date %[date,http_date]`,
    ]),
  ];
}

/** The files of all keys, which HAProxy reads when it starts or reloads. */
export function tokenFiles({ listeners }: ProxyConfiguration): ReadonlyMap<string, string> {
  const keys = listeners.flatMap(({ routes }) => routes.flatMap(({ tokens }) => tokens?.keys ?? []));
  return new Map(keys.map(({ pem }) => [keyFile(pem), pem]));
}

/** Equal kinds of tokens have equal names. */
function nameOf(tokens: ProxyTokens): string {
  return `token_${digest(JSON.stringify(tokens))}`;
}

function keyFile(pem: string): string {
  return `issuer-${digest(pem)}.pem`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
