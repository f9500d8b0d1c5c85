import {
  InvalidConfigurationRequestException,
  InvalidLoadBalancerActionException,
  TargetGroupAssociationLimitException,
  TooManyActionsException,
  TooManyUniqueTargetGroupsPerLoadBalancerException,
  type Action,
  type FixedResponseActionConfig,
  type RedirectActionConfig,
  type TargetGroupStickinessConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { loadBalancersOfTargetGroup, targetGroupsOfLoadBalancer } from "../../state/elb-targets.ts";
import { targetGroupsOf, type LoadBalancerRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { checkAuthenticateOidc } from "./authenticate-oidc.ts";
import { checkJwtValidation } from "./jwt-validation.ts";
import { checkEnum, checkRange, invalid } from "./elb-operation.ts";
import { findTargetGroup, type Place } from "./find.ts";
import { QUOTAS } from "./quotas.ts";
import { checkReachable } from "./target-group-kind.ts";
import { requireCompatible, requireForwards, requireOneWay } from "./network-listeners.ts";

const TYPES = ["forward", "authenticate-oidc", "authenticate-cognito", "redirect", "fixed-response", "jwt-validation"];
/** Seven days, in seconds. */
const LONGEST_STICKINESS = 604_800;
const CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/** Where the actions of a listener or a rule are looked at. */
interface ActionsPlace extends Place {
  readonly secrets: SecretBox;
}

/**
 * Checks the actions of a listener or a rule, and returns them with their defaults filled in, in the order in which they are performed; secrets of clients are
 * sealed in them.
 */
export function checkActions(
  actions: readonly Action[] | undefined,
  balancer: LoadBalancerRecord,
  on: {
    readonly protocol?: string | undefined;
    readonly port: number;
    readonly isRule?: boolean;
    /** As they are in the record; absent where there are none yet. */
    readonly before?: readonly Action[] | undefined;
  },
  at: ActionsPlace,
): readonly Action[] {
  const { isRule = false, before = [] } = on;
  if (!actions || actions.length === 0) throw invalid(isRule ? "An action must be specified" : "A default action must be specified");
  const path = isRule ? "actions" : "defaultActions";
  actions.forEach(({ Type, Order }, index) => {
    checkEnum(Type, `${path}.${index + 1}.member.type`, TYPES);
    checkRange(Order, `${path}.${index + 1}.member.order`, 1, 50_000);
    if (isBeforeOthers(Type) && on.protocol !== "HTTPS")
      throw new InvalidLoadBalancerActionException(because(`Actions of type '${Type}' are supported only on HTTPS listeners`));
    if (Type === "authenticate-cognito")
      throw new InvalidLoadBalancerActionException(because(`Actions of type '${Type}' are not supported: 'authenticate-oidc' is`));
  });
  requireForwards(actions, balancer);
  requireOneEnd(actions);
  const known = before.find(({ AuthenticateOidcConfig }) => AuthenticateOidcConfig)?.AuthenticateOidcConfig;
  const secret = { secrets: at.secrets, loadBalancerArn: balancer.arn, before: known };
  const checked = actions
    .map((action, index) => {
      const member = `${path}.${index + 1}.member`;
      if (action.Type === "jwt-validation") {
        const JwtValidationConfig = checkJwtValidation(action.JwtValidationConfig, member);
        return { Type: action.Type, ...defined({ Order: action.Order }), JwtValidationConfig };
      }
      if (action.Type !== "authenticate-oidc") return checkAction(action, { ...on, path: member }, at);
      const AuthenticateOidcConfig = checkAuthenticateOidc(action.AuthenticateOidcConfig, member, secret);
      return { Type: action.Type, ...defined({ Order: action.Order }), AuthenticateOidcConfig };
    })
    .sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0));
  checkAssociations(checked, balancer, on, at);
  return checked;
}

/** Actions after which another one has to come. */
function isBeforeOthers(type: Action["Type"]): boolean {
  return type === "authenticate-oidc" || type === "authenticate-cognito" || type === "jwt-validation";
}

/** The kind of action that decides who comes to the last one; `undefined` where everybody does. */
export function typeBeforeOthers(actions: readonly Action[]): Action["Type"] {
  return actions.find(({ Type }) => isBeforeOthers(Type))?.Type;
}

