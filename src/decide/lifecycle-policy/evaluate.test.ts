import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateLifecyclePolicy } from "./evaluate.ts";
import type { LifecycleImage } from "./view.ts";
import { fuzzRuns } from "../../testing/fuzz-runs.ts";
import { parseLifecyclePolicy } from "./parse-policy.ts";
import type { LifecyclePolicy, LifecycleRule, LifecycleSelection } from "./policy.ts";

const DAY = 86_400_000;
const NOW = 1_700_000_000_000;

const EXPIRE = { type: "expire" } as const;
const ARCHIVE = { type: "transition", targetStorageClass: "archive" } as const;

const keep = (countNumber: number) => ({ countType: "imageCountMoreThan", countNumber }) as const;
const pushedDays = (countNumber: number) => ({ countType: "sinceImagePushed", countUnit: "days", countNumber }) as const;
const pulledDays = (countNumber: number) => ({ countType: "sinceImagePulled", countUnit: "days", countNumber }) as const;
const archivedDays = (countNumber: number) =>
  ({ storageClass: "archive", countType: "sinceImageTransitioned", countUnit: "days", countNumber }) as const;
const any = { tagStatus: "any" } as const;
const untagged = { tagStatus: "untagged" } as const;
const tagged = (...tagPatternList: readonly string[]) => ({ tagStatus: "tagged", tagPatternList }) as const;
const prefixed = (...tagPrefixList: readonly string[]) => ({ tagStatus: "tagged", tagPrefixList }) as const;

type RuleShape = readonly [LifecycleSelection, LifecycleRule["action"]?];

/** A policy of these rules, the first of which has priority 1; each is read from its text, so that only what ECR takes is tried. */
function policy(...rules: readonly RuleShape[]): LifecyclePolicy {
  const text = JSON.stringify({ rules: rules.map(([selection, action = EXPIRE], at) => ({ rulePriority: at + 1, selection, action })) });
  const parsed = parseLifecyclePolicy(text);
  if ("refusal" in parsed) throw new Error(parsed.refusal);
  return parsed.policy;
}

const image = (digest: string, tags: readonly string[], daysAgo: number, more: Partial<LifecycleImage> = {}): LifecycleImage => ({
  digest,
  tags,
  pushedAt: NOW - daysAgo * DAY,
  manifests: [],
  ...more,
});
const index = (digest: string, tags: readonly string[], daysAgo: number, ...manifests: readonly string[]) =>
  image(digest, tags, daysAgo, { manifests: manifests.map((listed) => ({ digest: listed })) });

const outcome = (rules: LifecyclePolicy, images: readonly LifecycleImage[], type = "expire"): string =>
  evaluateLifecyclePolicy(rules, images, NOW)
    .filter(({ action }) => action.type === type)
    .map((step) => step.image.digest)
    .join("");

