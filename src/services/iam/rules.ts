import { lengthWithin, matches, type Violation } from "../constraints.ts";

// The constraints of IAM's model. Members are named as AWS names them in messages, in camel case.

export function nameRules(member: string, name: string | undefined, most: number): readonly Violation[] {
  return [lengthWithin(member, name, 1, most), matches(member, name, /^[\w+=,.@-]+$/, "[\\w+=,.@-]+")];
}

export function pathRules(path: string | undefined, member = "path"): readonly Violation[] {
  return [
    lengthWithin(member, path, 1, 512),
    matches(member, path, /^(\/|\/[\u0021-\u007e]+\/)$/, "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"),
  ];
}

/** Paths of policies take fewer characters than those of users and roles. */
export function policyPathRules(path: string | undefined, member = "path"): readonly Violation[] {
  return [lengthWithin(member, path, 1, 512), matches(member, path, /^((\/[A-Za-z0-9.,+@=_-]+)*)\/$/, "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/")];
}

export function pathPrefixRules(prefix: string | undefined): readonly Violation[] {
  return [lengthWithin("pathPrefix", prefix, 1, 512), matches("pathPrefix", prefix, /^\/[\u0021-\u007f]*$/, "\\u002F[\\u0021-\\u007F]*")];
}

/** Of roles; a policy's description takes any characters. */
export function descriptionRules(description: string | undefined): readonly Violation[] {
  return [
    lengthWithin("description", description, 0, 1000),
    matches("description", description, /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]*$/, "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"),
  ];
}

export function arnRules(member: string, arn: string | undefined): readonly Violation[] {
  return [lengthWithin(member, arn, 20, 2048)];
}