/** Source: ELB API, `Action`: each of several has its place, and the last one says what becomes of the request. */
function requireOneEnd(actions: readonly Action[]): void {
  const ends = actions.filter(({ Type }) => !isBeforeOthers(Type));
  if (ends.length > 1)
    throw new TooManyActionsException(because("You can specify only one action of type 'forward', 'redirect' or 'fixed-response'"));
  if (actions.length - ends.length > 1)
    throw new TooManyActionsException(because("You can specify only one action that authenticates users"));
  const [end] = ends;
  if (!end)
    throw new InvalidLoadBalancerActionException(because("An action of type 'forward', 'redirect' or 'fixed-response' must be specified"));
  if (actions.length === 1) return;
  const orders = actions.map(({ Order }) => Order);
  if (orders.includes(undefined) || new Set(orders).size < orders.length)
    throw new InvalidLoadBalancerActionException(because("Each of several actions must have an order of its own"));
  if (actions.some(({ Order = 0 }) => Order > (end.Order ?? 0)))
    throw new InvalidLoadBalancerActionException(because(`The action of type '${end.Type}' must be the last one to be performed`));
}

/** Where an action is to be. */
interface ActionPlace {
  /** Of the listener; HTTP where absent. */
  readonly protocol?: string | undefined;
  readonly port: number;
  /** As AWS names the member in the request, such as `actions.1.member`. */
  readonly path: string;
}

function checkAction(action: Action, on: ActionPlace, at: Place): Action {
  const order = defined({ Order: action.Order });
  switch (action.Type) {
    case "fixed-response":
      return { Type: "fixed-response", ...order, FixedResponseConfig: checkFixedResponse(action.FixedResponseConfig, on) };
    case "redirect":
      return { Type: "redirect", ...order, RedirectConfig: checkRedirect(action.RedirectConfig, on) };
    default:
      return { ...checkForward(action, on, at), ...order };
  }
}

function checkForward({ TargetGroupArn, ForwardConfig }: Action, { path }: ActionPlace, at: Place): Action {
  const listed = ForwardConfig?.TargetGroups ?? [];
  if (TargetGroupArn === undefined && listed.length === 0) throw invalid("A target group ARN must be specified");
  if (TargetGroupArn !== undefined && listed.length > 0 && (listed.length > 1 || listed[0]?.TargetGroupArn !== TargetGroupArn))
    throw new InvalidLoadBalancerActionException(
      because(
        "You cannot specify both a target group ARN and a list of target groups in a forward action unless they name the same target group",
      ),
    );
  if (listed.length > 5) throw new InvalidLoadBalancerActionException(because("A forward action can have at most 5 target groups"));
  const weighted = listed.length > 0 ? listed : [{ TargetGroupArn }];
  const groups = weighted.map((group, index) => {
    checkRange(group.Weight, `${path}.forwardConfig.targetGroups.${index + 1}.member.weight`, 0, 999);
    return { TargetGroupArn: findTargetGroup(group.TargetGroupArn, at).arn, Weight: group.Weight ?? 1 };
  });
  const arns = new Set(groups.map((group) => group.TargetGroupArn));
  if (arns.size < groups.length)
    throw new InvalidLoadBalancerActionException(because("A target group can be specified only once in a forward action"));
  const [only] = groups;
  return {
    Type: "forward",
    ...(groups.length === 1 && only ? { TargetGroupArn: only.TargetGroupArn } : {}),
    ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig: checkStickiness(ForwardConfig?.TargetGroupStickinessConfig, path) },
  };
}

function checkStickiness(
  { Enabled = false, DurationSeconds }: TargetGroupStickinessConfig = {},
  path: string,
): TargetGroupStickinessConfig {
  if (Enabled && DurationSeconds === undefined) throw invalid("A duration must be specified when target group stickiness is enabled");
  checkRange(DurationSeconds, `${path}.forwardConfig.targetGroupStickinessConfig.durationSeconds`, 1, LONGEST_STICKINESS);
  return defined({ Enabled, DurationSeconds });
}

/** A target group has one VPC and at most one load balancer. */
function checkAssociations(
  actions: readonly Action[],
  balancer: LoadBalancerRecord,
  { protocol = "HTTP" }: { readonly protocol?: string | undefined },
  at: Place,
): void {
  const used = new Set(targetGroupsOfLoadBalancer(at.state, balancer.arn));
  if (balancer.type === "network")
    requireOneWay(
      targetGroupsOf(actions).map((arn) => findTargetGroup(arn, at)),
      protocol,
    );
  for (const arn of targetGroupsOf(actions)) {
    const group = findTargetGroup(arn, at);
    checkReachable(group, protocol);
    if (group.vpcId !== balancer.vpcId)
      throw new InvalidConfigurationRequestException(
        because(`Target group '${arn}' is not in the VPC '${balancer.vpcId}' of the load balancer`),
      );
    requireCompatible(group, balancer, protocol);
    used.add(arn);
    if (loadBalancersOfTargetGroup(at.state, arn).some((other) => other !== balancer.arn))
      throw new TargetGroupAssociationLimitException(
        because(`The following target groups cannot be associated with more than one load balancer: ${arn}`),
      );
  }
  if (balancer.type === "application" && used.size > QUOTAS["target-groups-per-application-load-balancer"])
    throw new TooManyUniqueTargetGroupsPerLoadBalancerException(
      because("You've reached the limit on the number of unique target groups per load balancer across all listeners"),
    );
}

