import { listeners, type ListenerRecord } from "../../state/elb.ts";
import { changeAttributes, flag, initialAttributes, listAttributes, whole, type AttributeRule, type AttributeRules } from "./attributes.ts";
import { operation, permission } from "./elb-operation.ts";
import { findListener } from "./find.ts";
import { networkListenerAttributes } from "./network-listeners.ts";

/** The headers of requests that a listener may give other names. */
const REQUEST_HEADERS = [
  "x_amzn_tls_version",
  "x_amzn_tls_cipher_suite",
  "x_amzn_mtls_clientcert_serial_number",
  "x_amzn_mtls_clientcert_issuer",
  "x_amzn_mtls_clientcert_subject",
  "x_amzn_mtls_clientcert_validity",
  "x_amzn_mtls_clientcert_leaf",
  "x_amzn_mtls_clientcert",
] as const;

const headerName: AttributeRule = matching(/^[A-Za-z0-9-]{0,40}$/, "must be at most 40 letters, digits and hyphens");
const headerValue: AttributeRule = matching(/^[\x20-\x7e]{0,1024}$/, "must be at most 1024 printable ASCII characters");

/** The attributes of an HTTP listener. Source: ELB API, `ListenerAttribute`; Application Load Balancers guide, "HTTP header modification". */
const HTTP_RULES: AttributeRules = {
  "routing.http.response.server.enabled": flag("true"),
  ...responseRules({
    strict_transport_security: headerValue,
    access_control_allow_origin: headerValue,
    access_control_allow_methods: matching(/^(?:[A-Z]+|\*)?(?:, *(?:[A-Z]+|\*))*$/, "must be a list of methods"),
    access_control_allow_headers: headerValue,
    access_control_allow_credentials: matching(/^(?:true)?$/, "must be 'true'"),
    access_control_expose_headers: headerValue,
    access_control_max_age: {
      ...whole(0, 0, 86_400),
      initial: "",
      refusal: (value) => (value === "" ? undefined : whole(0, 0, 86_400).refusal(value)),
    },
    content_security_policy: headerValue,
    x_content_type_options: matching(/^(?:nosniff)?$/, "must be 'nosniff'"),
    x_frame_options: matching(/^(?:DENY|SAMEORIGIN|ALLOW-FROM \S+)?$/, "must be one of [DENY, SAMEORIGIN, ALLOW-FROM <origin>]"),
  }),
};

const HTTPS_RULES: AttributeRules = {
  ...Object.fromEntries(REQUEST_HEADERS.map((header) => [`routing.http.request.${header}.header_name`, headerName])),
  ...HTTP_RULES,
};

function responseRules(rules: AttributeRules): AttributeRules {
  return Object.fromEntries(Object.entries(rules).map(([header, rule]) => [`routing.http.response.${header}.header_value`, rule]));
}

function matching(pattern: RegExp, refusal: string): AttributeRule {
  return { initial: "", refusal: (value) => (pattern.test(value) ? undefined : refusal) };
}

function rulesFor(protocol: ListenerRecord["protocol"]): AttributeRules {
  if (protocol === "HTTPS") return HTTPS_RULES;
  return protocol === "HTTP" ? HTTP_RULES : networkListenerAttributes(protocol);
}

export function defaultListenerAttributes(protocol: ListenerRecord["protocol"]): Readonly<Record<string, string>> {
  return initialAttributes(rulesFor(protocol));
}

export const describeListenerAttributes = operation("DescribeListenerAttributes", {
  authorize: () => permission("DescribeListenerAttributes"),
  run({ ListenerArn }, context) {
    const { protocol, attributes } = findListener(ListenerArn, context);
    return { Attributes: listAttributes(rulesFor(protocol), attributes) };
  },
});

export const modifyListenerAttributes = operation("ModifyListenerAttributes", {
  authorize: ({ ListenerArn }) => permission("ModifyListenerAttributes", ListenerArn ?? "*"),
  run({ ListenerArn, Attributes }, context) {
    const listener = findListener(ListenerArn, context);
    const attributes = changeAttributes("Listener", rulesFor(listener.protocol), listener.attributes, Attributes);
    context.state.commit(() => context.state.table(listeners).put({ ...listener, attributes }));
    return { Attributes: listAttributes(rulesFor(listener.protocol), attributes) };
  },
});
