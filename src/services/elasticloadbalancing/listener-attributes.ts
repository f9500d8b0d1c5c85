import { listeners, type ListenerRecord } from "../../state/elb.ts";
import { changeAttributes, fixedFlag, initialAttributes, listAttributes, onlyInitial, text, type AttributeRules } from "./attributes.ts";
import { operation, permission } from "./elb-operation.ts";
import { findListener } from "./find.ts";
import { NETWORK_LISTENER_ATTRIBUTES } from "./network-listeners.ts";

const RESPONSE_HEADERS = [
  "strict_transport_security",
  "access_control_allow_origin",
  "access_control_allow_methods",
  "access_control_allow_headers",
  "access_control_allow_credentials",
  "access_control_expose_headers",
  "access_control_max_age",
  "content_security_policy",
  "x_content_type_options",
  "x_frame_options",
] as const;

/** The attributes of an HTTP listener. The proxy changes no response headers yet. Source: ELB API, `ListenerAttribute`. */
const RULES: AttributeRules = {
  "routing.http.response.server.enabled": fixedFlag("true"),
  ...Object.fromEntries(RESPONSE_HEADERS.map((header) => [`routing.http.response.${header}.header_value`, onlyInitial(text())])),
};

function rulesFor(protocol: ListenerRecord["protocol"]): AttributeRules {
  return protocol === "HTTP" || protocol === "HTTPS" ? RULES : NETWORK_LISTENER_ATTRIBUTES;
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