describe("AWS's examples", () => {
  const prodAndBeta = [image("A", ["beta-1", "prod-1"], 10), image("B", ["beta-2", "prod-2"], 9), image("C", ["beta-3"], 8)];
  const alphaAndBeta = [
    image("A", ["alpha-1"], 12),
    image("B", ["beta-1"], 11),
    image("C", ["alpha-2", "beta-2"], 10),
    image("D", ["alpha-3"], 4),
    image("E", ["beta-3"], 3),
    image("F", ["alpha-4", "beta-4"], 2),
  ];
  const alphaBetaGamma = [
    image("A", ["alpha-1", "beta-1", "gamma-1"], 10),
    image("B", ["alpha-2", "beta-2"], 9),
    image("C", ["alpha-3", "beta-3", "gamma-2"], 8),
  ];
  const everyKind = [
    image("A", ["alpha-1", "beta-1"], 4),
    image("B", [], 3),
    image("C", ["alpha-2"], 2),
    image("D", ["git hash"], 1),
    image("E", [], 1),
  ];

  test.each([
    [
      "Filtering on image age",
      policy([{ ...tagged("prod*"), ...pushedDays(14) }]),
      [image("A", ["prod-1"], 15), image("B", ["prod"], 13), image("C", ["beta"], 15)],
      "A",
    ],
    ["Filtering on image count", policy([{ ...untagged, ...keep(1) }]), [image("A", [], 3), image("B", ["x"], 2), image("C", [], 1)], "A"],
    [
      "Filtering on multiple rules, A",
      policy([{ ...tagged("prod*"), ...keep(1) }], [{ ...tagged("beta*"), ...keep(1) }]),
      prodAndBeta,
      "A",
    ],
    [
      "Filtering on multiple rules, B",
      policy([{ ...tagged("beta*"), ...keep(1) }], [{ ...tagged("prod*"), ...keep(1) }]),
      prodAndBeta,
      "AB",
    ],
    ["the same with prefixes, A", policy([{ ...prefixed("prod"), ...keep(1) }], [{ ...prefixed("beta"), ...keep(1) }]), prodAndBeta, "A"],
    ["the same with prefixes, B", policy([{ ...prefixed("beta"), ...keep(1) }], [{ ...prefixed("prod"), ...keep(1) }]), prodAndBeta, "AB"],
    ["Filtering on multiple tags in a single rule, A", policy([{ ...tagged("alpha*", "beta*"), ...pushedDays(5) }]), alphaAndBeta, "C"],
    ["Filtering on multiple tags in a single rule, B", policy([{ ...tagged("alpha*", "beta*"), ...keep(1) }]), alphaBetaGamma, "AB"],
    ["the same with prefixes", policy([{ ...prefixed("alpha", "beta"), ...pushedDays(5) }]), alphaAndBeta, "C"],
    [
      "Filtering on all images, A",
      policy([{ ...any, ...keep(1) }]),
      [image("A", ["alpha-1"], 4), image("B", ["beta-1"], 3), image("C", [], 2), image("D", ["alpha-2"], 1)],
      "ABC",
    ],
    [
      "Filtering on all images, B",
      policy([{ ...tagged("alpha*"), ...keep(1) }], [{ ...untagged, ...pushedDays(1) }], [{ ...any, ...keep(1) }]),
      everyKind,
      "ABD",
    ],
    [
      "Filtering on archive transition time",
      policy([{ ...any, ...archivedDays(365) }]),
      [
        image("A", ["a"], 900, { status: "ARCHIVED", lastArchivedAt: NOW - 366 * DAY }),
        image("B", ["b"], 900, { status: "ARCHIVED", lastArchivedAt: NOW - 365 * DAY }),
        image("C", ["c"], 900),
      ],
      "A",
    ],
  ])("%s", (_name, rules, images, expired) => expect(outcome(rules, images)).toBe(expired));

  test.each([
    [
      "Filtering on last pulled time",
      policy([{ ...any, ...pulledDays(90) }, ARCHIVE]),
      [
        image("A", ["a"], 200, { lastPulledAt: NOW - 91 * DAY }),
        image("B", ["b"], 200, { lastPulledAt: NOW - 89 * DAY }),
        image("C", ["c"], 91),
        image("D", ["d"], 89),
        image("E", ["e"], 300, { lastPulledAt: NOW - 200 * DAY, lastArchivedAt: NOW - 150 * DAY, lastActivatedAt: NOW - 80 * DAY }),
        image("F", ["f"], 300, { lastPulledAt: NOW - 200 * DAY, lastArchivedAt: NOW - 150 * DAY, lastActivatedAt: NOW - 95 * DAY }),
      ],
      "ACF",
    ],
    [
      "Archiving images older than a specified number of days",
      policy([{ ...tagged("prod*"), ...pushedDays(30) }, ARCHIVE]),
      [image("A", ["prod"], 31), image("B", ["x"], 31)],
      "A",
    ],
  ])("%s", (_name, rules, images, archived) => expect(outcome(rules, images, "transition").split("").toSorted().join("")).toBe(archived));

  test("Combining archive and expire rules: each image is in one class, and the rule for the other does not hold it", () => {
    const rules = policy([{ ...any, ...pushedDays(30) }, ARCHIVE], [{ ...any, ...archivedDays(365) }]);
    const images = [
      image("A", [], 500, { status: "ARCHIVED", lastArchivedAt: NOW - 366 * DAY }),
      image("B", [], 400, { status: "ARCHIVED", lastArchivedAt: NOW - 364 * DAY }),
      image("C", [], 31),
      image("D", [], 29),
      image("E", [], 500, { status: "ACTIVATING" }),
    ];
    expect(evaluateLifecyclePolicy(rules, images, NOW)).toEqual([
      { image: images[0], action: EXPIRE, rulePriority: 2 },
      { image: images[2], action: ARCHIVE, rulePriority: 1 },
    ]);
  });
});

