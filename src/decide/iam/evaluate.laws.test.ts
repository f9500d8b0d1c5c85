import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACCOUNT, federated, OTHER, root, service, session, user } from "./cases/case.ts";
import { compilePolicy, type CompiledPolicy } from "./compile-policy.ts";
import { decideAccess } from "./evaluate.ts";
import type { ConditionElement, PolicyDocument, Statement } from "./policy-document.ts";
import type { KeyValue } from "./policy-variables.ts";
import type { AccessView } from "./view.ts";
import type { PrincipalView } from "./principal-view.ts";

// A small world, so that policies and requests often meet.
const ACTIONS = ["s3:GetObject", "s3:PutObject", "ecs:RunTask"];
const RESOURCES = ["arn:aws:s3:::a/x", "arn:aws:s3:::b/y", "arn:aws:ecs:us-east-1:123456789012:task/t"];
const SPAN = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };

// More often yes than no, so that enough of the requests are allowed.
const effect = fc.constantFrom("Allow" as const, "Allow" as const, "Allow" as const, "Deny" as const);
const negated = fc.constantFrom(false, false, true);
const some = <T>(...values: readonly T[]): fc.Arbitrary<T[]> => fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const condition: fc.Arbitrary<ConditionElement> = fc.record({
  operator: fc.constantFrom(
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringEqualsIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "Null",
  ),
  key: fc.constantFrom("aws:username", "aws:ResourceTag/t"),
  values: some("Bob", "true", "B*", "${aws:username}", ""),
});

const statement: fc.Arbitrary<Statement> = fc.record({
  effect,
  action: fc.record({ negated, patterns: some("*", "s3:*", "s3:Get*", ...ACTIONS) }),
  resource: fc.record({ negated, patterns: some("*", "arn:aws:s3:::*", "arn:aws:s3:::?/${aws:username}", ...RESOURCES) }),
  conditions: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(condition, { maxLength: 2 })),
  span: fc.constant(SPAN),
});

const document = (of: fc.Arbitrary<Statement>): fc.Arbitrary<PolicyDocument> =>
  fc.record({ version: fc.constant("2012-10-17" as const), statements: fc.array(of, { minLength: 1, maxLength: 4 }) });

const resourceStatement: fc.Arbitrary<Statement> = fc
  .tuple(
    statement,
    fc.record({
      negated: fc.boolean(),
      everyone: fc.boolean(),
      aws: fc.array(
        fc.constantFrom(
          "*",
          ACCOUNT,
          OTHER,
          `arn:aws:iam::${ACCOUNT}:user/Bob`,
          `arn:aws:iam::${ACCOUNT}:role/app`,
          `arn:aws:sts::${ACCOUNT}:assumed-role/app/session`,
        ),
        { maxLength: 3 },
      ),
      service: fc.array(fc.constantFrom("ecs.amazonaws.com"), { maxLength: 1 }),
      federated: fc.constant([]),
      canonicalUser: fc.constant([]),
    }),
  )
  .map(([one, principal]) => ({ ...one, principal }));

const principal: fc.Arbitrary<PrincipalView> = fc.constantFrom(
  user("Bob"),
  session("app"),
  root(),
  federated("temp", "Bob"),
  service("ecs.amazonaws.com"),
  user("Zhang", OTHER),
);

interface World {
  readonly identity: readonly PolicyDocument[];
  readonly boundary?: PolicyDocument | undefined;
  readonly session?: readonly PolicyDocument[] | undefined;
  readonly resource?: PolicyDocument | undefined;
  readonly resourceDecides: boolean;
  readonly principal: PrincipalView;
  readonly action: string;
  readonly on: string;
  readonly keys: Readonly<Record<string, KeyValue | undefined>>;
}

