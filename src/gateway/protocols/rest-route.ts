import { MalformedRequestError } from "../malformed.ts";
import type { HttpTrait, OperationRoute } from "../schema.ts";

/** An operation's method, path and query as the REST protocols are asked for it. */
interface Template {
  readonly method: string;
  readonly segments: readonly Segment[];
  /** Parameters of the query that belong to its name: `?Operation=Tag`. */
  readonly literals: readonly (readonly [name: string, value: string])[];
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

interface Asked {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
}

/** Finds the name of the operation that a request asks for. Proportional to the number of operations. */
export type RestRoutes = (request: Asked) => string | undefined;

/** The operations of a service by method and path; of several that fit, the one with most literal parts. Source: Smithy, "http trait". */
export function restRoutes(operations: readonly OperationRoute[]): RestRoutes {
  const routes = operations
    .flatMap(({ name, http }) => (http ? [{ name, template: templateOf(http) }] : []))
    .sort((a, b) => weight(b.template) - weight(a.template));
  return ({ method, target }) => {
    const { segments, query } = partsOf(target);
    const fits =
      (path: readonly string[]) =>
      ({ template }: { readonly template: Template }): boolean =>
        template.method === method &&
        matched(template.segments, path) !== undefined &&
        template.literals.every(([name, value]) => query.getAll(name).includes(value));
    return (routes.find(fits(segments)) ?? routes.find(fits(withoutSlash(segments))))?.name;
  };
}

/**
 * The labels of a request's path by the names of their members, decoded.
 * @throws MalformedRequestError where a part of the path is no UTF-8 in percent-encoding
 */
export function readLabels(http: HttpTrait, target: string): ReadonlyMap<string, string> {
  const template = templateOf(http).segments;
  const { segments } = partsOf(target);
  const labels = matched(template, segments) ?? matched(template, withoutSlash(segments)) ?? [];
  return new Map(labels.map(([name, text]) => [name, decoded(text, name)]));
}

const templates = new WeakMap<HttpTrait, Template>();

/** Read once: each request has its labels read by one. */
function templateOf(http: HttpTrait): Template {
  const known = templates.get(http);
  if (known) return known;
  const { segments, query } = partsOf(http.uri);
  const template = { method: http.method, literals: [...query], segments: segments.map(segmentOf) };
  templates.set(http, template);
  return template;
}

function segmentOf(text: string): Segment {
  const label = /^\{([^+}]+)(\+?)\}$/.exec(text);
  return label ? { label: label[1] ?? "", greedy: label[2] === "+" } : { literal: text };
}

function partsOf(target: string): { readonly segments: readonly string[]; readonly query: URLSearchParams } {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return { segments: path.split("/").slice(1), query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)) };
}

/** Older models of AWS's have a slash at the end of some paths, which its clients still send: `/hostedzone/Z1/rrset/`. */
function withoutSlash(segments: readonly string[]): readonly string[] {
  return segments.length > 1 && segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}

function matched(template: readonly Segment[], path: readonly string[]): [name: string, text: string][] | undefined {
  const greedy = template.findIndex((segment) => "label" in segment && segment.greedy);
  if (greedy < 0 ? template.length !== path.length : template.length > path.length) return undefined;
  const labels: [string, string][] = [];
  const more = path.length - template.length;
  let at = 0;
  for (const [index, segment] of template.entries()) {
    const end = at + (index === greedy ? more + 1 : 1);
    const text = path.slice(at, end).join("/");
    at = end;
    if ("literal" in segment ? segment.literal !== text : text === "") return undefined;
    if ("label" in segment) labels.push([segment.label, text]);
  }
  return labels;
}

function weight({ segments, literals }: Template): number {
  const kinds = segments.map((segment) => ("literal" in segment ? 3 : segment.greedy ? 1 : 2));
  return kinds.reduce((sum, kind) => sum + kind, literals.length);
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedRequestError("type", name, `The value of ${name} in the path is not percent-encoded UTF-8.`);
  }
}