describe("what a rule selects", () => {
  test.each([
    ["prod", ["prod"], true],
    ["prod", ["prod1"], false],
    ["prod*", ["prod"], true],
    ["*prod*", ["repo-production"], true],
    ["*-sha-*", ["a-sha-"], true],
    ["*-sha-*", ["a-sh"], false],
    ["a*a", ["a"], false],
    ["*test*1*2*3", ["a-test-1-2-3"], true],
    ["*test*1*2*3", ["a-test-1-3-2"], false],
    ["*", ["anything"], true],
    ["*", [], false],
    ["v1.0", ["v1x0"], false],
  ])("%s and an image with the tags %j: %s", (pattern, tags, selected) => {
    expect(outcome(policy([{ ...tagged(pattern), ...pushedDays(1) }]), [image("A", tags, 9)])).toBe(selected ? "A" : "");
  });

  test("a pattern that many tags nearly match takes no time", () => {
    const long = "a".repeat(128);
    const images = Array.from({ length: 2_000 }, (_, at) => image(`sha256:${at}`, [long], 9));
    expect(outcome(policy([{ ...tagged("*a*a*a*b"), ...pushedDays(1) }]), images)).toBe("");
  });

  test("an age is passed only when it is over", () => {
    const rules = policy([{ ...untagged, ...pushedDays(7) }]);
    expect(outcome(rules, [image("A", [], 7), { ...image("B", [], 7), pushedAt: NOW - 7 * DAY - 1 }])).toBe("B");
  });

  test("a restored image is as old as its restoration", () => {
    const rules = policy([{ ...any, ...keep(1) }]);
    expect(
      outcome(rules, [image("A", ["a"], 90, { lastArchivedAt: NOW - 50 * DAY, lastActivatedAt: NOW - DAY }), image("B", ["b"], 2)]),
    ).toBe("B");
  });
});

describe("rules among each other", () => {
  test("a rule does not touch what a rule before it keeps", () => {
    const rules = policy([{ ...tagged("prod*"), ...keep(100) }], [{ ...any, ...pushedDays(1) }]);
    expect(outcome(rules, [image("A", ["prod-1"], 90), image("B", ["x"], 90)])).toBe("B");
  });

  test("the order in the text does not count, the priority does", () => {
    const rule = (rulePriority: number, prefix: string) => ({
      rulePriority,
      selection: { ...prefixed(prefix), ...keep(1) },
      action: EXPIRE,
    });
    const parsed = parseLifecyclePolicy(JSON.stringify({ rules: [rule(20, "beta"), rule(3, "prod")] }));
    if ("refusal" in parsed) throw new Error(parsed.refusal);
    const images = [image("A", ["beta-1", "prod-1"], 10), image("B", ["beta-2", "prod-2"], 9), image("C", ["beta-3"], 8)];
    expect(evaluateLifecyclePolicy(parsed.policy, images, NOW)).toEqual([{ image: images[0], action: EXPIRE, rulePriority: 3 }]);
  });
});