const world: fc.Arbitrary<World> = fc.record({
  identity: fc.array(document(statement), { minLength: 1, maxLength: 3 }),
  boundary: fc.option(document(statement), { nil: undefined, freq: 2 }),
  session: fc.option(fc.array(document(statement), { maxLength: 2 }), { nil: undefined, freq: 2 }),
  resource: fc.option(document(resourceStatement), { nil: undefined, freq: 2 }),
  resourceDecides: fc.boolean(),
  principal,
  action: fc.constantFrom(...ACTIONS),
  on: fc.constantFrom("*", ...RESOURCES),
  keys: fc.record({
    "aws:username": fc.option(fc.constantFrom<KeyValue>("Bob", "*", "x", "", [""], [], ["Bob"], ["Bob", "x"]), { nil: undefined }),
    "aws:resourcetag/t": fc.option(fc.constantFrom("Bob", "B*", "other"), { nil: undefined }),
  }),
});

const NOTHING: PolicyDocument = { version: "2012-10-17", statements: [] };

function viewOf(of: World): AccessView {
  const compile = (one: PolicyDocument): CompiledPolicy => compilePolicy(one);
  return {
    request: {
      principal: of.principal,
      action: of.action,
      resource: of.on,
      resourceAccount: ACCOUNT,
      context: (key) => of.keys[key],
    },
    identity: of.identity.map(compile),
    ...(of.boundary ? { boundary: compile(of.boundary) } : {}),
    ...(of.session ? { session: of.session.map(compile) } : {}),
    ...(of.resource ? { resource: compile(of.resource) } : {}),
    resourceDecides: of.resourceDecides,
  };
}

const allowed = (of: World): boolean => decideAccess(viewOf(of)).allowed;
const withStatement = (policy: PolicyDocument | undefined, added: Statement): PolicyDocument => ({
  ...(policy ?? NOTHING),
  statements: [...(policy?.statements ?? []), added],
});
const turned = (policy: PolicyDocument): PolicyDocument => ({ ...policy, statements: policy.statements.toReversed() });
const runs = { numRuns: 1500 };

describe("a deny that is added never grants", () => {
  const denying = statement.map((one) => ({ ...one, effect: "Deny" as const }));

  test("to identity policies, a boundary or a session policy", () => {
    fc.assert(
      fc.property(world, denying, (before, deny) => {
        const after: World[] = [
          { ...before, identity: [...before.identity, withStatement(undefined, deny)] },
          ...before.identity.map((one, index) => ({ ...before, identity: before.identity.with(index, withStatement(one, deny)) })),
          ...(before.boundary ? [{ ...before, boundary: withStatement(before.boundary, deny) }] : []),
          ...(before.session ? [{ ...before, session: [...before.session, withStatement(undefined, deny)] }] : []),
        ];
        for (const one of after) expect(allowed(one) && !allowed(before)).toBe(false);
      }),
      runs,
    );
  });

  test("to a resource's policy", () => {
    const denyingAll = resourceStatement.map((one) => ({ ...one, effect: "Deny" as const }));
    fc.assert(
      fc.property(world, denyingAll, (before, deny) => {
        expect(allowed({ ...before, resource: withStatement(before.resource, deny) }) && !allowed(before)).toBe(false);
      }),
      runs,
    );
  });

  test("and one that fits denies, whatever else there is", () => {
    const deny: Statement = {
      effect: "Deny",
      action: { negated: false, patterns: ["*"] },
      resource: { negated: false, patterns: ["*"] },
      conditions: [],
      span: SPAN,
    };
    const everyone = { negated: false, everyone: true, aws: [], service: [], federated: [], canonicalUser: [] };
    // Identity policies say nothing of root and of services.
    const person = fc.constantFrom(user("Bob"), session("app"), federated("temp", "Bob"), user("Zhang", OTHER));
    fc.assert(
      fc.property(world, person, (before, who) => {
        expect(allowed({ ...before, principal: who, identity: [...before.identity, withStatement(undefined, deny)] })).toBe(false);
        expect(allowed({ ...before, resource: withStatement(before.resource, { ...deny, principal: everyone }) })).toBe(false);
      }),
    );
  });
});

