import { deflateRawSync, inflateRawSync } from "node:zlib";
import { matchedStatements } from "../decide/iam/matched-statements.ts";
import type { Statement } from "../decide/iam/policy-document.ts";
import { parseArn } from "../domain/arn.ts";
import type { Principal } from "../domain/principal.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { WholeState } from "../state/state.ts";
import { accessView, type AskedPermission, type RequestOrigin } from "./authorize.ts";
import { factsOf } from "./facts/index.ts";

/** What was refused, as it was asked. */
export interface Refusal {
  readonly principal: Principal;
  readonly asked: AskedPermission;
  readonly origin: RequestOrigin;
  /** Whether a policy denies it, or none allows it. */
  readonly explicit: boolean;
}

interface Parts {
  readonly state: WholeState;
  readonly now: number;
  readonly secrets: SecretBox;
}

const CONTEXT = "sts:authorization-message";
/** What DecodeAuthorizationMessage takes. */
const MOST_CHARACTERS = 10_240;
const MOST_OF_A_VALUE = 256;

/**
 * The details of a refusal, sealed: who was refused need not see them, and only who may call DecodeAuthorizationMessage does.
 * Their form is that of STS API Reference, "DecodeAuthorizationMessage", and of the messages that AWS's documentation shows.
 */
export function sealAuthorizationMessage(parts: Parts, refusal: Refusal): string {
  const whole = sealed(parts, refusal, denyingStatements(parts, refusal));
  return whole.length <= MOST_CHARACTERS ? whole : sealed(parts, refusal, []);
}

/**
 * What such a message says, as JSON.
 * @returns `undefined` for a text that is no message of ours, or one about another account
 */
export function openAuthorizationMessage(secrets: SecretBox, message: string, account: string): string | undefined {
  try {
    const { accounts, text } = JSON.parse(inflateRawSync(secrets.open(message, CONTEXT)).toString()) as Contents;
    return accounts.includes(account) ? text : undefined;
  } catch {
    // Made up, or changed on its way: the box opens nothing else.
    return undefined;
  }
}

interface Contents {
  readonly accounts: readonly string[];
  readonly text: string;
}

function sealed(parts: Parts, refusal: Refusal, statements: readonly Statement[]): string {
  const { principal, asked, origin, explicit } = refusal;
  const text = JSON.stringify({
    allowed: false,
    explicitDeny: explicit,
    matchedStatements: items(statements.map((statement) => statementView(statement, principal))),
    failures: items([]),
    context: {
      principal: { id: principal.userId, name: nameOf(principal), arn: principal.arn },
      action: asked.action,
      resource: asked.resource,
      conditions: items(conditionsOf(parts, refusal)),
    },
  });
  const { resourceAccount } = accessView(parts, principal, asked, origin).request;
  const contents: Contents = { accounts: [principal.account, resourceAccount], text };
  const packed = deflateRawSync(JSON.stringify(contents));
  for (;;) {
    const message = Buffer.from(parts.secrets.seal(packed, CONTEXT), "base64").toString("base64url");
    // A command line takes what begins with a dash for an option. Each sealing begins with other bytes.
    if (!message.startsWith("-")) return message;
  }
}

/** The statements that deny; where none does, there is none to name. */
function denyingStatements(parts: Parts, { principal, asked, origin }: Refusal): readonly Statement[] {
  const matched = matchedStatements(accessView(parts, principal, asked, origin));
  return matched.map(({ statement }) => statement).filter(({ effect }) => effect === "Deny");
}

function statementView({ sid = "", action, resource, conditions }: Statement, principal: Principal) {
  return {
    statementId: sid,
    effect: "DENY",
    principals: values([principal.userId]),
    principalGroups: items([]),
    [action.negated ? "notActions" : "actions"]: values(action.patterns),
    [resource?.negated === true ? "notResources" : "resources"]: values(resource?.patterns ?? ["*"]),
    conditions: items(conditions.map((one) => ({ key: one.key, values: values(one.values) }))),
  };
}

/** Global keys that a request may have. */
const GLOBAL_KEYS = [
  "aws:PrincipalAccount",
  "aws:PrincipalArn",
  "aws:PrincipalType",
  "aws:RequestedRegion",
  "aws:ResourceAccount",
  "aws:SecureTransport",
  "aws:SourceIdentity",
  "aws:SourceIp",
  "aws:TokenIssueTime",
  "aws:UserAgent",
  "aws:userid",
  "aws:username",
];

/** The condition keys of the request with their values: its own, the resource's, and the global ones. */
function conditionsOf(parts: Parts, { principal, asked, origin }: Refusal) {
  const { context } = accessView(parts, principal, asked, origin).request;
  const arn = parseArn(asked.resource);
  const facts = arn && factsOf(parts.state, arn, asked.resource, asked.action, parts.now, principal);
  const ofResource = [...Object.keys(facts?.context ?? {}), ...Object.keys(facts?.tags ?? {}).map((key) => `aws:ResourceTag/${key}`)];
  return [...new Set([...Object.keys(asked.context ?? {}), ...ofResource, ...GLOBAL_KEYS])].flatMap((key) => {
    const found = context(key.toLowerCase());
    return found === undefined ? [] : [{ key, values: values([found].flat().map((value) => value.slice(0, MOST_OF_A_VALUE))) }];
  });
}

function nameOf({ arn }: Principal): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

function values(all: readonly string[]) {
  return items(all.map((value) => ({ value })));
}

function items<T>(all: readonly T[]): { readonly items: readonly T[] } {
  return { items: all };
}