describe("images that an index lists", () => {
  const oldUntagged = policy([{ ...untagged, ...pushedDays(7) }]);

  test("stay while the index does", () => {
    expect(outcome(oldUntagged, [image("A", [], 30), image("B", [], 30), index("I", ["v1"], 30, "A")])).toBe("B");
  });
  test("stay while one of their indexes does", () => {
    const images = [image("A", [], 30), index("I", [], 30, "A"), index("J", ["v2"], 30, "A")];
    expect(outcome(oldUntagged, images)).toBe("I");
  });
  test("go together with the last of them", () => {
    expect(outcome(oldUntagged, [image("A", [], 30), index("I", [], 29, "A"), index("J", [], 28, "I")])).toBe("AIJ");
  });
  test("stay, down to the leaves, when the index of indexes does", () => {
    expect(outcome(oldUntagged, [image("A", [], 30), index("I", [], 29, "A"), index("J", ["v1"], 28, "I")])).toBe("");
  });
  test("are not expired under an index that is only archived", () => {
    const rules = policy([{ ...tagged("v*"), ...pushedDays(7) }, ARCHIVE], [{ ...untagged, ...pushedDays(7) }]);
    expect(evaluateLifecyclePolicy(rules, [image("A", [], 30), index("I", ["v1"], 30, "A")], NOW)).toMatchObject([
      { image: { digest: "I" } },
    ]);
  });
  test("are archived with it, or after it", () => {
    const rules = policy([{ ...any, ...pushedDays(7) }, ARCHIVE]);
    expect(outcome(rules, [image("A", [], 30), index("I", ["v1"], 30, "A")], "transition")).toBe("AI");
    expect(outcome(rules, [image("A", [], 30), { ...index("I", ["v1"], 30, "A"), status: "ARCHIVED" }], "transition")).toBe("A");
    expect(outcome(rules, [image("A", [], 30), index("I", ["v1"], 5, "A")], "transition")).toBe("");
  });
  test("count like others", () => {
    const images = [image("A", ["old"], 9), image("B", [], 5), image("C", [], 4), index("I", ["new"], 3, "B", "C")];
    expect(outcome(policy([{ ...any, ...keep(3) }]), images)).toBe("A");
  });
});

describe("artifacts that refer to an image", () => {
  const rules = policy([{ ...tagged("v*"), ...keep(1) }], [{ ...untagged, ...pushedDays(1) }]);

  test("stay while it stays, whatever rule they match, and do not count", () => {
    const images = [image("A", ["v1"], 9), image("S", [], 9, { subject: "A" }), image("T", ["v1.sig"], 1, { subject: "A" })];
    expect(outcome(rules, images)).toBe("");
  });
  test("go with it, and so do those that refer to them", () => {
    const images = [
      image("A", ["v1"], 9),
      image("B", ["v2"], 8),
      image("S", [], 7, { subject: "A" }),
      image("T", ["x"], 1, { subject: "S" }),
      image("U", [], 7, { subject: "B" }),
    ];
    expect(evaluateLifecyclePolicy(rules, images, NOW).map((step) => [step.image.digest, step.rulePriority])).toEqual([
      ["A", 1],
      ["S", 1],
      ["T", 1],
    ]);
  });
  test("are like any image when their subject is not there", () => {
    expect(outcome(rules, [image("S", [], 9, { subject: "gone" })])).toBe("S");
  });
  test("stay when an index keeps their subject", () => {
    const images = [image("A", [], 9), image("S", [], 9, { subject: "A" }), index("I", ["v1"], 9, "A")];
    expect(outcome(rules, images)).toBe("");
  });
  test("are matched by themselves once an index kept them and not their subject", () => {
    const archive = policy([{ ...untagged, ...pushedDays(1) }, ARCHIVE]);
    const listed = image("S", [], 9, { subject: "A" });
    const archived = { ...index("I", ["v1"], 9, "S"), status: "ARCHIVED" } as const;
    expect(outcome(archive, [image("A", ["v2"], 9), listed, archived], "transition")).toBe("");
    expect(outcome(archive, [listed, archived], "transition")).toBe("S");
  });
  test("stay when an index lists them, though their subject goes", () => {
    const images = [image("A", [], 9), image("S", [], 9, { subject: "A" }), index("I", ["v1"], 9, "S")];
    expect(outcome(rules, images)).toBe("A");
  });
  test("are archived with it, unless they are already", () => {
    const archive = policy([{ ...any, ...pushedDays(7) }, ARCHIVE]);
    const images = [image("A", ["v1"], 9), image("S", [], 1, { subject: "A" }), image("T", [], 1, { subject: "A", status: "ARCHIVED" })];
    expect(outcome(archive, images, "transition")).toBe("AS");
  });
});