test("the order of policies and of statements never matters", () => {
  fc.assert(
    fc.property(world, (one) => {
      const other: World = {
        ...one,
        identity: one.identity.map(turned).toReversed(),
        boundary: one.boundary && turned(one.boundary),
        session: one.session?.map(turned).toReversed(),
        resource: one.resource && turned(one.resource),
      };
      expect(decideAccess(viewOf(other))).toEqual(decideAccess(viewOf(one)));
    }),
    runs,
  );
});

test("the order of patterns, of conditions and of their values never matters", () => {
  const inside = (policy: PolicyDocument): PolicyDocument => ({
    ...policy,
    statements: policy.statements.map((one) => ({
      ...one,
      action: { ...one.action, patterns: one.action.patterns.toReversed() },
      ...(one.resource ? { resource: { ...one.resource, patterns: one.resource.patterns.toReversed() } } : {}),
      conditions: one.conditions.map((condition) => ({ ...condition, values: condition.values.toReversed() })).toReversed(),
    })),
  });
  fc.assert(
    fc.property(world, (one) => {
      const other = { ...one, identity: one.identity.map(inside), resource: one.resource && inside(one.resource) };
      expect(decideAccess(viewOf(other))).toEqual(decideAccess(viewOf(one)));
    }),
    runs,
  );
});

test("statements may stand in one policy or in several", () => {
  fc.assert(
    fc.property(world, (one) => {
      const apart = one.identity.flatMap((policy) => policy.statements.map((statement) => ({ ...policy, statements: [statement] })));
      expect(decideAccess(viewOf({ ...one, identity: apart }))).toEqual(decideAccess(viewOf(one)));
    }),
    runs,
  );
});

test("a boundary never widens", () => {
  fc.assert(
    fc.property(world, document(statement), (before, boundary) => {
      const { boundary: _, ...without } = before;
      expect(allowed({ ...without, boundary }) && !allowed(without)).toBe(false);
    }),
    runs,
  );
});

test("a session policy never widens, except that a federated user is nothing without", () => {
  fc.assert(
    fc.property(world, fc.array(document(statement), { maxLength: 2 }), (before, policies) => {
      const { session: _, ...without } = before;
      const unlimited = before.principal.kind === "federated-user" ? { ...without, session: [everything] } : without;
      expect(allowed({ ...without, session: policies }) && !allowed(unlimited)).toBe(false);
    }),
    runs,
  );
});

test("a wildcard means its expansion", () => {
  const expand = (policy: PolicyDocument): PolicyDocument => ({
    ...policy,
    statements: policy.statements.map((one) => ({
      ...one,
      action: { ...one.action, patterns: one.action.patterns.flatMap((pattern) => expansion(pattern, ACTIONS)) },
      ...(one.resource
        ? {
            resource: {
              ...one.resource,
              patterns: one.resource.patterns.flatMap((pattern) => (pattern.includes("${") ? [pattern] : expansion(pattern, RESOURCES))),
            },
          }
        : {}),
    })),
  });
  fc.assert(
    fc.property(world, fc.constantFrom(...RESOURCES), (one, on) => {
      const there = { ...one, on };
      const expanded = { ...there, identity: there.identity.map(expand), resource: there.resource && expand(there.resource) };
      expect(decideAccess(viewOf(expanded))).toEqual(decideAccess(viewOf(there)));
    }),
    runs,
  );
});