function checkFixedResponse(config: FixedResponseActionConfig | undefined, { path }: ActionPlace): FixedResponseActionConfig {
  if (!config) throw invalid("A fixed response configuration must be specified");
  const { StatusCode = "", ContentType, MessageBody } = config;
  const pattern = "^(2|4|5)\\d\\d$";
  if (!new RegExp(pattern).test(StatusCode))
    throw invalid(
      `1 validation error detected: Value '${StatusCode}' at '${path}.fixedResponseConfig.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
    );
  if (ContentType !== undefined && ContentType !== "" && !CONTENT_TYPES.includes(ContentType))
    throw new InvalidLoadBalancerActionException(
      because(`The ContentType must be one of:'text/html', 'application/json', 'application/javascript', 'text/css', 'text/plain'`),
    );
  if ((MessageBody ?? "").length > 1024) throw invalid("The message body of a fixed response cannot be longer than '1024' characters");
  // What no document of XML could carry, the answers of this API neither. Source: XML 1.0, "Characters".
  if (MessageBody !== undefined && !/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(MessageBody))
    throw invalid("The message body of a fixed response contains a character that is not allowed");
  return defined({ StatusCode, ContentType: ContentType === "" || ContentType === undefined ? "text/plain" : ContentType, MessageBody });
}

/** The variables that a part of a redirect may hold. Source: Elastic Load Balancing, "Redirect actions". */
const REDIRECT_VARIABLES = {
  Host: ["host"],
  Path: ["host", "path", "port"],
  Query: ["protocol", "host", "port", "path", "query"],
} as const;

function checkRedirect(config: RedirectActionConfig | undefined, { protocol = "HTTP", port, path }: ActionPlace): RedirectActionConfig {
  if (!config) throw invalid("A redirect configuration must be specified");
  checkEnum(config.StatusCode, `${path}.redirectConfig.statusCode`, ["HTTP_301", "HTTP_302"]);
  const { Protocol = "#{protocol}", Port = "#{port}", Host = "#{host}", Path = "/#{path}", Query = "#{query}", StatusCode } = config;
  if (!["HTTP", "HTTPS", "#{protocol}"].includes(Protocol))
    throw invalid(`Redirect protocol '${Protocol}' must be one of 'HTTP, HTTPS, #{protocol}'`);
  if (Port !== "#{port}" && !(/^\d{1,5}$/.test(Port) && Number(Port) >= 1 && Number(Port) <= 65_535))
    throw invalid(`Redirect port '${Port}' must be '#{port}' or in the range '1-65535'`);
  if (!Path.startsWith("/")) throw invalid(`Redirect path '${Path}' must begin with '/'`);
  for (const [name, part] of Object.entries({ Host, Path, Query }) as ["Host" | "Path" | "Query", string][]) {
    const strange = [...part.matchAll(/#\{([^}]*)\}/g)].find(([, variable]) => !REDIRECT_VARIABLES[name].some((one) => one === variable));
    if (strange) throw invalid(`Redirect ${name.toLowerCase()} '${part}' cannot contain '${strange[0]}'`);
  }
  const unsafe = [Host, Path, Query].find((part) => !/^[\x21-\x7e]*$/.test(part));
  if (unsafe !== undefined) throw invalid(`'${unsafe}' contains a character that is not allowed in a redirect`);
  if (protocol === "HTTPS" && Protocol === "HTTP")
    throw new InvalidLoadBalancerActionException(because("You cannot redirect from HTTPS to HTTP"));
  const sameProtocol = Protocol === "#{protocol}" || Protocol === protocol;
  const samePort = Port === "#{port}" || Number(Port) === port;
  if (sameProtocol && samePort && Host === "#{host}" && Path === "/#{path}" && Query === "#{query}")
    throw new InvalidLoadBalancerActionException(because("The redirect configuration is not valid because it creates a loop."));
  return { Protocol, Port, Host, Path, Query, StatusCode };
}