describe("laws", () => {
  const DIGESTS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
  const TAGS = ["prod-1", "prod-2", "beta-1", "beta-2", "v1", "v2", "latest"];

  /** Images refer only to those before them, as digests make sure. */
  const imagesArbitrary: fc.Arbitrary<readonly LifecycleImage[]> = fc
    .tuple(
      ...DIGESTS.map((digest, at) =>
        fc.record(
          {
            digest: fc.constant(digest),
            tags: fc.subarray(TAGS, { maxLength: 3 }),
            pushedAt: fc.nat(40).map((days) => NOW - days * (DAY / 2)),
            manifests: fc.oneof(
              { weight: 3, arbitrary: fc.constant([]) },
              fc.subarray(DIGESTS.slice(0, at).map((listed) => ({ digest: listed }))),
            ),
            subject: fc.constantFrom(...DIGESTS.slice(0, at), "gone"),
            lastPulledAt: fc.nat(40).map((days) => NOW - days * (DAY / 2)),
            status: fc.constantFrom("ARCHIVED" as const, "ACTIVATING" as const),
            lastArchivedAt: fc.nat(300).map((days) => NOW - days * DAY),
            lastActivatedAt: fc.nat(40).map((days) => NOW - days * (DAY / 2)),
          },
          { requiredKeys: ["digest", "tags", "pushedAt", "manifests"] },
        ),
      ),
    )
    .chain((images) => fc.subarray(images));

  const actionArbitrary = fc.constantFrom(EXPIRE, ARCHIVE);
  const standardRule = fc.tuple(
    fc.oneof(
      fc
        .uniqueArray(fc.constantFrom("prod*", "beta*", "v*", "*1", "latest"), { minLength: 1, maxLength: 2 })
        .map((list) => tagged(...list)),
      fc.uniqueArray(fc.constantFrom("prod", "beta", "v"), { minLength: 1, maxLength: 2 }).map((list) => prefixed(...list)),
      fc.constant(untagged),
      fc.constant(any),
    ),
    fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 6 }).map(keep), actionArbitrary),
      fc.tuple(fc.integer({ min: 1, max: 20 }).map(pushedDays), actionArbitrary),
      fc.tuple(fc.integer({ min: 1, max: 20 }).map(pulledDays), fc.constant(ARCHIVE)),
    ),
  );
  const archiveRule = fc.tuple(
    fc.constantFrom(any, untagged, tagged("v*")),
    fc.tuple(fc.integer({ min: 90, max: 200 }).map(archivedDays), fc.constant(EXPIRE)),
  );
  /** Whatever the grammar takes; what it refuses is tried again. */
  const policyArbitrary = fc
    .array(fc.oneof({ weight: 4, arbitrary: standardRule }, archiveRule), { minLength: 1, maxLength: 5 })
    .map((rules) => {
      const text = JSON.stringify({
        rules: rules.map(([tags, [count, action]], at) => ({ rulePriority: at + 1, selection: { ...tags, ...count }, action })),
      });
      return parseLifecyclePolicy(text);
    })
    .filter((parsed) => "policy" in parsed)
    .map((parsed) => parsed.policy);

  const always = (holds: (rules: LifecyclePolicy, images: readonly LifecycleImage[]) => void) =>
    fc.property(policyArbitrary, imagesArbitrary, holds);
  const RUNS = { numRuns: fuzzRuns() };

  test("no image of an index that lives is expired", () => {
    fc.assert(
      always((rules, images) => {
        const expired = new Set(
          evaluateLifecyclePolicy(rules, images, NOW).flatMap(({ image: { digest }, action }) => (action.type === "expire" ? digest : [])),
        );
        const torn = images.filter(
          ({ digest, manifests }) => !expired.has(digest) && manifests.some((listed) => expired.has(listed.digest)),
        );
        expect(torn).toEqual([]);
      }),
      RUNS,
    );
  });
  test("no image of an index that is active is archived", () => {
    fc.assert(
      always((rules, images) => {
        const steps = new Map(evaluateLifecyclePolicy(rules, images, NOW).map((step) => [step.image.digest, step.action.type]));
        const active = images.filter(({ digest, status }) => status !== "ARCHIVED" && !steps.has(digest));
        expect(active.filter(({ manifests }) => manifests.some((listed) => steps.has(listed.digest)))).toEqual([]);
      }),
      RUNS,
    );
  });
  test("an artifact goes only with its subject, while that is there", () => {
    fc.assert(
      always((rules, images) => {
        const here = new Set(images.map(({ digest }) => digest));
        const going = new Set(evaluateLifecyclePolicy(rules, images, NOW).map((step) => step.image.digest));
        const gone = images.filter(({ digest }) => going.has(digest));
        expect(gone.filter(({ subject = "gone" }) => here.has(subject) && !going.has(subject))).toEqual([]);
      }),
      RUNS,
    );
  });
  test("no image is in two steps, and they come oldest first", () => {
    fc.assert(
      always((rules, images) => {
        const steps = evaluateLifecyclePolicy(rules, images, NOW).map((step) => step.image);
        expect(new Set(steps.map(({ digest }) => digest)).size).toBe(steps.length);
        const ages = steps.map(({ pushedAt, lastActivatedAt }) => lastActivatedAt ?? pushedAt);
        expect(ages).toEqual(ages.toSorted((a, b) => a - b));
      }),
      RUNS,
    );
  });
  test("the order of the images does not matter", () => {
    fc.assert(
      always((rules, images) => {
        const steps = evaluateLifecyclePolicy(rules, images, NOW);
        expect(evaluateLifecyclePolicy(rules, images.toReversed(), NOW)).toEqual(steps);
        const byTags = images.toSorted((a, b) => a.tags.length - b.tags.length);
        expect(evaluateLifecyclePolicy(rules, byTags, NOW)).toEqual(steps);
      }),
      RUNS,
    );
  });
  test("after the steps were carried out there are none left", () => {
    fc.assert(
      always((rules, images) => {
        const steps = new Map(evaluateLifecyclePolicy(rules, images, NOW).map((step) => [step.image.digest, step.action.type]));
        const left = images.flatMap((each): LifecycleImage[] => {
          const step = steps.get(each.digest);
          if (step === "expire") return [];
          return [step === "transition" ? { ...each, status: "ARCHIVED", lastArchivedAt: NOW } : each];
        });
        const [here, there] = [images, left].map((some) => new Set(some.map(({ digest }) => digest)));
        // What an index kept without its subject is matched by itself from now on.
        fc.pre(!left.some(({ subject = "none" }) => here?.has(subject) && !there?.has(subject)));
        expect(evaluateLifecyclePolicy(rules, left, NOW)).toEqual([]);
      }),
      RUNS,
    );
  });
  test("a rule that keeps three images keeps three", () => {
    fc.assert(
      always((_rules, images) => {
        const plain = images.map(({ digest, tags, pushedAt }) => ({ digest, tags, pushedAt, manifests: [] }));
        expect(evaluateLifecyclePolicy(policy([{ ...any, ...keep(3) }]), plain, NOW)).toHaveLength(Math.max(0, plain.length - 3));
      }),
      RUNS,
    );
  });
});