test("the value of a policy variable never acts as a wildcard", () => {
  const value = fc.string({ unit: fc.constantFrom("*", "?", "a", "/", ":", "$", "{", "}"), minLength: 1, maxLength: 6 });
  const home = compilePolicy({
    version: "2012-10-17",
    statements: [
      {
        effect: "Allow",
        action: { negated: false, patterns: ["*"] },
        resource: { negated: false, patterns: ["arn:aws:s3:::home/${aws:username}"] },
        conditions: [],
        span: SPAN,
      },
    ],
  });
  const like = compilePolicy({
    version: "2012-10-17",
    statements: [
      {
        effect: "Allow",
        action: { negated: false, patterns: ["*"] },
        resource: { negated: false, patterns: ["*"] },
        conditions: [{ operator: "StringLike", key: "k", values: ["${aws:username}"] }],
        span: SPAN,
      },
    ],
  });
  fc.assert(
    fc.property(value, value, (name, other) => {
      const asks = (policy: CompiledPolicy, resource: string): boolean =>
        decideAccess({
          request: {
            principal: user("Bob"),
            action: "s3:GetObject",
            resource,
            resourceAccount: ACCOUNT,
            context: (key) => ({ "aws:username": name, k: other })[key],
          },
          identity: [policy],
        }).allowed;
      expect(asks(home, `arn:aws:s3:::home/${other}`)).toBe(name === other);
      expect(asks(home, `arn:aws:s3:::home/${name}`)).toBe(true);
      expect(asks(like, "*")).toBe(name === other);
    }),
    runs,
  );
});

test("the laws are tried on requests that are allowed, that are denied and that nothing allows", () => {
  const outcomes = fc.sample(world, { numRuns: 2000, seed: 1 }).map((one) => decideAccess(viewOf(one)));
  const kinds = new Set(outcomes.map((one) => (one.allowed ? "allowed" : `${one.explicit ? "denied" : "not allowed"} by ${one.by}`)));
  expect(kinds.size).toBe(9);
  expect(outcomes.filter((one) => one.allowed).length).toBeGreaterThan(200);
});

test("what a policy remembers changes no answer", () => {
  fc.assert(
    fc.property(
      world,
      fc.array(fc.tuple(fc.constantFrom(...ACTIONS), fc.constantFrom("*", ...RESOURCES)), { maxLength: 6 }),
      (one, asked) => {
        const used = viewOf(one);
        for (const [action, on] of asked) {
          const request = { ...used.request, action, resource: on };
          expect(decideAccess({ ...used, request })).toEqual(decideAccess(viewOf({ ...one, action, on })));
        }
      },
    ),
  );
});

test("a policy forgets, and decides as before, when it is asked for more pairs than it remembers", () => {
  const policy = compilePolicy({
    version: "2012-10-17",
    statements: [
      {
        effect: "Allow",
        action: { negated: false, patterns: ["s3:*"] },
        resource: { negated: false, patterns: ["arn:aws:s3:::a/*"] },
        conditions: [],
        span: SPAN,
      },
    ],
  });
  for (let index = 0; index < 2000; index++) {
    const bucket = index % 2 === 0 ? "a" : "b";
    const request = {
      principal: user("Bob"),
      action: `s3:Act${index % 7}`,
      resource: `arn:aws:s3:::${bucket}/${index}`,
      resourceAccount: ACCOUNT,
      context: () => undefined,
    };
    expect(decideAccess({ request, identity: [policy] }).allowed).toBe(bucket === "a");
  }
});

const everything: PolicyDocument = {
  version: "2012-10-17",
  statements: [
    {
      effect: "Allow",
      action: { negated: false, patterns: ["*"] },
      resource: { negated: false, patterns: ["*"] },
      conditions: [],
      span: SPAN,
    },
  ],
};

/** Of all that can be asked for here, what a pattern takes; told by the expression that AWS's guide describes. */
function expansion(pattern: string, all: readonly string[]): readonly string[] {
  const expression = new RegExp(
    `^${pattern.replace(/[.*+?^${}()|[\]\\]/g, (char) => (char === "*" ? ".*" : char === "?" ? "." : `\\${char}`))}$`,
  );
  return all.filter((one) => expression.test(one));
}
