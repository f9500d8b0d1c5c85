import type {
  Action,
  HostHeaderConditionConfig,
  RewriteConfig,
  RuleCondition,
  RuleTransform,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ActionView, RuleView } from "../../decide/routing/view.ts";
import type { ProxyTokens } from "../../domain/proxy-tokens.ts";
import type { RequestCondition } from "../../domain/rule-condition.ts";
import type { Rewrite, Rewrites } from "../../ports/traffic-proxy.ts";
import type { RuleRecord } from "../../state/elb.ts";
import type { LoginOf } from "../logins/gates.ts";
import { forwardedTo } from "./stream-view.ts";

/** A rule, with who gets to its action. */
export function ruleView(
  { priority, conditions, actions, transforms = [] }: RuleRecord,
  login: ReturnType<LoginOf>,
  tokens: ProxyTokens | undefined,
): RuleView[] {
  const action = actions.at(-1);
  if (!action) return [];
  const rewrites = rewritesOf(transforms);
  return [
    {
      priority,
      conditions: conditions.map(conditionView),
      ...(rewrites && { rewrites }),
      ...(login && { login }),
      ...(tokens && { tokens }),
      action: actionView(action),
    },
  ];
}

function rewritesOf(transforms: readonly RuleTransform[]): Rewrites | undefined {
  const [host] = transforms.flatMap(({ HostHeaderRewriteConfig }) => HostHeaderRewriteConfig?.Rewrites ?? []);
  const [url] = transforms.flatMap(({ UrlRewriteConfig }) => UrlRewriteConfig?.Rewrites ?? []);
  if (!host && !url) return undefined;
  const rewrite = ({ Regex = "", Replace = "" }: RewriteConfig): Rewrite => ({ regex: Regex, replacement: Replace });
  return { ...(host && { host: rewrite(host) }), ...(url && { url: rewrite(url) }) };
}

/** Operations let no condition in that the proxy cannot ask. */
function conditionView(condition: RuleCondition): RequestCondition {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig, HttpRequestMethodConfig, QueryStringConfig, SourceIpConfig } = condition;
  if (HostHeaderConfig) return { kind: "host", ...textsOf(HostHeaderConfig) };
  if (PathPatternConfig) return { kind: "path", ...textsOf(PathPatternConfig) };
  if (HttpHeaderConfig) return { kind: "header", name: HttpHeaderConfig.HttpHeaderName ?? "", ...textsOf(HttpHeaderConfig) };
  if (HttpRequestMethodConfig) return { kind: "method", methods: HttpRequestMethodConfig.Values ?? [] };
  if (QueryStringConfig)
    return {
      kind: "query",
      pairs: (QueryStringConfig.Values ?? []).map(({ Key, Value = "" }) => ({ value: Value, ...(Key === undefined ? {} : { key: Key }) })),
    };
  return { kind: "source", blocks: SourceIpConfig?.Values ?? [] };
}

function textsOf({
  Values = [],
  RegexValues,
}: HostHeaderConditionConfig): Pick<RequestCondition & { kind: "host" }, "patterns" | "regexes"> {
  return { patterns: Values, ...(RegexValues && { regexes: RegexValues }) };
}

/** Operations let no action in that the proxy cannot carry out. */
export function actionView({ Type, FixedResponseConfig, RedirectConfig, ForwardConfig, TargetGroupArn }: Action): ActionView {
  if (Type === "fixed-response") {
    const { StatusCode, ContentType, MessageBody } = FixedResponseConfig ?? {};
    return {
      kind: "fixed-response",
      status: Number(StatusCode ?? 503),
      ...(ContentType === undefined ? {} : { contentType: ContentType }),
      ...(MessageBody === undefined ? {} : { body: MessageBody }),
    };
  }
  if (Type === "redirect") {
    const {
      Protocol = "#{protocol}",
      Host = "#{host}",
      Port = "#{port}",
      Path = "/#{path}",
      Query = "#{query}",
      StatusCode,
    } = RedirectConfig ?? {};
    return {
      kind: "redirect",
      status: StatusCode === "HTTP_301" ? 301 : 302,
      protocol: Protocol,
      host: Host,
      port: Port,
      path: Path,
      query: Query,
    };
  }
  const { Enabled = false, DurationSeconds } = ForwardConfig?.TargetGroupStickinessConfig ?? {};
  return {
    kind: "forward",
    groups: forwardedTo({ TargetGroupArn, ForwardConfig }),
    ...(Enabled && DurationSeconds !== undefined ? { stickiness: DurationSeconds } : {}),
  };
}
